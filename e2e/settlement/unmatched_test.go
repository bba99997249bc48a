package settlement

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

	"farthing/pkg/errs"
	cardprocessingproto "farthing/service.card-processing/proto"
)

const (
	kiosk  = "KIOSK ON THE MOON"
	nobody = "card_0000000000000000000001"
)

// collect is a collection of a card, that names no authorisation.
func (d *desk) collect(
	t testing.TB, id, card, descriptor, currency string, minor int64,
) *cardprocessingproto.ClearResponse {
	t.Helper()
	amount := pounds(minor)
	amount.Currency = currency
	rsp, err := d.processing.Clear(t.Context(), &cardprocessingproto.ClearRequest{
		Message: &cardprocessingproto.Message{ProcessorId: id, CardId: card}, Amount: amount, Descriptor_: descriptor,
		Mcc: "5411",
	})
	if err != nil {
		t.Fatalf("clearing: %v", err)
	}
	return rsp
}

// queue is what is open, or was resolved.
func (d *desk) queue(t testing.TB, state string) []cardprocessingproto.UnmatchedView {
	t.Helper()
	var found cardprocessingproto.UnmatchedList
	d.insist(t, http.MethodGet, "/unmatched?state="+state, nil, &found)
	return found.Unmatched
}

// only is the one thing that is open.
func (d *desk) only(t testing.TB) cardprocessingproto.UnmatchedView {
	t.Helper()
	open := d.queue(t, "open")
	if len(open) != 1 {
		t.Fatalf("%d things are unmatched, want one: %+v", len(open), open)
	}
	return open[0]
}

// situation is something unmatched, and what it has done to the money.
type situation struct {
	name, reason string
	make         func(*testing.T, *desk) // Makes one.
	suspended    bool
	minor        int64
}

func situations() []situation {
	return []situation{
		{"of no authorisation", "no_authorisation", func(t *testing.T, d *desk) {
			d.collect(t, "c", d.customer.CardID, kiosk, "GBP", 9_00)
		}, false, 9_00},
		{"of a card that is nobody's", "unknown_card", func(t *testing.T, d *desk) {
			d.collect(t, "c", nobody, kiosk, "GBP", 9_00)
		}, true, 9_00},
		{"in another currency", "wrong_currency", func(t *testing.T, d *desk) {
			d.collect(t, "c", d.customer.CardID, kiosk, "EUR", 9_00)
		}, true, 9_00},
		{"of more than may be collected", "beyond_tolerance", func(t *testing.T, d *desk) {
			paid := d.shop(t, "p", kiosk, 4_00)
			d.collectOf(t, "c", paid.GetAuthorisationId(), 9_00)
		}, false, 9_00},
		{"collected twice", "duplicate", func(t *testing.T, d *desk) {
			paid := d.shop(t, "p", kiosk, 9_00)
			d.collectOf(t, "c1", paid.GetAuthorisationId(), 9_00)
			d.collectOf(t, "c2", paid.GetAuthorisationId(), 9_00)
		}, true, 9_00},
		{"like several", "ambiguous", func(t *testing.T, d *desk) {
			d.shop(t, "p1", kiosk, 9_10)
			d.shop(t, "p2", kiosk, 9_20)
			d.collect(t, "c", d.customer.CardID, kiosk, "GBP", 9_00)
		}, false, 9_00},
		{"sent back for nothing", "no_authorisation", func(t *testing.T, d *desk) {
			_, err := d.processing.Refund(t.Context(), &cardprocessingproto.RefundRequest{
				Message: &cardprocessingproto.Message{ProcessorId: "r", CardId: d.customer.CardID}, Amount: pounds(9_00),
				Descriptor_: kiosk,
			})
			if err != nil {
				t.Fatal(err)
			}
		}, false, -9_00},
		{"sent back to a card that is nobody's", "unknown_card", func(t *testing.T, d *desk) {
			_, err := d.processing.Refund(t.Context(), &cardprocessingproto.RefundRequest{
				Message: &cardprocessingproto.Message{ProcessorId: "r", CardNumber: "5555555555554444"},
				Amount:  pounds(9_00), Descriptor_: kiosk,
			})
			if err != nil {
				t.Fatal(err)
			}
		}, true, -9_00},
	}
}

func (d *desk) collectOf(t testing.TB, id, authorisation string, minor int64) *cardprocessingproto.ClearResponse {
	t.Helper()
	rsp, err := d.processing.Clear(t.Context(), &cardprocessingproto.ClearRequest{
		Message: &cardprocessingproto.Message{ProcessorId: id, CardId: d.customer.CardID}, Amount: pounds(minor),
		Original:    &cardprocessingproto.Original{AuthorisationId: authorisation},
		Descriptor_: kiosk, Mcc: "5411",
	})
	if err != nil {
		t.Fatalf("clearing: %v", err)
	}
	return rsp
}

// Whatever does not match is in the queue, once, with its reason; the money stands where it can be found, and the
// scheme's total comes out.
func TestWhatMatchesNothingIsInTheQueueAndLosesNoMoney(t *testing.T) {
	for _, s := range situations() {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t)
				s.make(t, d)
				s.make(t, d) // Repeats.
				u := d.only(t)
				if u.Reason != s.reason || u.Suspended != s.suspended || u.State != "open" {
					t.Errorf("it is %+v, want %s", u, s.reason)
				}
				suspense := d.own(t, "suspense "+u.Amount.Currency)
				if want := map[bool]int64{true: -s.minor}[s.suspended]; suspense != want {
					t.Errorf("%d are on suspense, want %d", suspense, want)
				}
				d.WantSound(t)
			})
		})
	}
}

// decisions are all that may be decided, and what then has the money of a collection: the customer, or the bank.
func (d *desk) decisions(
	t testing.TB, s situation, u cardprocessingproto.UnmatchedView,
) map[string]cardprocessingproto.Decision {
	t.Helper()
	all := map[string]cardprocessingproto.Decision{"returned": {}}
	if s.reason != "wrong_currency" {
		all["accepted"] = cardprocessingproto.Decision{}
		target := d.shop(t, "target", "SOMEWHERE ELSE", 9_00)
		all["attached"] = cardprocessingproto.Decision{TransactionID: target.GetTransactionId()}
	}
	if s.reason == "unknown_card" {
		all["accepted"] = cardprocessingproto.Decision{CardID: d.customer.CardID}
	}
	if u.Kind != "refund" || u.Suspended {
		all["written_off"] = cardprocessingproto.Decision{}
	}
	for kind, decision := range all {
		decision.Kind, decision.By = kind, "olive"
		all[kind] = decision
	}
	return all
}

// Each decision is done once, though the stores crash at each single write of it, and a repeat and another decision
// come after it.
func TestAResolutionIsDoneOnceThoughTheStoresCrashAtEachWrite(t *testing.T) {
	for _, s := range situations() {
		for _, kind := range []string{"accepted", "attached", "returned", "written_off"} {
			t.Run(s.name+" "+kind, func(t *testing.T) {
				t.Parallel()
				for _, done := range []bool{false, true} {
					for n, crashed := 0, true; crashed; n += everyNth(t) {
						synctest.Test(t, func(t *testing.T) { crashed = resolveWithCrash(t, s, kind, n, done) })
					}
				}
			})
		}
	}
}

func resolveWithCrash(t *testing.T, s situation, kind string, n int, done bool) (crashed bool) {
	d := newDesk(t)
	s.make(t, d)
	u := d.only(t)
	decision, possible := d.decisions(t, s, u)[kind]
	if !possible {
		return false
	}
	_, before := d.has(t)
	path := "/unmatched/" + u.ID + "/resolution"
	d.crashes.Arm(n, done)
	d.operate(t, http.MethodPost, path, decision, nil)
	if crashed = d.crashes.Restart(); n == 0 && !crashed {
		t.Error("nothing was written, so this proves nothing")
	}
	var resolved cardprocessingproto.UnmatchedView
	for range 2 {
		d.insist(t, http.MethodPost, path, decision, &resolved)
	}
	where := fmt.Sprintf("%s %s, crash at %d (done: %v)", s.name, kind, n, done)
	if resolved.State != "resolved" || resolved.Resolution.Kind != kind || resolved.Resolution.By != "olive" {
		t.Errorf("%s: it came to %+v", where, resolved)
	}
	if open, closed := d.queue(t, "open"), d.queue(t, "resolved"); len(open) != 0 || len(closed) != 1 {
		t.Errorf("%s: %d are open and %d resolved", where, len(open), len(closed))
	}
	other := decision
	if other.Kind, other.TransactionID, other.CardID = "returned", "", ""; kind != "returned" {
		if status := d.operate(t, http.MethodPost, path, other, nil); status != http.StatusConflict {
			t.Errorf("%s: another decision is answered %d", where, status)
		}
	}
	_, after := d.has(t)
	if got, want := after-before, paidBy(s, kind); got != want {
		t.Errorf("%s: the customer has spent %d more, want %d", where, got, want)
	}
	if got := d.own(t, "suspense GBP"); got != 0 {
		t.Errorf("%s: %d are left on suspense", where, got)
	}
	d.WantSound(t)
	return crashed
}

// paidBy is what a decision takes from the customer, or gives back.
func paidBy(s situation, kind string) int64 {
	isCustomers := kind == "accepted" || kind == "attached"
	switch {
	case s.suspended && isCustomers:
		return s.minor
	case !s.suspended && !isCustomers:
		return -s.minor
	}
	return 0
}

// An amount in another currency is never taken for one in the account's.
func TestAnotherCurrencyIsRefusedWhereNoMoneyHasMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		paid := d.shop(t, "p", kiosk, 9_00)
		euros := pounds(1_00)
		euros.Currency = "EUR"
		original := &cardprocessingproto.Original{AuthorisationId: paid.GetAuthorisationId()}
		about := &cardprocessingproto.Message{ProcessorId: "m", CardId: d.customer.CardID}
		_, increment := d.processing.Increment(t.Context(), &cardprocessingproto.IncrementRequest{
			Message: about, Original: original, Amount: euros,
		})
		_, reversal := d.processing.Reverse(t.Context(), &cardprocessingproto.ReverseRequest{
			Message: about, Original: original, Amount: euros,
		})
		for _, err := range []error{increment, reversal} {
			if !errs.Is(err, "bad_request.bad_param.amount.currency") {
				t.Errorf("it was answered %v", err)
			}
		}
		if held, spent := d.has(t); held != 9_00 || spent != 0 {
			t.Errorf("%d are held and %d spent", held, spent)
		}
	})
}
