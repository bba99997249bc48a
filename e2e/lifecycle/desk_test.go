package lifecycle

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"farthing/e2e/world"
	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/store"
	balance "farthing/service.balance/handler"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
	transactionsproto "farthing/service.transactions/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is where the messages about a customer's payments go.
type desk struct {
	*world.World
	customer   *world.Customer
	crashes    *world.Crashes
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
	c := &world.Crashes{}
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
	case promise, refund, takeBack, callOff: // Below.
	}
	if strings.HasPrefix(payment, unlinked) {
		original = nil
	}
	return d.sendOfRefund(ctx, payment, l, message, original)
}

// unlinked begins the name of a payment that is nothing but a refund.
const unlinked = "unlinked"

func (d *desk) sendOfRefund(
	ctx context.Context, payment string, l letter, message *cardprocessingproto.Message,
	original *cardprocessingproto.Original,
) (answer, error) {
	promised := &cardprocessingproto.Named{ProcessorId: payment + string(promise)}
	sent := &cardprocessingproto.Named{ProcessorId: payment + string(refund)}
	switch l {
	case promise:
		rsp, err := d.processing.AuthoriseRefund(ctx, &cardprocessingproto.AuthoriseRefundRequest{
			Message: message, Original: original, Amount: pounds(promisedAs), Descriptor_: hotel,
		})
		return answerOf(rsp, err)
	case refund:
		rsp, err := d.processing.Refund(ctx, &cardprocessingproto.RefundRequest{
			Message: message, Original: original, Amount: pounds(refundedAs), Descriptor_: hotel,
			RefundAuthorisation: promised,
		})
		return answerOf(rsp, err)
	case takeBack:
		rsp, err := d.processing.ReverseRefund(ctx, &cardprocessingproto.ReverseRefundRequest{
			Message: message, Original: original, Refund: sent, RefundAuthorisation: promised,
		})
		return answerOf(rsp, err)
	case callOff:
		rsp, err := d.processing.ReverseRefund(ctx, &cardprocessingproto.ReverseRefundRequest{
			Message: message, Original: original, RefundAuthorisation: promised,
		})
		return answerOf(rsp, err)
	case authorise, reverse, giveUp, increment, advise, collect: // Not of a refund.
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
