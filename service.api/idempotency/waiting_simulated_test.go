package idempotency_test

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestConcurrentRepeatsWaitForTheFirstAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		d.during = func() { time.Sleep(2 * time.Second) } // The service's own time, by the bubble's clock.
		answers := make([]answer, 50)
		var asking sync.WaitGroup
		for i := range answers {
			asking.Go(func() { answers[i] = d.pay(t, alice, "k1", "amount=1") })
		}
		asking.Wait()
		d.wantDone(t, 1)
		first := 0
		for _, got := range answers {
			if got.status != http.StatusOK || got.body != answers[0].body {
				t.Fatalf("got %+v and %+v", answers[0], got)
			}
			if got.replayed == "" {
				first++
			}
		}
		if first != 1 {
			t.Errorf("%d were the first", first)
		}
	})
}

func TestWhoDiedInTheMiddleIsFollowedUnderTheSameName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		d.during = func() { panic("the power goes") }
		if got := d.pay(t, alice, "k1", "amount=1"); got.status != http.StatusInternalServerError {
			t.Fatalf("got %+v", got)
		}
		d.during = func() {}
		d.hour.advance() // Nobody lives to give the lease back.
		if got := d.pay(t, alice, "k1", "amount=1"); got.status != http.StatusOK {
			t.Fatalf("got %+v", got)
		}
		d.wantDone(t, 2)
		if d.names[0] != d.names[1] {
			t.Errorf("named %q", d.names)
		}
	})
}

// The first attempt is so slow that a repeat takes its place: both are told what the repeat was.
func TestWhoIsOvertakenTellsWhatTheOvertakerWasTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil)
		overtaken, overtakers := make(chan struct{}), 0
		var slow answer
		d.during = func() {
			if overtakers++; overtakers == 1 {
				<-overtaken
			}
		}
		var asking sync.WaitGroup
		asking.Go(func() { slow = d.pay(t, alice, "k1", "amount=1") })
		synctest.Wait()
		d.hour.advance()
		d.says = func() string { return "the second" }
		quick := d.pay(t, alice, "k1", "amount=1")
		d.says = func() string { return "the first" }
		close(overtaken)
		asking.Wait()
		if slow.body != quick.body || slow.status != http.StatusOK {
			t.Errorf("told %+v and %+v", quick, slow)
		}
		d.wantDone(t, 2)
	})
}
