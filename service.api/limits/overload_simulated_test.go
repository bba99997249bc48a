package limits

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"farthing/pkg/edge"
)

func TestAFullDoorRefusesEarlyAndOpensAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := newLimits(t, Config{AtOnce: 2})
		h := behind(func(edge.Request) edge.Response {
			time.Sleep(time.Second) // Its own time, by the bubble's clock.
			return edge.OK(nil)
		}, l.Overload)
		var inside sync.WaitGroup
		for range 2 {
			inside.Go(func() {
				if rsp := ask(t, h); rsp.Code != http.StatusOK {
					t.Errorf("who came first: got %d", rsp.Code)
				}
			})
		}
		synctest.Wait()
		before := time.Now()
		wantRefused(t, ask(t, h), http.StatusServiceUnavailable, "unavailable.overload", "1")
		if took := time.Since(before); took != waitMax {
			t.Errorf("it was refused after %v", took)
		}
		inside.Wait()
		if rsp := ask(t, h); rsp.Code != http.StatusOK {
			t.Errorf("when all had gone: got %d", rsp.Code)
		}
	})
}

func TestWhoLeavesWhileWaitingTakesNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := newLimits(t, Config{AtOnce: 1})
		leave := make(chan struct{})
		h := behind(func(edge.Request) edge.Response {
			<-leave
			return edge.OK(nil)
		}, l.Overload)
		var inside sync.WaitGroup
		inside.Go(func() { ask(t, h) })
		synctest.Wait()
		impatient := behind(fine, edge.Deadline(waitMax/2), l.Overload)
		if rsp := ask(t, impatient); rsp.Code != http.StatusGatewayTimeout {
			t.Errorf("got %d %s", rsp.Code, rsp.Body)
		}
		close(leave)
		inside.Wait()
		if rsp := ask(t, impatient); rsp.Code != http.StatusOK {
			t.Errorf("got %d %s", rsp.Code, rsp.Body)
		}
	})
}
