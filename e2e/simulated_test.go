package e2e

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"farthing/e2e/world"
	"farthing/pkg/foundation"
	"farthing/pkg/store"
	"farthing/service.apns/fakeapple"
	merchant "farthing/service.merchant/handler"
	merchantproto "farthing/service.merchant/proto"
)

// simulate runs a test in a bubble, where time is simulated.
func simulate(t *testing.T, o world.Options, test func(t *testing.T, w *world.World)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, world.New(t, o)) })
}

const pret = "PRET A MANGER 1234 LONDON GBR"

func TestASwipeReachesTheFeedAndThePhone(t *testing.T) {
	simulate(t, world.Options{}, func(t *testing.T, w *world.World) {
		alice := w.Customer(t, "alice", 100_00)
		paid := w.Swipe(t, alice, "swipe-1", 3_50, pret)
		if !paid.Approved() || paid.Balance.Minor != 96_50 {
			t.Fatalf("the swipe was %v, want approved, leaving 96.50", paid)
		}
		w.Eventually(t, "a push", func() bool { return len(w.Pushes(alice)) == 1 })
		push := string(w.Pushes(alice)[0].Payload)
		if !strings.Contains(push, "Pret A Manger") || !strings.Contains(push, "£3.50") {
			t.Errorf("the phone shows %s", push)
		}
		w.Eventually(t, "a feed item", func() bool { return len(w.Feed(t, alice)) == 1 })
		item := w.Feed(t, alice)[0]
		if item.Title != "Pret A Manger" || item.Amount != -3_50 || item.TransactionID != paid.TransactionID {
			t.Errorf("the feed shows %+v", item)
		}
	})
}

// losesItsRecords has service.transactions unable to write while it is away.
func losesItsRecords(away *atomic.Bool) world.Options {
	return world.Options{Store: world.Hooks{
		Write: func(keyspace string, writes []store.Mutation) ([]store.Mutation, error) {
			if keyspace == "transactions" && away.Load() {
				return nil, store.Unavailable(context.Canceled)
			}
			return writes, nil
		},
	}.Store}
}

// unanswered swipes while the record cannot be written, so that the hold is made and nobody is told.
func unanswered(t *testing.T, w *world.World, away *atomic.Bool, p world.Payment) {
	t.Helper()
	away.Store(true)
	answer, err := w.Send(t.Context(), p)
	said := string(answer.Body)
	if err != nil || answer.Status != http.StatusGatewayTimeout || !strings.Contains(said, "outcome_unknown") {
		t.Fatalf("a swipe without a record was answered %d %s, %v", answer.Status, answer.Body, err)
	}
	away.Store(false)
}

func TestAHoldThatNobodyWasToldOfIsReleasedAfterAMinute(t *testing.T) {
	var away atomic.Bool
	simulate(t, losesItsRecords(&away), func(t *testing.T, w *world.World) {
		alice := w.Customer(t, "alice", 100_00)
		lost := world.Payment{ID: "lost", CardID: alice.CardID, Minor: 30_00, Descriptor: pret}
		unanswered(t, w, &away, lost)
		w.Pass(t, 55*time.Second)
		if available, _ := w.Balance(t, alice); available != 70_00 {
			t.Fatalf("%d can be spent while the hold may still be asked for, want 7000", available)
		}
		w.Pass(t, 10*time.Second)
		wantReleased(t, w, alice, lost)
	})
}

// wantReleased wants all of a customer's 100.00 to be there again, and a repeat of the payment to be declined for good.
func wantReleased(t *testing.T, w *world.World, c *world.Customer, lost world.Payment) {
	t.Helper()
	if available, today := w.Balance(t, c); available != 100_00 || today != 0 {
		t.Fatalf("%d can be spent and %d was, want 10000 and 0", available, today)
	}
	if late := w.Pay(t, lost); late.Approved() || late.DeclineReason != "timed_out" {
		t.Errorf("a repeat after the release was %v", late)
	}
	if available, _ := w.Balance(t, c); available != 100_00 {
		t.Errorf("%d can be spent after the repeat, want 10000", available)
	}
}

func TestAHoldIsReleasedThoughTheLedgerWasAwayForAnHour(t *testing.T) {
	for name, questions := range map[string]int{"asked for once": 1, "asked for twice": 2} {
		t.Run(name+", its release fails", func(t *testing.T) { releasedAfterAnHour(t, questions, releases) })
		t.Run(name+", its release cannot begin", func(t *testing.T) { releasedAfterAnHour(t, questions, beginsEvent) })
	}
}

// releasedAfterAnHour asks so often for a hold that cannot be recorded, and then it cannot be released either, for want
// of a write.
func releasedAfterAnHour(t *testing.T, questions int, wanting func(keyspace string, b store.ConditionalBatch) bool) {
	t.Helper()
	var recordsAway, releasesAway atomic.Bool
	o := losesItsRecords(&recordsAway)
	withRecords := o.Store
	o.Store = func(s store.Store) store.Store {
		return world.Hooks{Apply: func(keyspace string, b store.ConditionalBatch) (store.ConditionalBatch, error) {
			if releasesAway.Load() && wanting(keyspace, b) {
				return b, store.Unavailable(context.Canceled)
			}
			return b, nil
		}}.Store(withRecords(s))
	}
	simulate(t, o, func(t *testing.T, w *world.World) {
		alice := w.Customer(t, "alice", 100_00)
		lost := world.Payment{ID: "lost", CardID: alice.CardID, Minor: 30_00, Descriptor: pret}
		for range questions {
			unanswered(t, w, &recordsAway, lost)
		}
		releasesAway.Store(true)
		w.Pass(t, 65*time.Second)
		// It will be given back, and so the repeat is declined, and recorded so.
		if late := w.Pay(t, lost); late.Approved() {
			t.Fatalf("a repeat after the minute was %v", late)
		}
		w.Pass(t, time.Hour)
		releasesAway.Store(false)
		w.Pass(t, 20*time.Minute)
		if available, _ := w.Balance(t, alice); available != 100_00 {
			t.Errorf("%d can be spent after a decline, want 10000", available)
		}
	})
}

// beginsEvent tells whether a batch changes a payment.
func beginsEvent(keyspace string, b store.ConditionalBatch) bool {
	return keyspace == "card_processing" && b.Table.Name == "payments"
}

// releases tells whether a batch changes a hold that is there.
func releases(keyspace string, b store.ConditionalBatch) bool {
	return keyspace == "balance" && slices.ContainsFunc(b.Rows, func(r store.ConditionalRow) bool {
		id := idOf(b.Table, r.Row)
		return strings.HasPrefix(id, "hold_") && strings.Contains(id, ":")
	})
}

func TestAHoldWhoseRepeatsWereNotToldEitherIsReleasedToo(t *testing.T) {
	var away atomic.Bool
	simulate(t, losesItsRecords(&away), func(t *testing.T, w *world.World) {
		alice := w.Customer(t, "alice", 100_00)
		lost := world.Payment{ID: "lost", CardID: alice.CardID, Minor: 30_00, Descriptor: pret}
		unanswered(t, w, &away, lost)
		for range 3 { // Each of them settles that it may be told, and then cannot be recorded.
			w.Pass(t, 40*time.Second)
			unanswered(t, w, &away, lost)
		}
		w.Pass(t, 2*time.Minute)
		wantReleased(t, w, alice, lost)
	})
}

func TestAHoldWhoseRepeatWasApprovedStays(t *testing.T) {
	var away atomic.Bool
	simulate(t, losesItsRecords(&away), func(t *testing.T, w *world.World) {
		alice, book := w.Customer(t, "alice", 100_00), world.NewBook()
		lost := world.Payment{ID: "lost", CardID: alice.CardID, Minor: 30_00, Descriptor: pret}
		unanswered(t, w, &away, lost)
		w.Pass(t, 30*time.Second)
		if !book.Swipe(t.Context(), w.Send, alice, lost) || !book.Pages()[0].Answer.Approved() {
			t.Fatalf("a repeat within the minute was %v", book.Pages()[0].Answer)
		}
		w.Pass(t, 10*time.Minute)
		wantNothing(t, w.Audit(t, book, alice))
		if available, _ := w.Balance(t, alice); available != 70_00 {
			t.Errorf("%d can be spent, want 7000", available)
		}
	})
}

func wantNothing(t *testing.T, findings []world.Finding) {
	t.Helper()
	for _, finding := range findings {
		t.Error(finding)
	}
}

func TestAPushIsRepeatedUntilAppleTakesIt(t *testing.T) {
	for name, fault := range map[string]fakeapple.Reason{
		"Apple is down": fakeapple.ServiceUnavailable, "Apple hangs": fakeapple.Hang,
		"Apple's answer is lost": fakeapple.LostAnswer, "there are too many": fakeapple.TooManyRequests,
	} {
		t.Run(name, func(t *testing.T) {
			simulate(t, world.Options{}, func(t *testing.T, w *world.World) {
				alice, book := w.Customer(t, "alice", 100_00), world.NewBook()
				if err := w.Apple.Inject(fakeapple.Fault{Reason: fault, Times: 4}); err != nil {
					t.Fatal(err)
				}
				pay := world.Payment{ID: "one", CardID: alice.CardID, Minor: 3_50, Descriptor: pret}
				book.Swipe(t.Context(), w.Send, alice, pay)
				w.Pass(t, 5*time.Minute)
				wantNothing(t, w.Audit(t, book, alice))
				if got := w.Apple.Stats().Refused[fault]; got != 4 {
					t.Errorf("Apple failed %d times, want 4", got)
				}
			})
		})
	}
}

func TestAPhoneWithoutTheAppIsForgotten(t *testing.T) {
	simulate(t, world.Options{}, func(t *testing.T, w *world.World) {
		alice := w.Customer(t, "alice", 100_00)
		w.Pass(t, 2*time.Second) // Apple's time of death is cut to the second.
		if err := w.Apple.Inject(fakeapple.Fault{Reason: fakeapple.Unregistered}); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"one", "two", "three"} {
			w.Swipe(t, alice, id, 1_00, pret)
			w.Pass(t, time.Minute)
		}
		if got := w.Apple.Stats().Refused[fakeapple.Unregistered]; got != 1 {
			t.Errorf("Apple was asked %d times to push to a phone that is gone, want once", got)
		}
		if got := len(w.Feed(t, alice)); got != 3 {
			t.Errorf("the feed has %d items, want 3", got)
		}
	})
}

// moody is service.merchant, which hangs while it is down.
func moody(down *atomic.Bool) foundation.Service {
	return foundation.Service{Name: merchant.Service.Name, Register: func(env *foundation.Env) error {
		merchantproto.RegisterMerchantsServer(env.GRPC, moodyMerchants{down: down})
		return nil
	}}
}

type moodyMerchants struct {
	merchantproto.UnimplementedMerchantsServer
	down *atomic.Bool
}

// Resolve knows one merchant.
func (m moodyMerchants) Resolve(
	ctx context.Context, _ *merchantproto.ResolveRequest,
) (*merchantproto.ResolveResponse, error) {
	if m.down.Load() {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	return &merchantproto.ResolveResponse{Merchant: &merchantproto.Merchant{
		Id: "merch_0000000000000000000001", Name: "Pret A Manger", Emoji: "🥪", Category: "eating_out", Known: true,
	}}, nil
}

func TestATidyNameIsShownAtOnceAndABetterOneLater(t *testing.T) {
	var down atomic.Bool
	down.Store(true)
	options := world.Options{Replace: []foundation.Service{moody(&down)}}
	simulate(t, options, func(t *testing.T, w *world.World) {
		alice := w.Customer(t, "alice", 100_00)
		paid := w.Swipe(t, alice, "one", 3_50, "PRET A MANGER")
		w.Pass(t, 500*time.Millisecond)
		first := w.Feed(t, alice)
		if len(first) != 1 || first[0].Title != "Pret A Manger" || first[0].Emoji != "💳" {
			t.Fatalf("after half a second the feed shows %+v", first)
		}
		if len(w.Pushes(alice)) != 1 {
			t.Errorf("after half a second the phone shows %d pushes", len(w.Pushes(alice)))
		}
		down.Store(false)
		w.Pass(t, 5*time.Minute)
		later := w.Feed(t, alice)
		if len(later) != 1 || later[0].ID != first[0].ID || later[0].Emoji != "🥪" || later[0].Body != "Eating out" {
			t.Errorf("when the merchant was known the feed showed %+v", later)
		}
		if pushes := w.Pushes(alice); len(pushes) != 1 || pushes[0].CollapseID != paid.TransactionID {
			t.Errorf("when the merchant was known the phone showed %+v", pushes)
		}
	})
}

func TestTheDayTurnsAtFourInLondon(t *testing.T) {
	simulate(t, world.Options{}, func(t *testing.T, w *world.World) {
		alice := w.Customer(t, "alice", 100_00)
		w.Swipe(t, alice, "one", 3_50, pret)
		midnight := w.Clock.Now().Truncate(24 * time.Hour) // It is winter: London has UTC.
		w.Pass(t, midnight.Add(4*time.Hour-time.Second).Sub(w.Clock.Now()))
		if _, today := w.Balance(t, alice); today != -3_50 {
			t.Errorf("just before four %d was spent today, want -350", today)
		}
		w.Pass(t, time.Second)
		if _, today := w.Balance(t, alice); today != 0 {
			t.Errorf("at four %d was spent today, want 0", today)
		}
		w.Swipe(t, alice, "two", 1_00, pret)
		if available, today := w.Balance(t, alice); today != -1_00 || available != 95_50 {
			t.Errorf("then %d was spent today and %d is left, want -100 and 9550", today, available)
		}
	})
}
