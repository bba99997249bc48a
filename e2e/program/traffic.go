package program

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"farthing/e2e/world"
	"farthing/pkg/clock"
)

// Traffic is what several hands swipe at a bank at once, and the book of what they were told.
type Traffic struct {
	Bank  *Bank
	Book  *world.Book
	Name  string // Its swipes' ids begin with it: nobody else's do.
	Hands int
	Pause time.Duration // Of each hand between two swipes.

	// Once has each swipe asked for once, whatever is answered. Otherwise one that was not answered is repeated until it
	// is, and so are some of those that were.
	Once bool
	// Send carries the swipes; the bank's own by default.
	Send world.Sender
}

// Start has the hands swipe. The function that it answers has them finish what they are at, and waits for that.
func (t *Traffic) Start(ctx context.Context) (finish func()) {
	ctx, cancel := context.WithCancel(ctx)
	var swiping sync.WaitGroup
	for n := range t.Hands {
		swiping.Go(func() { t.swipe(ctx, n) })
	}
	return func() {
		cancel()
		swiping.Wait()
	}
}

// swipe pays again and again, small amounts and now and then far too much.
func (t *Traffic) swipe(ctx context.Context, hand int) {
	random := rand.New(rand.NewPCG(uint64(hand), 7)) //nolint:gosec // A test's own dice.
	var asked []world.Payment
	for n := 0; ctx.Err() == nil; n++ {
		p := t.payment(random, hand, n)
		if repeat := !t.Once && len(asked) > 0 && random.IntN(5) == 0; repeat {
			p = asked[random.IntN(len(asked))]
		} else {
			asked = append(asked, p)
		}
		for !t.ask(ctx, p) && !t.Once && ctx.Err() == nil {
			t.Bank.AwaitStart(ctx)
		}
		_ = clock.Wait(ctx, t.Pause) // An end is seen above.
	}
}

func (t *Traffic) payment(random *rand.Rand, hand, n int) world.Payment {
	p := world.Payment{
		ID: fmt.Sprintf("%s-%d-%d", t.Name, hand, n), CardID: t.Bank.Customer().CardID, Minor: 1 + random.Int64N(30),
		Descriptor: "PRET A MANGER 1234 LONDON GBR",
	}
	if random.IntN(6) == 0 {
		p.Minor = 1_000_000_00
	}
	return p
}

// ask swipes once, and waits for the answer though the hands are to finish: a processor does not hang up.
func (t *Traffic) ask(ctx context.Context, p world.Payment) bool {
	send := t.Send
	if send == nil {
		send = t.Bank.Send
	}
	return t.Book.Swipe(context.WithoutCancel(ctx), send, t.Bank.Customer(), p)
}

// answersWithin is how long a bank may take to answer again after what was done to it.
const answersWithin = 2 * time.Minute

// AwaitAnswers waits until so many more swipes are answered definitely: the bank is well.
func (t *Traffic) AwaitAnswers(tb testing.TB, more int) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), answersWithin)
	defer cancel()
	for want := len(t.Book.Definite()) + more; len(t.Book.Definite()) < want; {
		if clock.Wait(ctx, lookAgain) != nil {
			tb.Fatalf("after %v the bank does not answer yet\n%s", answersWithin, t.Bank.complained())
		}
	}
}

// Repeat asks for some swipes once more: their outcomes become known, and those that were do not change.
func (t *Traffic) Repeat(tb testing.TB, pages []world.Page) {
	tb.Helper()
	var all sync.WaitGroup
	queue := make(chan world.Page)
	for range t.Hands {
		all.Go(func() {
			for page := range queue {
				if !t.insist(tb.Context(), page.Payment) {
					tb.Errorf("a bank that is well did not answer swipe %s", page.ID)
				}
			}
		})
	}
	for _, page := range pages {
		queue <- page
	}
	close(queue)
	all.Wait()
}

// insist asks as a processor does: what was answered that nobody knows, or that nothing was done, it asks again, for a
// while. How soon a busy machine answers is for benchmarks.
func (t *Traffic) insist(ctx context.Context, p world.Payment) (answered bool) {
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	for !t.ask(ctx, p) {
		if clock.Wait(ctx, lookAgain) != nil {
			return false
		}
	}
	return true
}

// Agree has the bank come to rest and stop, and compares all that it has since a time, in Unix milliseconds, with the
// book. Only what nobody knows is repeated before, for a repeat mends what was lost. Then the bank starts again, every
// swipe is repeated, and they are compared once more: no answer may change, and nothing come twice.
func (t *Traffic) Agree(tb testing.TB, since int64) {
	tb.Helper()
	tb.Logf("%d swipes were answered, %d not", len(t.Book.Definite()), len(t.Book.Unknown()))
	t.Repeat(tb, t.Book.Unknown())
	t.compare(tb, since)
	t.Bank.Start(tb)
	t.Repeat(tb, t.Book.Pages())
	t.compare(tb, since)
	for _, complaint := range t.Book.Complaints() {
		tb.Error(complaint)
	}
}

func (t *Traffic) compare(tb testing.TB, since int64) {
	tb.Helper()
	for _, finding := range t.Bank.Settled(tb, t.Book, since) {
		tb.Error(finding)
	}
}
