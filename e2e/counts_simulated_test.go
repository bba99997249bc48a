package e2e

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/e2e/world"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/store"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// conditional counts conditional writes by where they go.
type conditional struct {
	mu   sync.Mutex // Guards made.
	made map[string]int
}

func (c *conditional) count(keyspace string, b store.ConditionalBatch) (store.ConditionalBatch, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made[keyspace+"."+b.Table.Name]++
	return b, nil
}

// take is what was counted so far, and begins anew.
func (c *conditional) take() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	made := c.made
	c.made = make(map[string]int)
	return made
}

// From the card's edge to the feed and the phone, whatever is approved, declined or repeated.
func TestAnAuthorisationIsOneConditionalWriteInTheWholeBank(t *testing.T) {
	c := &conditional{made: make(map[string]int)}
	o := world.Options{Store: world.Hooks{Apply: c.count}.Store}
	simulate(t, o, func(t *testing.T, w *world.World) {
		alice := w.Customer(t, "alice", 10_00)
		processing := cardprocessingproto.NewCardProcessingClient(w.Dial(t, "service.card-api", "service.card-processing"))
		w.Pass(t, 10*time.Second)
		c.take()
		for n := range 8 { // Three are approved.
			_, err := processing.Authorise(t.Context(), &cardprocessingproto.AuthoriseRequest{
				Network: &cardprocessingproto.NetworkIDs{
					AcquirerId: "400123", Stan: fmt.Sprintf("%06d", n), Rrn: "631412000042", TerminalId: "TERM0001",
					TransmittedMs: w.Clock.Now().UnixMilli(),
				},
				CardId: alice.CardID, Amount: &moneyproto.Money{Minor: 3_00, Currency: "GBP"}, Descriptor_: pret, Mcc: "5814",
			})
			if err != nil {
				t.Fatal(err)
			}
			w.Pass(t, 10*time.Second) // For all that follows, until the phone.
			if diff := cmp.Diff(map[string]int{"balance.accounts": 1}, c.take()); diff != "" {
				t.Errorf("authorisation %d:\n%s", n, diff)
			}
		}
	})
}
