package lifecycle

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"farthing/e2e/program"
	cardprocessingproto "farthing/service.card-processing/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// statuses are a payment's, as its transaction shows them.
var statuses = map[cardprocessingproto.PaymentStatus]transactionsproto.Status{
	cardprocessingproto.PaymentStatus_PAYMENT_STATUS_PENDING:  transactionsproto.Status_STATUS_PENDING,
	cardprocessingproto.PaymentStatus_PAYMENT_STATUS_SETTLED:  transactionsproto.Status_STATUS_SETTLED,
	cardprocessingproto.PaymentStatus_PAYMENT_STATUS_DECLINED: transactionsproto.Status_STATUS_DECLINED,
	cardprocessingproto.PaymentStatus_PAYMENT_STATUS_REVERSED: transactionsproto.Status_STATUS_REVERSED,
}

// Every order of all messages about a payment, up to a length, ends where the model says, though the stores crash at
// each single write of the last message. FARTHING_TEST_ORDERS is the length; orders of few letters are longer by one.
func TestEveryOrderOfMessagesEndsWhereItMust(t *testing.T) {
	everyOrder(t, usual, program.Count(t, "FARTHING_TEST_ORDERS", 2), 1)
}

// The same on accounts whose buckets roll within each payment: nothing is noticed of it. All orders are as long here.
func TestEveryOrderEndsTheSameOverBucketsThatRoll(t *testing.T) {
	everyOrder(t, tiny, program.Count(t, "FARTHING_TEST_ORDERS", 2), 0)
}

func everyOrder(t *testing.T, bucketEntries int64, longest, fewLonger int) {
	t.Helper()
	for _, w := range writings(fewLonger) {
		for _, first := range []letter(w.alphabet) { // Each in a bank of its own.
			t.Run(w.alphabet+"/"+string(first), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b := &books{desk: newDesk(t, bucketEntries), writing: w}
					b.every(t, []letter{first}, longest+w.longer)
					if b.crashed < 10 {
						t.Errorf("only %d payments with %d crashes: it proves little", b.payments, b.crashed)
					}
					t.Logf("%d payments, %d of them with a crash", b.payments, b.crashed)
					b.WantSound(t)
				})
			})
		}
	}
}

// writing is an alphabet, how the payments are named that are written in it, and by how many letters they are longer.
type writing struct {
	alphabet, name string
	longer         int
}

func writings(fewLonger int) []writing {
	return []writing{{ofMost, "p", fewLonger}, {ofHolds, "p", 0}, {ofRefunds, "p", 0}, {ofUnlinked, unlinked, fewLonger}}
}

// Long orders, drawn at random, with a crash at some write of some message: what the length above leaves out.
func TestLongOrdersEndWhereTheyMust(t *testing.T) {
	const orders, length, writes = 160, 7, 8
	synctest.Test(t, func(t *testing.T) {
		b := &books{desk: newDesk(t, tiny), writing: writing{ofAll, "p", 0}}
		random := rand.New(rand.NewPCG(1, 2))
		for range orders {
			order := make([]letter, length)
			for i := range order {
				order[i] = letter(ofAll[random.IntN(len(ofAll))])
			}
			crashAt, n, done := random.IntN(length), random.IntN(writes), random.IntN(2) == 0
			b.run(t, order, func(i int) {
				if i == crashAt {
					b.crashes.Arm(n, done)
					_, _ = b.send(t.Context(), b.name(), order[i])
					b.crashes.Restart()
				}
			})
		}
		b.WantSound(t)
	})
}

// books count what all payments so far must have come to.
type books struct {
	*desk
	writing
	payments, crashed   int
	held, cleared, open int64 // Of the customer whose turn it is. What was sent back is not cleared.
}

// paymentsOfAnAccount bounds what an audit of small buckets walks for each payment: all of its account's.
const paymentsOfAnAccount = 50

// every goes through an order, and through all longer ones that begin so.
func (b *books) every(t testing.TB, order []letter, longest int) {
	t.Helper()
	b.run(t, order, func(int) {})
	for _, done := range []bool{false, true} {
		for n := 0; b.runWithCrash(t, order, n, done); n++ {
			b.crashed++
		}
	}
	if len(order) == longest {
		return
	}
	for _, l := range []letter(b.alphabet) {
		b.every(t, append(order[:len(order):len(order)], l), longest)
	}
}

// runWithCrash runs an order whose last message meets a crash at its n-th write. It is false if it has none.
func (b *books) runWithCrash(t testing.TB, order []letter, n int, done bool) (crashed bool) {
	t.Helper()
	b.run(t, order, func(i int) {
		if i < len(order)-1 {
			return
		}
		b.crashes.Arm(n, done)
		_, err := b.send(t.Context(), b.name(), order[len(order)-1])
		if crashed = b.crashes.Restart(); !crashed && err != nil {
			t.Fatalf("%s: the last message failed without a crash: %v", string(order), err)
		}
	})
	return crashed
}

func (b *books) name() string { return fmt.Sprint(b.writing.name, b.payments) }

// run sends the messages of a new payment in an order, and does something before each of them.
func (b *books) run(t testing.TB, order []letter, before func(i int)) {
	t.Helper()
	if b.payments++; b.payments%paymentsOfAnAccount == 0 {
		b.customer = b.Customer(t, fmt.Sprint("customer", b.payments), plenty)
		b.held, b.cleared, b.open = 0, 0, 0
	}
	m, transactionID := newModel(), ""
	var last answer
	for i, l := range order {
		before(i)
		last = b.insist(t, b.name(), l)
		if l == authorise {
			transactionID = last.transactionID
		}
		if declined := m.takes(l); last.declined != declined {
			t.Fatalf("%s: %c (at %d) is declined: %v, want %v", string(order), l, i, last.declined, declined)
		}
	}
	_, sent := m.refunds.money()
	b.held, b.cleared = b.held+m.held, b.cleared+m.cleared-sent
	if m.held > 0 {
		b.open++
	}
	b.wantPayment(t, string(order), m, last.authorisationID, transactionID)
	b.wantMoney(t)
}

func (b *books) wantPayment(t testing.TB, order string, m *model, authorisationID, transactionID string) {
	t.Helper()
	p := b.found(t, authorisationID, transactionID)
	if p.GetHeldMinor() != m.held || p.GetClearedMinor() != m.cleared || p.GetStatus() != m.status() {
		t.Fatalf("%s: it holds %d and has cleared %d, %v, want %d, %d, %v",
			order, p.GetHeldMinor(), p.GetClearedMinor(), p.GetStatus(), m.held, m.cleared, m.status())
	}
	promised, sent := m.refunds.money()
	if p.GetPromisedMinor() != promised || p.GetRefundedMinor() != sent {
		t.Fatalf("%s: %d of refunds are promised and %d sent, want %d and %d",
			order, p.GetPromisedMinor(), p.GetRefundedMinor(), promised, sent)
	}
	if p.GetTransactionId() == "" {
		return // Nothing ever happened that a customer would see.
	}
	got, err := b.records.Get(t.Context(), &transactionsproto.GetRequest{TransactionId: p.GetTransactionId()})
	if err != nil {
		t.Fatalf("%s: reading its transaction: %v", order, err)
	}
	shown := got.GetTransaction()
	if shown.GetStatus() != statuses[m.status()] {
		t.Fatalf("%s: its transaction is %v, want %v", order, shown.GetStatus(), statuses[m.status()])
	}
	if taken := m.held + m.cleared; m.made && shown.GetAmount().GetMinor() != -taken {
		t.Fatalf("%s: its transaction is of %d, want %d", order, shown.GetAmount().GetMinor(), -taken)
	}
}

func (b *books) wantMoney(t testing.TB) {
	t.Helper()
	held, posted, open := b.money(t)
	if held != b.held || posted != plenty-b.cleared || open != b.open {
		t.Fatalf("after %d payments the account holds %d in %d holds and has %d, want %d in %d and %d",
			b.payments, held, open, posted, b.held, b.open, plenty-b.cleared)
	}
}
