// Package kill proves on the real program and a real disk that a bank which is killed loses nothing.
package kill

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"farthing/e2e/program"
	"farthing/e2e/world"
	"farthing/pkg/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	kills   = 32
	workers = 6
	// livesMin and livesMax are how long a bank lives before it is killed, from the moment its doors are open.
	livesMin = 30 * time.Millisecond
	livesMax = 400 * time.Millisecond
)

func TestNothingIsLostHoweverOftenTheBankIsKilled(t *testing.T) {
	b := program.New(t, program.Build(t), program.OneProcess())
	b.Start(t)
	began := clock.Real{}.Now().UnixMilli()
	book := world.NewBook()
	ctx, finish := context.WithCancel(t.Context())
	var swiping sync.WaitGroup
	for n := range workers {
		swiping.Go(func() { swipe(ctx, b, book, n) })
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range kills {
		lives := livesMin + time.Duration(random.Int64N(int64(livesMax-livesMin)))
		if err := clock.Wait(t.Context(), lives); err != nil {
			t.Fatal(err)
		}
		b.Kill()
		b.Start(t)
	}
	finish()
	swiping.Wait()

	if len(book.Definite()) < 10*kills {
		t.Errorf("only %d swipes were answered: the test proves little", len(book.Definite()))
	}
	t.Logf("%d swipes were answered at once, %d not", len(book.Definite()), len(book.Unknown()))
	repeatAll(t, b, book)
	for _, finding := range b.Settled(t, book, began) {
		t.Error(finding)
	}
}

// swipe pays again and again, small amounts and now and then far too much. What was not answered it repeats, as it
// does some of what was. Its swipes have ids that nobody else's have.
func swipe(ctx context.Context, b *program.Bank, book *world.Book, worker int) {
	random := rand.New(rand.NewPCG(uint64(worker), 7))
	var asked []world.Payment
	for n := 0; ctx.Err() == nil; n++ {
		p := world.Payment{
			ID: fmt.Sprintf("kill-%d-%d", worker, n), CardID: b.Customer().CardID, Minor: 1 + random.Int64N(30),
			Descriptor: "PRET A MANGER 1234 LONDON GBR",
		}
		if random.IntN(6) == 0 {
			p.Minor = 1_000_000_00
		}
		if len(asked) > 0 && random.IntN(5) == 0 {
			p = asked[random.IntN(len(asked))]
		} else {
			asked = append(asked, p)
		}
		for !book.Swipe(ctx, b.Send, b.Customer(), p) && ctx.Err() == nil {
			b.AwaitStart(ctx)
		}
	}
}

// repeatAll asks for every swipe once more: all outcomes become known, and those that were do not change.
func repeatAll(t *testing.T, b *program.Bank, book *world.Book) {
	t.Helper()
	var all sync.WaitGroup
	queue := make(chan world.Page)
	for range workers {
		all.Go(func() {
			for page := range queue {
				if !book.Swipe(t.Context(), b.Send, page.Customer, page.Payment) {
					t.Errorf("a bank that is well did not answer swipe %s", page.ID)
				}
			}
		})
	}
	for _, page := range book.Pages() {
		queue <- page
	}
	close(queue)
	all.Wait()
	for _, complaint := range book.Complaints() {
		t.Error(complaint)
	}
}
