package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"farthing/e2e/world"
	"farthing/pkg/foundation"
	"farthing/pkg/store"
)

// networkWaits is how long a card network waits for an answer.
const networkWaits = 1500 * time.Millisecond

// Pots do not answer, and programs ask for them until the public API is full: it refuses the rest early, and card
// payments notice nothing of it.
func TestCardPaymentsAreAnsweredBesideAPublicAPIThatIsFull(t *testing.T) {
	const programs, takes = 400, 128
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		w := world.New(t, world.Options{Store: world.Hooks{
			Apply: func(keyspace string, b store.ConditionalBatch) (store.ConditionalBatch, error) {
				if keyspace == "pot" {
					<-stuck
				}
				return b, nil
			},
		}.Store})
		alice := w.Customer(t, "alice", 100_00)
		var asking sync.WaitGroup
		var refused atomic.Int64
		for i := range programs {
			asking.Go(func() {
				began := w.Clock.Now()
				answer := makePot(t, w, alice, i)
				if answer.Status != http.StatusServiceUnavailable ||
					!strings.Contains(string(answer.Body), "unavailable.overload") {
					return
				}
				refused.Add(1)
				if took := w.Clock.Now().Sub(began); took >= time.Second || answer.Header.Get("Retry-After") == "" {
					t.Errorf("it was refused after %v, with %v", took, answer.Header)
				}
			})
		}
		w.Pass(t, time.Second) // The pots are stuck.
		for i := range 20 {
			began := w.Clock.Now()
			got := w.Swipe(t, alice, fmt.Sprint("lunch", i), 1_00, pret)
			if took := w.Clock.Now().Sub(began); !got.Approved() || got.StoodIn || took > networkWaits {
				t.Errorf("a swipe beside it is %+v, after %v", got, took)
			}
		}
		close(stuck)
		asking.Wait()
		if n := refused.Load(); n != programs-takes {
			t.Errorf("of %d programs %d were refused; %d are taken at once", programs, n, takes)
		}
		if available, _ := w.Balance(t, alice); available != 80_00 {
			t.Errorf("after all there are %d", available)
		}
	})
}

func makePot(t *testing.T, w *world.World, c *world.Customer, n int) world.Answer {
	t.Helper()
	body := fmt.Sprintf(`{"current_account_id":%q,"name":"pot %d","dedupe_id":"pot-%d"}`, c.AccountID, n, n)
	answer, err := w.Ask(t.Context(), foundation.Public, http.MethodPut, "/pots", []byte(body),
		"Content-Type", "application/json", "Authorization", "Bearer "+c.Token)
	if err != nil {
		t.Errorf("asking for a pot: %v", err)
	}
	return answer
}
