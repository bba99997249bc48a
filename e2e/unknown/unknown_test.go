// Package unknown proves on the real program and a real Cassandra that an outcome nobody knows is never guessed, and
// comes to be known: the money of a swipe without an answer is with the customer again within a minute, or the customer
// sees where it went.
package unknown

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"go.uber.org/goleak"

	"farthing/e2e/program"
	"farthing/e2e/world"
	"farthing/pkg/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	hands = 6
	pause = 50 * time.Millisecond
	// answerWithin is the card network's 1.5 s, and an allowance for a busy machine.
	answerWithin = 2500 * time.Millisecond
	// For so long the store stands still: a swipe outlasts a short while, though its first writes do not, and no long one.
	shortMin = 600 * time.Millisecond
	shortMax = 1300 * time.Millisecond
	longMin  = 1500 * time.Millisecond
	longMax  = 5 * time.Second
	// wellAfter is how many swipes are answered before all is taken for well; calmMin and calmMax how long it stays so.
	wellAfter = 5 * hands
	calmMin   = 10 * time.Millisecond
	calmMax   = 500 * time.Millisecond
	// cutsMax is how many writes in a row lose their connections.
	cutsMax = 8
	// accountedWithin is the safety net's minute, and what it takes to get there on a busy machine.
	accountedWithin = 90 * time.Second
)

// bed is a bank on a Cassandra of its own, behind a proxy.
type bed struct {
	node    *program.Node
	proxy   *proxy
	bank    *program.Bank
	traffic *program.Traffic
	times   program.Times
	random  *rand.Rand
}

func lay(t *testing.T) *bed {
	t.Helper()
	b := &bed{node: program.StartNode(t), random: rand.New(rand.NewPCG(9, 10))}
	b.proxy = startProxy(t, b.node.Address)
	b.bank = program.New(t, program.Build(t), program.ClusteredAt(b.proxy.Address, "--prefix", "unknown_"))
	b.bank.Start(t)
	b.traffic = &program.Traffic{
		Bank: b.bank, Book: world.NewBook(), Name: "unknown", Hands: hands, Pause: pause,
		Once: true, Send: b.times.Of(b.bank.Send),
	}
	return b
}

func TestAnUnknownOutcomeIsNeverGuessedAndComesToBeKnown(t *testing.T) {
	b := lay(t)
	rounds := program.Count(t, "FARTHING_TEST_ROUNDS", 1)
	began := clock.Real{}.Now().UnixMilli()
	finish := b.traffic.Start(t.Context())
	for range rounds {
		b.calm(t)
		b.stall(t, shortMin, shortMax)
		b.calm(t)
		b.sever(t)
		b.calm(t)
		b.stall(t, longMin, longMax)
	}
	b.traffic.AwaitAnswers(t, wellAfter)
	finish()
	b.answeredInTime(t, rounds)

	b.traffic.Repeat(t, b.traffic.Book.Definite()) // What was late has arrived meanwhile: nothing may change by it.
	b.accounted(t, began)                          // Before anybody asks again.
	b.traffic.Agree(t, began)
}

// calm is until all is well, and a while more: the next fault comes at any moment.
func (b *bed) calm(t *testing.T) {
	t.Helper()
	b.traffic.AwaitAnswers(t, wellAfter)
	b.wait(t, calmMin, calmMax)
}

func (b *bed) wait(t *testing.T, least, most time.Duration) {
	t.Helper()
	if err := clock.Wait(t.Context(), least+time.Duration(b.random.Int64N(int64(most-least)))); err != nil {
		t.Fatal(err)
	}
}

// stall has the store stand still: what was sent to it happens when it goes on, long after the swipe was answered.
func (b *bed) stall(t *testing.T, least, most time.Duration) {
	t.Helper()
	b.node.Pause()
	defer b.node.Resume()
	b.wait(t, least, most)
}

// sever has some writes lose their connections after they were sent.
func (b *bed) sever(t *testing.T) {
	t.Helper()
	cuts := 1 + b.random.IntN(cutsMax)
	want := b.proxy.done() + cuts
	b.proxy.cut(cuts)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for b.proxy.done() < want {
		if clock.Wait(ctx, pause) != nil {
			t.Fatalf("of %d writes only %d lost their connections", want, b.proxy.done())
		}
	}
}

// answeredInTime checks that every swipe had an answer by its deadline. That it was one of those that a bank may give
// the book has checked.
func (b *bed) answeredInTime(t *testing.T, rounds int) {
	t.Helper()
	taken := b.times.Taken()
	t.Logf("%+v; %d writes lost their connections", taken, b.proxy.done())
	if taken.Longest > answerWithin {
		t.Errorf("a swipe was answered after %v", taken.Longest)
	}
	for _, err := range taken.Failed {
		t.Errorf("a swipe was not answered: %v", err)
	}
	if definite := len(b.traffic.Book.Definite()); definite < 2*wellAfter*rounds || taken.Unknown < rounds {
		t.Errorf("%d swipes were answered, of %d nobody knows: the test proves little", definite, taken.Unknown)
	}
}

// accounted waits until the customer's money is all accounted for, though nobody repeats a swipe.
func (b *bed) accounted(t *testing.T, since int64) {
	t.Helper()
	watch := clock.Start()
	open := unaccounted(b.bank.Look(t, since))
	t.Logf("%d holds had no transaction at first", len(open))
	for len(open) > 0 {
		if watch.Elapsed() > accountedWithin {
			t.Errorf("after %v: %v\n%s", watch.Elapsed(), open, b.bank.Errors())
			return
		}
		if err := clock.Wait(t.Context(), time.Second); err != nil {
			t.Fatal(err)
		}
		open = unaccounted(b.bank.Look(t, since))
	}
	t.Logf("all money was accounted for after %v", watch.Elapsed())
}
