package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"farthing/e2e/program"
	"farthing/e2e/world"
	"farthing/pkg/foundation"
	"farthing/pkg/store"
	"farthing/pkg/store/faults"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// ledgerAway has the ledger unable to decide while it is away.
func ledgerAway(away *atomic.Bool) world.Options {
	return world.Options{StandIn: true, Store: world.Hooks{
		Apply: func(keyspace string, b store.ConditionalBatch) (store.ConditionalBatch, error) {
			if keyspace == "balance" && away.Load() {
				return b, store.Unavailable(context.Canceled)
			}
			return b, nil
		},
	}.Store}
}

func TestASmallPaymentIsStoodInForOncePerCardAndDay(t *testing.T) {
	var away atomic.Bool
	simulate(t, ledgerAway(&away), func(t *testing.T, w *world.World) {
		alice := w.Customer(t, "alice", 3_00)
		bob := w.Customer(t, "bob", 100_00)
		away.Store(true)
		lunch := world.Payment{ID: "lunch", CardID: alice.CardID, Minor: 5_00, Descriptor: pret}
		for range 2 { // A repeat is answered the same.
			if got := w.Pay(t, lunch); !got.Approved() || !got.StoodIn {
				t.Fatalf("lunch was %+v", got)
			}
		}
		for name, p := range map[string]world.Payment{
			"another one": {ID: "two", CardID: alice.CardID, Minor: 1, Descriptor: pret},
			"a large one": {ID: "large", CardID: bob.CardID, Minor: 20_01, Descriptor: pret},
		} {
			if answer, err := w.Send(t.Context(), p); err != nil || answer.Status == http.StatusOK {
				t.Errorf("%s was answered %d %s, %v", name, answer.Status, answer.Body, err)
			}
		}
		away.Store(false)
		w.Eventually(t, "it is held whatever there is", func() bool {
			available, _ := w.Balance(t, alice)
			return available == -2_00
		})
		got := w.Pay(t, lunch)
		if !got.Approved() || got.TransactionID == "" {
			t.Errorf("after all a repeat is %+v", got)
		}
		var shown cardprocessingproto.StandIns
		if err := json.Unmarshal([]byte(w.Admin(t, cardprocessingproto.StandInsPath)), &shown); err != nil {
			t.Fatal(err)
		}
		if len(shown.StandIns) != 1 || shown.StandIns[0].PostedAs != got.AuthorisationID || len(shown.Rules) != 4 {
			t.Errorf("operators see %+v", shown)
		}
		reverse(t, w, alice, "lunch")
		if available, _ := w.Balance(t, alice); available != 3_00 {
			t.Errorf("after its reversal there are %d", available)
		}
	})
}

// reverse gives up an authorisation by its processor's id.
func reverse(t *testing.T, w *world.World, c *world.Customer, id string) {
	t.Helper()
	body := fmt.Sprintf(`{"processor_id":"reverse-%s","card_id":%q,"original":{"processor_id":%q}}`, id, c.CardID, id)
	answer, err := w.Ask(t.Context(), foundation.CardEdge, http.MethodPost, "/reversals", []byte(body),
		"Content-Type", "application/json")
	if err != nil || answer.Status != http.StatusOK {
		t.Fatalf("a reversal was answered %d %s, %v", answer.Status, answer.Body, err)
	}
}

// The ledger had declined it, and nobody was told: what was stood in for takes a hold of its own.
func TestWhatTheLedgerDeclinedTooLateIsForcedUnderAnotherHold(t *testing.T) {
	var away atomic.Bool
	o := losesItsRecords(&away)
	o.StandIn = true
	simulate(t, o, func(t *testing.T, w *world.World) {
		alice := w.Customer(t, "alice", 3_00)
		away.Store(true)
		lunch := world.Payment{ID: "lunch", CardID: alice.CardID, Minor: 5_00, Descriptor: pret}
		if got := w.Pay(t, lunch); !got.StoodIn {
			t.Fatalf("lunch was %+v", got)
		}
		away.Store(false)
		w.Pass(t, 2*time.Minute)
		if available, _ := w.Balance(t, alice); available != -2_00 {
			t.Errorf("there are %d", available)
		}
		if got := w.Pay(t, lunch); !got.Approved() {
			t.Errorf("a repeat is %+v", got)
		}
		reverse(t, w, alice, "lunch")
		if available, _ := w.Balance(t, alice); available != 3_00 {
			t.Errorf("after its reversal there are %d", available)
		}
	})
}

const (
	outageBalance = 1_000_00
	outageCards   = 100
)

// A keyspace fails under each payment, from one of its operations on, and no network ever asks again. In the end what
// each customer can spend less is exactly what was approved. FARTHING_TEST_OUTAGES is how many payments there are.
func TestOutagesLeaveNoGhostHold(t *testing.T) {
	outages := program.Count(t, "FARTHING_TEST_OUTAGES", 200)
	weather := &breakdown{random: rand.New(rand.NewPCG(7, 7)), on: make(map[string]*outage)}
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, world.Options{StandIn: true, Store: weather.with})
		customers, approved := make([]*world.Customer, outageCards), make([]int64, outageCards)
		for i := range customers {
			customers[i] = w.Customer(t, fmt.Sprint("customer-", i), outageBalance)
		}
		answers := make(map[outcomeKind]int)
		for n := range outages {
			i := n % len(customers)
			p := world.Payment{
				ID: fmt.Sprint("swipe-", n), CardID: customers[i].CardID, Descriptor: pret,
				Minor: 1 + weather.random.Int64N(40_00),
			}
			end := weather.begin()
			outcome := pay(t, w, p)
			end(t)
			answers[outcome]++
			if outcome == approvedOutcome || outcome == stoodInOutcome {
				approved[i] += p.Minor
			}
			w.Pass(t, time.Duration(weather.random.Int64N(int64(20*time.Second))))
		}
		w.Pass(t, 10*time.Minute)
		for i, c := range customers {
			if available, _ := w.Balance(t, c); available != outageBalance-approved[i] {
				t.Errorf("%s can spend %d, and was approved %d", c.Name, available, approved[i])
			}
		}
		t.Logf("the answers: %v", answers)
		for _, each := range []outcomeKind{approvedOutcome, stoodInOutcome, noOutcome} {
			if answers[each] < outages/50 {
				t.Errorf("only %d were %v: this proves little", answers[each], each)
			}
		}
	})
}

type outcomeKind int

const (
	noOutcome outcomeKind = iota
	approvedOutcome
	stoodInOutcome
	declinedOutcome
)

func (o outcomeKind) String() string {
	return [...]string{"unanswered", "approved", "stood in", "declined"}[o]
}

func pay(t *testing.T, w *world.World, p world.Payment) outcomeKind {
	t.Helper()
	answer, err := w.Send(t.Context(), p)
	if err != nil || answer.Status != http.StatusOK {
		return noOutcome
	}
	var got world.Outcome
	if err := json.Unmarshal(answer.Body, &got); err != nil {
		t.Fatal(err)
	}
	switch {
	case got.StoodIn:
		return stoodInOutcome
	case got.Approved():
		return approvedOutcome
	}
	return declinedOutcome
}

// breakdown has one keyspace after the other fail.
type breakdown struct {
	store.Store

	random *rand.Rand
	on     map[string]*outage
}

// with is a store that breaks down.
func (b *breakdown) with(s store.Store) store.Store {
	b.Store = s
	return b
}

// Open is a keyspace that may fail.
func (b *breakdown) Open(keyspace string) store.Engine {
	o := &outage{}
	o.Engine = faults.Wrap(b.Store.Open(keyspace), o.pick)
	b.on[keyspace] = o
	return o.Engine
}

// begin has a keyspace fail, until the function that it answers is called: then what is late comes about.
func (b *breakdown) begin() (end func(*testing.T)) {
	o := b.on[[]string{"balance", "balance", "transactions", "card_processing"}[b.random.IntN(4)]]
	kinds := []faults.Fault{faults.Unavailable, faults.UnknownApplied, faults.UnknownLost, faults.UnknownLate}
	o.fault.Store(int64(kinds[b.random.IntN(len(kinds))]))
	o.left.Store(b.random.Int64N(3))
	o.lasts.Store(true)
	return func(t *testing.T) {
		t.Helper()
		o.lasts.Store(false)
		if err := o.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// outage is of one keyspace.
type outage struct {
	*faults.Engine

	lasts       atomic.Bool
	left, fault atomic.Int64 // Operations until it begins, and what then happens to each.
}

func (o *outage) pick(faults.Op) faults.Fault {
	if !o.lasts.Load() || o.left.Add(-1) >= 0 {
		return faults.None
	}
	return faults.Fault(o.fault.Load())
}
