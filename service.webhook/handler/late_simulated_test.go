package handler

import (
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"farthing/pkg/store/faults"
	webhookproto "farthing/service.webhook/proto"
)

// The next attempt is listed before the row of the one before it is written. It must not be taken off the list while
// that row is on its way: nobody would come back to the message.
func TestAMessageIsTriedAgainThoughThatItWasTriedIsWrittenLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var writes atomic.Int64 // Since the URL has answered: the next attempt's line, and then this one's row.
		writes.Store(-1)
		b := newBank(t, options{pick: func(op faults.Op) faults.Fault {
			if op == faults.Write && writes.Load() >= 0 && writes.Add(1) == 2 {
				return faults.UnknownLate
			}
			return faults.None
		}})
		place, url := b.net.serve(1001)
		place.answers(func(*http.Request) int {
			writes.CompareAndSwap(-1, 0)
			return http.StatusServiceUnavailable
		})
		hookID, _ := b.register(t, url)
		b.pay(t)
		b.pass(10 * time.Second) // The next attempt is due, and this one is not known of.
		b.Settle(t)
		if log := b.logOf(t, hookID); len(log) != 1 || len(log[0].GetAttempts()) != 1 {
			t.Fatalf("the log says %v: the row was not late", log)
		}
		place.says(http.StatusOK)
		b.pass(10 * time.Minute)
		time.Sleep(3 * time.Minute) // A claim of it may have to end before.
		synctest.Wait()
		if log := b.logOf(t, hookID); log[0].GetStatus() != webhookproto.Status_STATUS_DELIVERED {
			t.Errorf("the log says %v", log)
		}
	})
}
