package settlement

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"farthing/e2e/world"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// bought is the transaction of something that was collected from the customer.
func (d *desk) bought(t testing.TB, minor int64) string {
	t.Helper()
	paid := d.shop(t, "bought", kiosk, minor)
	d.collectOf(t, "collected", paid.GetAuthorisationId(), minor)
	return paid.GetTransactionId()
}

func opening(transactionID, dedupeID string, minor int64) cardprocessingproto.Opening {
	o := cardprocessingproto.Opening{
		TransactionID: transactionID, Reason: "not_received", DedupeID: dedupeID, By: "olive",
	}
	if minor > 0 {
		o.Amount = &cardprocessingproto.Amount{Minor: minor, Currency: "GBP"}
	}
	return o
}

// course is the steps of a dispute of 6.00 of 9.00 that were collected, and what it must come to.
type course struct {
	steps    []string // After it was opened.
	credit   int64    // What the customer has back in the end.
	scheme   int64    // What is still owed to the scheme in the end.
	disputes int64
	feed     string
}

func courses() []course {
	return []course{
		{nil, 0, 9_00, 0, "Disputed: we are looking into it"},
		{[]string{"credit"}, 6_00, 9_00, -6_00, "Disputed: you have the money back while we look into it"},
		{[]string{"credit", "won"}, 6_00, 3_00, 0, "Dispute won: the money is yours to keep"},
		{[]string{"credit", "lost"}, 0, 9_00, 0, "Dispute lost: the payment stands"},
		{[]string{"won"}, 6_00, 3_00, 0, "Dispute won: the money is yours to keep"},
		{[]string{"lost"}, 0, 9_00, 0, "Dispute lost: the payment stands"},
	}
}

// Each course of a dispute comes to what it must, step by step, with each step repeated, and the stores crashing at
// each single write of the last.
func TestADisputeComesToWhatItMustThoughTheStoresCrashAtEachWrite(t *testing.T) {
	for _, c := range courses() {
		t.Run(fmt.Sprint("open ", c.steps), func(t *testing.T) {
			t.Parallel()
			for _, done := range []bool{false, true} {
				n := 0
				for crashed := true; crashed; n += everyNth(t) {
					synctest.Test(t, func(t *testing.T) { crashed = c.run(t, n, done) })
				}
				if n < 4 {
					t.Errorf("only %d writes crashed: it proves little", n)
				}
			}
		})
	}
}

func (c course) run(t *testing.T, n int, done bool) (crashed bool) {
	d := newDesk(t)
	transactionID := d.bought(t, 9_00)
	asked := []struct {
		path string
		body any
	}{{"/disputes", opening(transactionID, "d1", 6_00)}}
	for _, step := range c.steps {
		asked = append(asked, struct {
			path string
			body any
		}{"/disputes/" + transactionID + "/" + step, cardprocessingproto.Step{By: "olive"}})
	}
	var view cardprocessingproto.DisputeView
	for i, ask := range asked {
		if i == len(asked)-1 {
			d.crashes.Arm(n, done)
			d.operate(t, http.MethodPost, ask.path, ask.body, nil)
			crashed = d.crashes.Restart()
		}
		for range 2 {
			d.insist(t, http.MethodPost, ask.path, ask.body, &view)
		}
	}
	if len(view.Steps) != len(asked) {
		t.Errorf("after a crash at %d it has the steps %+v", n, view.Steps)
	}
	_, spent := d.has(t)
	own := d.Own(t)
	if spent != 9_00-c.credit || own["settlement_mastercard GBP"] != c.scheme || own["disputes GBP"] != c.disputes {
		t.Errorf("after a crash at %d %d are spent, and the bank's own accounts have %v", n, spent, own)
	}
	d.WantSound(t)
	if n == 0 {
		d.wantShown(t, c, transactionID)
	}
	return crashed
}

// wantShown wants the customer to see what became of a dispute, and all money that moved for it.
func (d *desk) wantShown(t *testing.T, c course, transactionID string) {
	t.Helper()
	d.Eventually(t, "the feed says "+c.feed, func() bool {
		for _, item := range d.Feed(t, d.customer) {
			if item.TransactionID == transactionID {
				return item.Body == c.feed
			}
		}
		return false
	})
	var sum int64
	for _, each := range d.Transactions(t, d.customer) {
		sum += each.Amount
	}
	if sum != c.credit-9_00 {
		t.Errorf("all transactions come to %d, want %d", sum, c.credit-9_00)
	}
	if strings.Contains(strings.Join(c.steps, " "), "credit") {
		d.Eventually(t, "the credit is in the feed", func() bool {
			return hasItem(d.Feed(t, d.customer), "Temporary credit")
		})
	}
}

func hasItem(feed []world.Item, begins string) bool {
	for _, item := range feed {
		if strings.HasPrefix(item.Body, begins) {
			return true
		}
	}
	return false
}

func TestWhatCannotBeDisputedIsRefusedAndChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		pending := d.shop(t, "pending", "SOMEWHERE", 2_00).GetTransactionId()
		transactionID := d.bought(t, 9_00)
		open := func(o cardprocessingproto.Opening) int { return d.operate(t, http.MethodPost, "/disputes", o, nil) }
		euros := opening(transactionID, "e", 1_00)
		euros.Amount.Currency = "EUR"
		groundless := opening(transactionID, "g", 1_00)
		groundless.Reason = "spite"
		for name, c := range map[string]struct {
			asked cardprocessingproto.Opening
			want  int
		}{
			"what is only held":        {opening(pending, "p", 0), http.StatusPreconditionFailed},
			"more than was collected":  {opening(transactionID, "m", 9_01), http.StatusPreconditionFailed},
			"another currency":         {euros, http.StatusBadRequest},
			"a reason there is none":   {groundless, http.StatusBadRequest},
			"no id":                    {opening(transactionID, "", 1), http.StatusBadRequest},
			"nothing that there is":    {opening("tx_00008zIcpb1TB4yeIFXMzx", "n", 1), http.StatusNotFound},
			"what is no transaction's": {opening("card_1", "c", 1), http.StatusBadRequest},
		} {
			if got := open(c.asked); got != c.want {
				t.Errorf("%s is answered %d, want %d", name, got, c.want)
			}
		}
		if got := open(opening(transactionID, "first", 6_00)); got != http.StatusOK {
			t.Fatalf("a good one is answered %d", got)
		}
		if got := open(opening(transactionID, "second", 4_00)); got != http.StatusPreconditionFailed {
			t.Errorf("more than what is left is answered %d", got)
		}
		if got := open(opening(transactionID, "first", 5_00)); got != http.StatusConflict {
			t.Errorf("another content under the same id is answered %d", got)
		}
		step := func(name string) int {
			path := "/disputes/" + transactionID + "/" + name
			return d.operate(t, http.MethodPost, path, cardprocessingproto.Step{By: "olive"}, nil)
		}
		if got := step("lost"); got != http.StatusOK {
			t.Fatalf("losing it is answered %d", got)
		}
		for _, late := range []string{"won", "credit"} {
			if got := step(late); got != http.StatusPreconditionFailed {
				t.Errorf("%s after it was lost is answered %d", late, got)
			}
		}
		var all cardprocessingproto.DisputeList
		d.insist(t, http.MethodGet, "/disputes?state=closed", nil, &all)
		if len(all.Disputes) != 1 || all.Disputes[0].Status != "lost" {
			t.Errorf("those that are decided are %+v", all)
		}
		if _, spent := d.has(t); spent != 9_00 {
			t.Errorf("%d are spent", spent)
		}
		d.WantSound(t)
	})
}
