package e2e

import (
	"bytes"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"farthing/e2e/world"
	"farthing/pkg/foundation"
	moneyproto "farthing/pkg/money/proto"
	pebblestore "farthing/pkg/store/pebble"
	"farthing/service.auth/door/doortest"
	authproto "farthing/service.auth/proto"
	customerproto "farthing/service.customer/proto"
	paymentproto "farthing/service.payment/proto"
	potproto "farthing/service.pot/proto"
	signupproto "farthing/service.signup/proto"
)

const (
	canaryName, canaryNumber = "Zebedee Quillfeather", "90871234"
	canaryReference          = "QUARTZ SPHINX"
	canaryPot                = "Judging vows"

	canaryApplicant, canaryMailbox = "Wilhelmina Jabberwock", "jabberwock.w"
	canaryBorn, canaryStreet       = "1971-03-29", "7 Brillig Mews"
	canaryOperator, canaryReason   = "Ottoline Vane", "her passport shows a vorpal sword"
)

// Whom customers pay, what they write and what they save for, and who applies to be one, is sealed wherever it is kept,
// and logged nowhere. What the doors say is not looked at: the customer sees it there.
func TestNoPersonsNameIsLeftAnywhere(t *testing.T) {
	places := make(map[string][]byte)
	folder := filepath.Join(t.TempDir(), "bank")
	t.Run("a life", func(t *testing.T) {
		w := world.New(t, world.Options{Webhooks: true, Embedded: func(o *foundation.EmbeddedOptions) {
			o.Memory, o.Dir, o.Files = false, folder, pebblestore.Options{Cache: 1 << 20, MemTable: 64 << 20}
		}})
		alice := w.Customer(t, "alice", 100_00)
		receiver := w.Receiver(t)
		w.Register(t, alice, receiver, "transaction.created", "pot.updated")
		meetNames(t, w, alice)
		meetApplicants(t, w)
		w.Eventually(t, "a webhook is told", func() bool {
			messages, _ := receiver.Heard()
			return len(messages) >= 3
		})
		places["the log"], places["the metrics"] = []byte(w.Logged()), []byte(w.Admin(t, "/metrics"))
		places["the traces"] = traces(t, w)
	})
	for name, content := range files(t, folder) {
		places["the file "+name] = content
	}
	seen := false
	for place, content := range places {
		seen = seen || bytes.Contains(content, []byte("payport_faster_payments"))
		for _, secret := range canaryTexts() {
			for spelling, text := range spellings(secret) {
				if bytes.Contains(content, text) {
					t.Errorf("%q is in %s, as %s, in %s", secret, place, spelling, around(content, text))
				}
			}
		}
	}
	if !seen {
		t.Error("the payments are nowhere: the search proves nothing")
	}
}

func canaryTexts() []string {
	return []string{
		canaryName, canaryNumber, canaryReference, canaryPot, canaryApplicant, canaryMailbox, canaryBorn, canaryStreet,
		canaryOperator, canaryReason,
	}
}

// meetNames has the bank meet the names in every way in which it keeps them, and refuse some.
func meetNames(t *testing.T, w *world.World, c *world.Customer) {
	t.Helper()
	payments := paymentproto.NewPaymentsClient(w.Dial(t, "farthing", "service.payment"))
	party := &paymentproto.Party{Name: canaryName, SortCode: "040004", AccountNumber: canaryNumber}
	pounds := func(minor int64) *moneyproto.Money { return &moneyproto.Money{Minor: minor, Currency: "GBP"} }
	in, err := payments.PayIn(t.Context(), &paymentproto.PayInRequest{
		AccountId: c.AccountID, Amount: pounds(5_00), Party: party, Reference: canaryReference, DedupeId: "in",
	})
	if err != nil || in.GetPayment().GetState() != paymentproto.State_STATE_SETTLED {
		t.Fatalf("paying in: %v, %v", in, err)
	}
	for id, minor := range map[string]int64{"out": 2_00, "too much": 1_000_000_00, "nothing": 0} {
		_, err := payments.Send(t.Context(), &paymentproto.SendRequest{
			AccountId: c.AccountID, Amount: pounds(minor), Party: party, Reference: canaryReference, DedupeId: id,
		})
		if (err != nil) != (minor == 0) {
			t.Fatalf("sending %d: %v", minor, err)
		}
	}
	_, err = payments.AddPayee(t.Context(), &paymentproto.AddPayeeRequest{UserId: c.UserID, Party: party})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := payments.CheckName(t.Context(), &paymentproto.CheckNameRequest{Party: party}); err != nil {
		t.Fatal(err)
	}
	_, err = payments.CreateStandingOrder(t.Context(), &paymentproto.CreateStandingOrderRequest{
		AccountId: c.AccountID, Party: party, Amount: pounds(1_00), Reference: canaryReference, DedupeId: "order",
		Frequency: paymentproto.Frequency_FREQUENCY_WEEKLY, FirstDate: "2099-01-31",
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = potproto.NewPotsClient(w.Dial(t, "farthing", "service.pot")).Create(t.Context(), &potproto.CreateRequest{
		CurrentAccountId: c.AccountID, Name: canaryPot, DedupeId: "pot",
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Eventually(t, "the feed's items", func() bool { return len(w.Feed(t, c)) >= 2 })
	w.Eventually(t, "the pushes", func() bool { return len(w.Pushes(c)) >= 2 })
}

// meetApplicants has somebody apply in every way that ends differently.
func meetApplicants(t *testing.T, w *world.World) {
	t.Helper()
	a := newApplicant(t, w)
	ids := make(map[string]string)
	for _, tag := range []string{"", "+again", "+refuse", "+down", "+review"} {
		req := canaryApplication(tag)
		if tag == "+again" {
			req.Person.Email = canaryApplication("").GetPerson().GetEmail()
		}
		ids[tag] = a.insist(t, req)
		if tag == "" { // Whoever is first has the address.
			a.opened(t, ids[tag])
		}
	}
	w.Eventually(t, "an applicant waits for a decision", func() bool {
		_, err := a.desk.Decide(t.Context(), &signupproto.DecideRequest{
			ApplicationId: ids["+review"], Decision: signupproto.Decision_DECISION_APPROVE,
			Said: &signupproto.Said{By: canaryOperator, Reason: canaryReason},
		})
		return err == nil
	})
	a.opened(t, ids["+review"])
	for _, spoil := range []func(*signupproto.Person){
		func(p *signupproto.Person) { p.Email += "," },
		func(p *signupproto.Person) { p.PreferredName += "\n" },
		func(p *signupproto.Person) { p.DateOfBirth += " " },
		func(p *signupproto.Person) { p.Address.Postcode = canaryStreet },
	} {
		req := canaryApplication("")
		spoil(req.Person)
		if _, err := a.page.Apply(t.Context(), req); err == nil {
			t.Error("what is no application was taken")
		}
	}
	meetAtThePage(t, w)
	w.Eventually(t, "the applicants are mailed", func() bool {
		return strings.Count(strings.Join(w.Mails(t), ""), "Subject: Your account is open") >= 3
	})
}

// meetAtThePage has somebody apply in a browser, in vain and not.
func meetAtThePage(t *testing.T, w *world.World) {
	t.Helper()
	browser := doortest.New(t, w.HTTP().Transport, world.LoginURL)
	page := browser.Get(authproto.SignUpPath)
	for postcode, want := range map[string]int{"none": http.StatusBadRequest, "SE1 2AA": http.StatusOK} {
		got := browser.Submit(page, "name", canaryApplicant, "email", canaryMailbox+"+page@example.com", "born", canaryBorn,
			"line1", canaryStreet, "city", "London", "postcode", postcode)
		if got.Status != want {
			t.Errorf("the page answered %d %q, want %d", got.Status, got.Title(), want)
		}
	}
}

func canaryApplication(tag string) *signupproto.ApplyRequest {
	return &signupproto.ApplyRequest{DedupeId: "canary" + tag, Person: &signupproto.Person{
		PreferredName: canaryApplicant, Email: canaryMailbox + tag + "@example.com", DateOfBirth: canaryBorn,
		Address: &customerproto.Address{Lines: []string{canaryStreet}, City: "London", Postcode: "SE1 2AA", Country: "GBR"},
	}}
}
