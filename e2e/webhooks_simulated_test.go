package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"farthing/e2e/world"
	"farthing/pkg/events/embedded"
)

// told is a transaction as a webhook is told of it.
type told struct {
	ID            string
	AccountID     string `json:"account_id"`
	Amount        int64
	DeclineReason string `json:"decline_reason"`
	Merchant      *struct{ ID, Name, Emoji string }
}

// heard is what a receiver has heard under a type, by transaction, and how often.
func heard(t *testing.T, r *world.Receiver, kind string) (last map[string]told, times map[string]int) {
	t.Helper()
	messages, forged := r.Heard()
	if forged > 0 {
		t.Fatalf("%d messages were not signed", forged)
	}
	last, times = make(map[string]told), make(map[string]int)
	for _, each := range messages {
		if each.Type != kind {
			continue
		}
		var of told
		if err := json.Unmarshal(each.Data, &of); err != nil {
			t.Fatal(err)
		}
		last[of.ID] = of
		times[of.ID]++
	}
	return last, times
}

// Whatever the bus repeats and reorders, a program is told of each payment as new once, with its merchant, and of a
// decline with its reason.
func TestAWebhookIsToldOfEachPaymentOnceThoughTheBusRepeatsAndReorders(t *testing.T) {
	chaos := &embedded.Chaos{Seed: 7, RepeatPercent: 30, ReorderPercent: 30}
	simulate(t, world.Options{Webhooks: true, Chaos: chaos}, func(t *testing.T, w *world.World) {
		alice, bob := w.Customer(t, "alice", 1_000_00), w.Customer(t, "bob", 1_000_00)
		receiver := w.Receiver(t)
		w.Register(t, alice, receiver)
		want := make(map[string]bool)
		for n := range 20 {
			paid := w.Swipe(t, alice, fmt.Sprintf("paid-%d", n), 3_50, pret)
			want[paid.TransactionID] = true
			w.Swipe(t, bob, fmt.Sprintf("bobs-%d", n), 3_50, pret)
		}
		declined := w.Swipe(t, alice, "declined", 90_000_00, pret)
		want[declined.TransactionID] = true
		w.Eventually(t, "everything is told", func() bool {
			last, _ := heard(t, receiver, "transaction.created")
			return len(last) == len(want)
		})
		w.Pass(t, time.Minute)
		last, times := heard(t, receiver, "transaction.created")
		for id, of := range last {
			if !want[id] || times[id] != 1 || of.AccountID != alice.AccountID || of.Merchant == nil ||
				of.Merchant.Name != "Pret A Manger" {
				t.Errorf("told %d times of %+v", times[id], of)
			}
		}
		if got := last[declined.TransactionID]; got.DeclineReason != "INSUFFICIENT_FUNDS" {
			t.Errorf("the decline is told as %+v", got)
		}
	})
}

func TestAWebhookThatIsDownForADayIsToldOfEverythingAfterwards(t *testing.T) {
	simulate(t, world.Options{Webhooks: true}, func(t *testing.T, w *world.World) {
		alice := w.Customer(t, "alice", 1_000_00)
		receiver := w.Receiver(t)
		hook := w.Register(t, alice, receiver, "transaction.created", "balance.updated", "card.updated")
		receiver.Answer(http.StatusServiceUnavailable)
		want := make(map[string]bool)
		for n := range 6 {
			want[w.Swipe(t, alice, fmt.Sprintf("paid-%d", n), 3_50, pret).TransactionID] = true
			w.Clock.AdvanceTo(w.Clock.Now().Add(4 * time.Hour))
			w.Pass(t, 10*time.Second)
		}
		if messages, _ := receiver.Heard(); len(messages) != 0 {
			t.Fatalf("it heard %d messages while it was down", len(messages))
		}
		receiver.Answer(http.StatusOK)
		w.Eventually(t, "everything is told", func() bool {
			w.Clock.AdvanceTo(w.Clock.Now().Add(6 * time.Hour))
			w.Pass(t, 10*time.Second)
			last, _ := heard(t, receiver, "transaction.created")
			return len(last) == len(want)
		})
		var log struct {
			Deliveries []struct {
				Type, Status string
				Attempts     []struct{ Error string }
			}
		}
		w.API(alice).Get(t, "/webhooks/"+hook+"/deliveries?limit=100", &log)
		tried := 0
		for _, each := range log.Deliveries {
			tried = max(tried, len(each.Attempts))
		}
		if len(log.Deliveries) < 2*len(want) || tried < 4 {
			t.Errorf("the log has %d deliveries with up to %d attempts", len(log.Deliveries), tried)
		}
	})
}
