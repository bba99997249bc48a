package apple_test

import (
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"farthing/service.apns/apple"
	"farthing/service.apns/fakeapple"
)

// The fake refuses a token older than an hour and a change within twenty minutes, so a day of deliveries on one
// connection proves the sender's rhythm.
func TestADayOnOneConnectionNeedsNoRefusedToken(t *testing.T) {
	w := newWorld(t)
	for range 24 * 20 {
		if got := w.send(t, push(1)); got.Outcome != apple.Delivered {
			t.Fatalf("at %v: %+v", w.clock.Now(), got)
		}
		w.clock.advance(3 * time.Minute)
	}
	if got := w.fake.Stats(); got.Connections != 1 || len(got.Refused) != 0 {
		t.Fatalf("stats are %+v", got)
	}
}

func TestManySendersChangeTheTokenOnce(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		var senders errgroup.Group
		for i := range 64 {
			senders.Go(func() error {
				_, err := w.Send(t.Context(), push(i))
				return err
			})
		}
		if err := senders.Wait(); err != nil {
			t.Fatal(err)
		}
		w.clock.advance(50 * time.Minute)
	}
	if got := w.fake.Stats(); len(got.Refused) != 0 {
		t.Fatalf("two tokens were made where one would do: %+v", got.Refused)
	}
}

func TestATokenThatAppleCallsExpiredIsReplacedUnlessYoung(t *testing.T) {
	w := newWorld(t)
	w.send(t, push(1))

	w.clock.advance(19 * time.Minute)
	w.inject(t, fakeapple.Fault{Reason: fakeapple.ExpiredProviderToken, Times: 1})
	w.send(t, push(1))
	if got := w.send(t, push(1)); got.Outcome != apple.Delivered { // A new token would be refused: too soon.
		t.Fatalf("after 19 minutes: %+v", got)
	}

	w.clock.advance(6 * time.Minute)
	w.inject(t, fakeapple.Fault{Reason: fakeapple.ExpiredProviderToken, Times: 1})
	if got := w.send(t, push(1)); got.Outcome != apple.Retry || got.After != 0 {
		t.Fatalf("the expired push: %+v", got)
	}
	w.clock.advance(40 * time.Minute) // The first token would be 65 minutes old by now, the second is 40.
	if got := w.send(t, push(1)); got.Outcome != apple.Delivered || len(w.fake.Stats().Refused) != 1 {
		t.Fatalf("40 minutes later: %+v, %+v", got, w.fake.Stats())
	}
}
