package e2e

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"farthing/e2e/world"
	"farthing/pkg/clock"
	"farthing/pkg/events/embedded"
	"farthing/pkg/store"
	"farthing/pkg/store/faults"
	"farthing/service.apns/fakeapple"
)

// simulateSwipes is a simulated time of several customers' swipes, on a bus that repeats and reorders, with an Apple
// that has bad moments, on a store in a storm and behind hooks. It answers what the audit finds, and how many swipes
// were definite.
func simulateSwipes(
	t *testing.T, length time.Duration, seed uint64, weather *storm, hooks world.Hooks,
) (findings []world.Finding, swipes int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w, book := world.New(t, world.Options{
			Chaos: &embedded.Chaos{Seed: seed, RepeatPercent: 20, ReorderPercent: 40, Within: 2 * time.Second},
			Store: func(s store.Store) store.Store { return weather.Store(hooks.Store(s)) },
		}), world.NewBook()
		var customers []*world.Customer
		for n, name := range []string{"alice", "bob", "carol"} {
			customers = append(customers, w.Customer(t, name, int64(n+1)*150_00)) // Not enough for all.
		}
		weather.loose.Store(true)
		var all sync.WaitGroup
		for n, c := range customers {
			for part := range uint64(2) { // Everybody has two hands.
				all.Go(func() { spend(t, w, book, c, hand{rand.New(rand.NewPCG(seed, uint64(n)*2+part)), part, length}) })
			}
		}
		all.Go(func() { repeatUnknown(t, w, book, length) })
		all.Go(func() { badMoments(t, w, rand.New(rand.NewPCG(seed, 99))) })
		all.Wait()
		weather.end(t)
		settleUnknown(t, w, book)
		w.Pass(t, 20*time.Minute) // Long enough for the last retry.
		findings, swipes = w.Audit(t, book, customers...), len(book.Definite())
	})
	return findings, swipes
}

// hand is one of a customer's hands, and how long it is busy.
type hand struct {
	random *rand.Rand
	number uint64
	length time.Duration
}

// spend swipes now and again, and repeats some swipes, some of them at once.
func spend(t *testing.T, w *world.World, book *world.Book, c *world.Customer, h hand) {
	shops := []string{pret, "TESCO STORES 2041 LONDON", "AMZNMKTPLACE", "SQ *THE CORNER CAFE", "UBER   *TRIP"}
	began := clock.Start()
	for n := 0; began.Elapsed() < h.length; n++ {
		p := world.Payment{
			ID: fmt.Sprintf("%s-%d-%d", c.Name, h.number, n), CardID: c.CardID,
			Minor: 1 + h.random.Int64N(40_00), Descriptor: shops[h.random.IntN(len(shops))],
		}
		copies := 1 + max(0, h.random.IntN(6)-3) // At once.
		var all sync.WaitGroup
		for range copies {
			all.Go(func() { book.Swipe(t.Context(), w.Send, c, p) })
		}
		all.Wait()
		w.Pass(t, time.Duration(h.random.Int64N(int64(4*time.Minute))))
		if h.random.IntN(3) == 0 {
			book.Swipe(t.Context(), w.Send, c, p)
		}
	}
}

// repeatUnknown is a processor that asks again, every minute, for what it was not told: after an hour a push would
// be too old to be sent.
func repeatUnknown(t *testing.T, w *world.World, book *world.Book, length time.Duration) {
	for range length / time.Minute {
		w.Pass(t, time.Minute)
		for _, page := range book.Unknown() {
			book.Swipe(t.Context(), w.Send, page.Customer, page.Payment)
		}
	}
}

func badMoments(t *testing.T, w *world.World, random *rand.Rand) {
	reasons := []fakeapple.Reason{fakeapple.ServiceUnavailable, fakeapple.LostAnswer, fakeapple.Hang}
	for range 6 {
		w.Pass(t, time.Duration(random.Int64N(int64(10*time.Minute))))
		fault := fakeapple.Fault{Reason: reasons[random.IntN(len(reasons))], Times: 1 + random.IntN(3)}
		if err := w.Apple.Inject(fault); err != nil {
			t.Errorf("injecting a fault: %v", err)
		}
	}
}

// settleUnknown repeats what has no answer until it has one.
func settleUnknown(t *testing.T, w *world.World, book *world.Book) {
	t.Helper()
	w.Eventually(t, "an answer to every swipe", func() bool {
		for _, page := range book.Unknown() {
			book.Swipe(t.Context(), w.Send, page.Customer, page.Payment)
		}
		return len(book.Unknown()) == 0
	})
}

func TestAnHourOfSwipesOnABusThatRepeatsAndReorders(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			findings, swipes := simulateSwipes(t, time.Hour, seed, newStorm(faults.Seeded(seed, faults.Rates{})), world.Hooks{})
			wantNothing(t, findings)
			if swipes < 50 {
				t.Errorf("only %d swipes: the hour proves little", swipes)
			}
		})
	}
}

// storm has the store fail in all the ways that a store across a network can, once it is let loose.
type storm struct {
	loose  atomic.Bool
	pick   faults.Pick
	stores []*faults.Store
}

func newStorm(pick faults.Pick) *storm { return &storm{pick: pick} }

// Store is a store in the storm.
func (s *storm) Store(calm store.Store) store.Store {
	wrapped := faults.WrapStore(calm, func(op faults.Op) faults.Fault {
		if !s.loose.Load() {
			return faults.None
		}
		return s.pick(op)
	})
	s.stores = append(s.stores, wrapped)
	return wrapped
}

// end is the end of the storm: whatever was late happens now.
func (s *storm) end(t *testing.T) {
	t.Helper()
	s.loose.Store(false)
	for _, each := range s.stores {
		if err := each.Settle(t.Context()); err != nil {
			t.Errorf("settling: %v", err)
		}
	}
}

func TestAnHourOfSwipesOnAStoreThatFails(t *testing.T) {
	rates := faults.Rates{Unavailable: 10, UnknownApplied: 10, UnknownLost: 10, UnknownLate: 10, Torn: 5, Arrive: 30}
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			findings, swipes := simulateSwipes(t, time.Hour, seed, newStorm(faults.Seeded(seed, rates)), world.Hooks{})
			wantNothing(t, findings)
			if swipes < 50 {
				t.Errorf("only %d swipes: the hour proves little", swipes)
			}
		})
	}
}
