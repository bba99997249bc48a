package races

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"farthing/e2e/program"
	"farthing/e2e/world"
	"farthing/pkg/clock"
	"farthing/pkg/errs"
	moneyproto "farthing/pkg/money/proto"
	balanceproto "farthing/service.balance/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	clients = 64
	// usual is how many messages they send, unless FARTHING_TEST_CONTENDED says how many.
	usual = 480
	// wanting is how many want one payment.
	wanting = 8

	plenty     = 1_000_000_00
	authorised = 9_00
)

// desk is where the messages about a customer's payments go.
type desk struct {
	*world.World
	customer   *world.Customer
	processing cardprocessingproto.CardProcessingClient
	ledger     balanceproto.BalanceClient
	payments   int

	mu             sync.Mutex     // Guards authorisations.
	authorisations map[int]string // By payment.
}

// inABank has a bank, in a world whose time is simulated, and so many payments that each is wanted by several.
func inABank(t *testing.T, do func(t *testing.T, d *desk)) {
	t.Helper()
	messages := program.Count(t, "FARTHING_TEST_CONTENDED", usual)
	synctest.Test(t, func(t *testing.T) {
		w := world.New(t, world.Options{})
		do(t, &desk{
			World: w, customer: w.Customer(t, "alice", plenty), payments: messages / wanting,
			authorisations: make(map[int]string),
			processing: cardprocessingproto.NewCardProcessingClient(
				w.Dial(t, "service.card-api", "service.card-processing")),
			ledger: balanceproto.NewBalanceClient(w.Dial(t, "service.console", "service.balance")),
		})
	})
}

func pounds(minor int64) *moneyproto.Money { return &moneyproto.Money{Minor: minor, Currency: "GBP"} }

// race has the clients do so many things, each as soon as it has done one.
func race(times int, do func(n int)) {
	var all sync.WaitGroup
	var next atomic.Int64
	for range clients {
		all.Go(func() {
			for n := next.Add(1) - 1; n < int64(times); n = next.Add(1) - 1 {
				do(int(n))
			}
		})
	}
	all.Wait()
}

// insist repeats a message until it is answered, as networks do.
func (d *desk) insist(t *testing.T, what string, send func(context.Context) error) {
	t.Helper()
	const insisted, pause = 30, time.Second // Breakers rest as long.
	var err error
	for range insisted {
		if err = send(t.Context()); err == nil {
			return
		}
		if !errs.Is(err, errs.Unavailable) && !errs.Is(err, errs.Timeout) {
			break
		}
		if err := clock.Wait(t.Context(), pause); err != nil {
			t.Error(err)
			return
		}
	}
	t.Errorf("%s: %v", what, err)
}

func named(payment int) string { return fmt.Sprint("payment ", payment) }

func (d *desk) message(payment int, name string) *cardprocessingproto.Message {
	return &cardprocessingproto.Message{ProcessorId: named(payment) + " " + name, CardId: d.customer.CardID}
}

func (d *desk) authorise(t *testing.T, payment int) {
	t.Helper()
	d.insist(t, "authorising", func(ctx context.Context) error {
		rsp, err := d.processing.Authorise(ctx, &cardprocessingproto.AuthoriseRequest{
			ProcessorId: named(payment), CardId: d.customer.CardID, Amount: pounds(authorised), Descriptor_: "TESCO",
			Mcc: "5411",
		})
		if err == nil && !rsp.GetApproved() {
			t.Errorf("%s is declined: %s", named(payment), rsp.GetDeclineReason())
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.authorisations[payment] = rsp.GetAuthorisationId()
		return err
	})
}

func (d *desk) reverse(ctx context.Context, payment int, name string, minor int64) error {
	req := &cardprocessingproto.ReverseRequest{
		Message: d.message(payment, name), Original: &cardprocessingproto.Original{ProcessorId: named(payment)},
	}
	if minor > 0 {
		req.Amount = pounds(minor)
	}
	_, err := d.processing.Reverse(ctx, req)
	return err
}

// want sends what one of those who want a payment does, of whom each second repeats the one before.
func (d *desk) want(ctx context.Context, payment, who int) error {
	original := &cardprocessingproto.Original{ProcessorId: named(payment)}
	switch who {
	case 0, 1:
		return d.reverse(ctx, payment, "is off", 0)
	case 2, 3:
		return d.reverse(ctx, payment, "is off again", 0)
	case 4:
		return d.reverse(ctx, payment, "is less", authorised/3)
	case 5:
		_, err := d.processing.Increment(ctx, &cardprocessingproto.IncrementRequest{
			Message: d.message(payment, "is more"), Original: original, Amount: pounds(authorised),
		})
		return err
	}
	_, err := d.processing.Clear(ctx, &cardprocessingproto.ClearRequest{
		Message: d.message(payment, "is collected"), Original: original, Amount: pounds(authorised),
		Descriptor_: "TESCO", Mcc: "5411",
	})
	return err
}

// money is what the account holds, has, and has open.
func (d *desk) money(t *testing.T) (held, posted, open int64) {
	t.Helper()
	rsp, err := d.ledger.GetBalance(t.Context(), &balanceproto.GetBalanceRequest{AccountId: d.customer.AccountID})
	if err != nil {
		t.Fatal(err)
	}
	return rsp.GetHeld().GetMinor(), rsp.GetPosted().GetMinor(), rsp.GetOpenHolds()
}

// Each payment is reversed twice, in part, increased and collected at once, and all but two of these are repeated at
// once. Whoever comes first, it is collected once and nothing of it stays held.
func TestAPaymentIsGivenBackOnceHoweverManyWantIt(t *testing.T) {
	inABank(t, func(t *testing.T, d *desk) {
		race(d.payments, func(n int) { d.authorise(t, n) })
		race(d.payments*wanting, func(n int) {
			d.insist(t, "wanting "+named(n/wanting), func(ctx context.Context) error {
				return d.want(ctx, n/wanting, n%wanting)
			})
		})
		d.wantCollectedOnce(t)
	})
}

// wantCollectedOnce ends what is still held, and counts the money.
func (d *desk) wantCollectedOnce(t *testing.T) {
	t.Helper()
	for n := range d.payments { // An increase that came last holds again.
		d.insist(t, "ending "+named(n), func(ctx context.Context) error { return d.reverse(ctx, n, "is over", 0) })
	}
	held, posted, open := d.money(t)
	if want := plenty - int64(d.payments)*authorised; held != 0 || open != 0 || posted != want {
		t.Errorf("%d are held by %d holds, and %d is there, not %d", held, open, posted, want)
	}
	d.WantSound(t)
}

// The same, while the holds fall: those who want a payment come at once, before its time is over or after.
func TestAHoldThatFallsIsGivenBackOnce(t *testing.T) {
	const sweep = 10 * time.Second // The bank looks at what is due as often.
	const window = 2 * sweep       // In its middle a hold is due.
	inABank(t, func(t *testing.T, d *desk) {
		const together = clients / wanting
		d.payments = max(d.payments/4/together, 4) * together
		began := d.Clock.Now()
		for n := range d.payments {
			d.authorise(t, n)
			if n%together == together-1 {
				d.Pass(t, window)
			}
		}
		d.Clock.AdvanceTo(began.Add(7*24*time.Hour - window/2))
		for first := 0; first < d.payments; first += together {
			race(clients, func(n int) {
				payment := first + n/wanting
				random := rand.New(rand.NewPCG(1, uint64(payment)))
				d.Pass(t, time.Duration(random.Int64N(int64(window))))
				d.insist(t, "wanting "+named(payment), func(ctx context.Context) error {
					return d.want(ctx, payment, n%wanting)
				})
			})
		}
		d.wantCollectedOnce(t)
		fallen := 0
		for n := range d.payments {
			fallen += d.fallen(t, n)
		}
		if fallen == 0 || fallen == d.payments {
			t.Errorf("%d of %d holds have fallen: it proves little", fallen, d.payments)
		}
		t.Logf("%d of %d holds have fallen", fallen, d.payments)
	})
}

// fallen is 1 if something of a payment was held too long.
func (d *desk) fallen(t *testing.T, payment int) int {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	rsp, err := d.processing.GetPayment(t.Context(), &cardprocessingproto.GetPaymentRequest{
		AuthorisationId: d.authorisations[payment],
	})
	if err != nil {
		t.Fatal(err)
	}
	return int(min(rsp.GetPayment().GetExpiredMinor(), 1))
}

// Each refund is sent twice at once, and taken back by two reversals, which are each repeated at once.
func TestARefundIsTakenBackOnceHoweverManyWantIt(t *testing.T) {
	inABank(t, func(t *testing.T, d *desk) {
		race(d.payments*2, func(n int) {
			d.insist(t, "refunding", func(ctx context.Context) error {
				_, err := d.processing.Refund(ctx, &cardprocessingproto.RefundRequest{
					Message: d.message(n/2, "is sent back"), Amount: pounds(authorised), Descriptor_: "TESCO",
				})
				return err
			})
		})
		if _, posted, _ := d.money(t); posted != plenty+int64(d.payments)*authorised {
			t.Fatalf("%d is there after %d refunds", posted, d.payments)
		}
		race(d.payments*wanting, func(n int) {
			payment, who := n/wanting, fmt.Sprint("is taken back ", n%2)
			d.insist(t, "taking back", func(ctx context.Context) error {
				_, err := d.processing.ReverseRefund(ctx, &cardprocessingproto.ReverseRefundRequest{
					Message: d.message(payment, who),
					Refund:  &cardprocessingproto.Named{ProcessorId: d.message(payment, "is sent back").GetProcessorId()},
				})
				return err
			})
		})
		if _, posted, _ := d.money(t); posted != plenty {
			t.Errorf("%d is there, not %d", posted, plenty)
		}
		d.WantSound(t)
	})
}
