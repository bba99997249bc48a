package lifecycle

import (
	"context"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"farthing/e2e/world"
	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/store"
	"farthing/pkg/store/faults"
	balance "farthing/service.balance/handler"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
	transactionsproto "farthing/service.transactions/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// crashes are stores that stop at a chosen write: they do it or not, say that nobody knows, and do nothing any more
// until they are started again.
type crashes struct {
	mu     sync.Mutex // Guards the rest.
	armed  bool
	after  int // Writes until the crash.
	done   bool
	down   bool
	writes int // Since it was armed.
}

// Store wraps the keyspaces that decide what becomes of a payment.
func (c *crashes) Store(s store.Store) store.Store { return crashing{s, c} }

type crashing struct {
	store.Store
	c *crashes
}

func (s crashing) Open(keyspace string) store.Engine {
	engine := s.Store.Open(keyspace)
	if keyspace != "balance" && keyspace != "card_processing" {
		return engine
	}
	return faults.Wrap(engine, s.c.pick)
}

func (c *crashes) pick(op faults.Op) faults.Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.armed:
		return faults.None
	case c.down:
		return faults.Unavailable
	case op != faults.Apply && op != faults.Write:
		return faults.None
	}
	if c.writes++; c.writes <= c.after {
		return faults.None
	}
	c.down = true
	if c.done {
		return faults.UnknownApplied
	}
	return faults.UnknownLost
}

// arm has the stores crash at the n-th write from now on, from 0, after doing it or not.
func (c *crashes) arm(n int, done bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed, c.after, c.done, c.down, c.writes = true, n, done, false, 0
}

// restart ends that, and tells whether they had crashed.
func (c *crashes) restart() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed = false
	return c.down
}

// desk is where the messages about a customer's payments go.
type desk struct {
	*world.World
	customer   *world.Customer
	crashes    *crashes
	processing cardprocessingproto.CardProcessingClient
	ledger     balanceproto.BalanceClient
	records    transactionsproto.TransactionsClient
}

const (
	plenty = 1_000_000_00
	// usual and tiny are how many entries a bucket has: all that a test makes, or hardly a payment's.
	usual = logic.BucketEntries
	tiny  = 3
)

// newDesk has a bank whose accounts' buckets roll at so many entries.
func newDesk(t testing.TB, bucketEntries int64, more ...func(store.Store) store.Store) *desk {
	t.Helper()
	c := &crashes{}
	w := world.New(t, world.Options{
		Replace: []foundation.Service{balance.RollingAt(bucketEntries)},
		Store: func(s store.Store) store.Store {
			for _, wrap := range more {
				s = wrap(s)
			}
			return c.Store(s)
		},
	})
	return &desk{
		World: w, crashes: c, customer: w.Customer(t, "alice", plenty),
		processing: cardprocessingproto.NewCardProcessingClient(w.Dial(t, "service.card-api", "service.card-processing")),
		ledger:     balanceproto.NewBalanceClient(w.Dial(t, "service.console", "service.balance")),
		records:    transactionsproto.NewTransactionsClient(w.Dial(t, "service.console", "service.transactions")),
	}
}

func pounds(minor int64) *moneyproto.Money { return &moneyproto.Money{Minor: minor, Currency: "GBP"} }

// answer is what a message was told.
type answer struct {
	declined        bool
	authorisationID string
	transactionID   string // Of an authorisation.
}

// send sends a message about a payment, by the processor's ids alone: nobody has told it any other.
func (d *desk) send(ctx context.Context, payment string, l letter) (answer, error) {
	message := &cardprocessingproto.Message{ProcessorId: payment + string(l), CardId: d.customer.CardID}
	original := &cardprocessingproto.Original{ProcessorId: payment}
	switch l {
	case authorise:
		rsp, err := d.processing.Authorise(ctx, &cardprocessingproto.AuthoriseRequest{
			ProcessorId: payment, CardId: d.customer.CardID, Amount: pounds(authorised), Descriptor_: hotel, Mcc: "7011",
		})
		return answer{!rsp.GetApproved(), rsp.GetAuthorisationId(), rsp.GetTransactionId()}, err
	case reverse:
		rsp, err := d.processing.Reverse(ctx, &cardprocessingproto.ReverseRequest{Message: message, Original: original})
		return answerOf(rsp, err)
	case giveUp:
		rsp, err := d.processing.Reverse(ctx, &cardprocessingproto.ReverseRequest{
			Message: message, Original: original, Amount: pounds(givenUp),
		})
		return answerOf(rsp, err)
	case increment:
		rsp, err := d.processing.Increment(ctx, &cardprocessingproto.IncrementRequest{
			Message: message, Original: original, Amount: pounds(incremented),
		})
		return answerOf(rsp, err)
	case advise:
		rsp, err := d.processing.Advise(ctx, &cardprocessingproto.AdviseRequest{
			Message: message, Original: original, Amount: pounds(advised),
		})
		return answerOf(rsp, err)
	case collect:
		rsp, err := d.processing.Clear(ctx, &cardprocessingproto.ClearRequest{
			Message: message, Original: original, Amount: pounds(collected), Descriptor_: hotel, Mcc: "7011",
		})
		return answerOf(rsp, err)
	}
	panic("no such letter: " + string(l))
}

const hotel = "GRAND HOTEL LONDON"

func answerOf(rsp interface {
	GetPayment() *cardprocessingproto.Payment
	GetEvent() *cardprocessingproto.PaymentEvent
}, err error,
) (answer, error) {
	return answer{
		declined: rsp.GetEvent().GetDeclineReason() != "", authorisationID: rsp.GetPayment().GetId(),
	}, err
}

const (
	pause    = time.Second // Breakers rest as long.
	insisted = 30          // Times.
)

// insist repeats a message until it is answered, as networks do.
func (d *desk) insist(t testing.TB, payment string, l letter) answer {
	t.Helper()
	var err error
	for range insisted {
		var a answer
		if a, err = d.send(t.Context(), payment, l); err == nil {
			return a
		}
		if !errs.Is(err, errs.Unavailable) && !errs.Is(err, errs.Timeout) {
			break
		}
		if err := clock.Wait(t.Context(), pause); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("%c about %s: %v", l, payment, err)
	return answer{}
}

// found is what the bank has of a payment.
func (d *desk) found(t testing.TB, authorisationID, transactionID string) *cardprocessingproto.Payment {
	t.Helper()
	req := &cardprocessingproto.GetPaymentRequest{TransactionId: transactionID}
	if transactionID == "" {
		req.AuthorisationId = authorisationID
	}
	rsp, err := d.processing.GetPayment(t.Context(), req)
	if err != nil {
		t.Fatalf("reading %s: %v", authorisationID, err)
	}
	return rsp.GetPayment()
}

// money is what the customer's account holds and has, in pence.
func (d *desk) money(t testing.TB) (held, posted, open int64) {
	t.Helper()
	rsp, err := d.ledger.GetBalance(t.Context(), &balanceproto.GetBalanceRequest{AccountId: d.customer.AccountID})
	if err != nil {
		t.Fatal(err)
	}
	return rsp.GetHeld().GetMinor(), rsp.GetPosted().GetMinor(), rsp.GetOpenHolds()
}
