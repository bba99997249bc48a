package e2e

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"farthing/e2e/program"
	"farthing/e2e/world"
	"farthing/pkg/errs"
	"farthing/pkg/store"
	accountproto "farthing/service.account/proto"
	accountstorage "farthing/service.account/storage"
	authproto "farthing/service.auth/proto"
	cardsproto "farthing/service.cards/proto"
	cardsstorage "farthing/service.cards/storage"
	customerproto "farthing/service.customer/proto"
	customerstorage "farthing/service.customer/storage"
	signupproto "farthing/service.signup/proto"
)

// applicant is somebody who applies, as the sign-up page has them do.
type applicant struct {
	*world.World
	page, desk signupproto.SignUpsClient
}

func newApplicant(t *testing.T, w *world.World) *applicant {
	t.Helper()
	return &applicant{
		w, signupproto.NewSignUpsClient(w.Dial(t, "service.auth", "service.signup")),
		signupproto.NewSignUpsClient(w.Dial(t, "service.console", "service.signup")),
	}
}

func grace(dedupeID, email string) *signupproto.ApplyRequest {
	return &signupproto.ApplyRequest{DedupeId: dedupeID, Person: &signupproto.Person{
		PreferredName: "Grace Hopper", Email: email, DateOfBirth: "1969-12-09",
		Address: &customerproto.Address{Lines: []string{"1 Navy Yard"}, City: "London", Postcode: "SE1 2AA", Country: "GBR"},
	}}
}

// insist applies until it is answered.
func (a *applicant) insist(t *testing.T, req *signupproto.ApplyRequest) string {
	t.Helper()
	for range 30 {
		rsp, err := a.page.Apply(t.Context(), req)
		switch {
		case err == nil:
			return rsp.GetApplicationId()
		case !errs.Is(err, errs.Unavailable) && !errs.Is(err, errs.Timeout):
			t.Fatalf("applying: %v", err)
		}
		a.Pass(t, time.Second) // Breakers rest as long.
	}
	t.Fatal("nobody answers an application")
	return ""
}

// opened waits until an application is opened, and answers the customer who came of it.
func (a *applicant) opened(t *testing.T, applicationID string) *world.Customer {
	t.Helper()
	c := &world.Customer{Name: "Grace Hopper"}
	a.Eventually(t, "the application is opened", func() bool {
		rsp, err := a.desk.Get(t.Context(), &signupproto.GetRequest{ApplicationId: applicationID})
		if err != nil {
			t.Fatal(err)
		}
		found := rsp.GetApplication()
		c.UserID, c.AccountID, c.CardID = found.GetUserId(), found.GetAccountId(), found.GetCardId()
		return found.GetState() == signupproto.State_STATE_OPENED
	})
	c.Token = a.Token(t, c, 3_600, authproto.Scopes()...)
	return c
}

// pays fails unless a new customer's card is that of a whole one.
func (a *applicant) pays(t *testing.T, c *world.Customer) {
	t.Helper()
	a.PayIn(t, c, 20_00, "first")
	paid := a.Swipe(t, c, "first", 3_50, pret)
	if !paid.Approved() || paid.Balance.Minor != 16_50 {
		t.Fatalf("a new customer's swipe was %v", paid)
	}
	a.Eventually(t, "the swipe is in the feed", func() bool { return len(a.Feed(t, c)) == 1 })
	if item := a.Feed(t, c)[0]; item.Title != "Pret A Manger" || item.TransactionID != paid.TransactionID {
		t.Errorf("the feed shows %+v", item)
	}
}

func TestWhoeverSignsUpCanPayByCard(t *testing.T) {
	simulate(t, world.Options{}, func(t *testing.T, w *world.World) {
		a := newApplicant(t, w)
		c := a.opened(t, a.insist(t, grace("one", "grace@example.com")))
		if passed := w.Clock.Now().Sub(time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)); passed > 5*time.Second {
			t.Errorf("it took %v", passed)
		}
		rsp, err := accountproto.NewAccountsClient(w.Dial(t, "service.api", "service.account")).Get(t.Context(),
			&accountproto.GetRequest{AccountId: c.AccountID})
		if err != nil || len(rsp.GetAccount().GetSortCode()) != 6 || len(rsp.GetAccount().GetAccountNumber()) != 8 {
			t.Errorf("the account is %v, %v", rsp, err)
		}
		a.mailed(t)
		a.pays(t, c)
	})
}

func TestASignUpThatIsSlowIsGoneOnWithByTheBanksClock(t *testing.T) {
	simulate(t, world.Options{}, func(t *testing.T, w *world.World) {
		a := newApplicant(t, w)
		applicationID := a.insist(t, grace("one", "grace+down@example.com"))
		w.Pass(t, time.Minute)
		w.Clock.AdvanceTo(w.Clock.Now().Add(14 * time.Hour))
		a.pays(t, a.opened(t, applicationID))
	})
}

// At each write of a sign-up the stores crash once after it and once instead of it; when they are back there is one of
// everything.
func TestASignUpMakesOneOfEverythingThoughTheStoresCrashAtEachWrite(t *testing.T) {
	every := program.Count(t, "FARTHING_TEST_CRASH_EVERY", 12)
	for _, done := range []bool{false, true} {
		t.Run(fmt.Sprint("the write is done: ", done), func(t *testing.T) {
			t.Parallel()
			n := 0
			for crashed := true; crashed; n += every {
				synctest.Test(t, func(t *testing.T) { crashed = signUpWithCrash(t, n, done) })
			}
			if n < 25 {
				t.Errorf("only %d writes crashed: it proves little", n)
			}
		})
	}
}

func signUpWithCrash(t *testing.T, n int, done bool) (crashed bool) {
	crashes := &world.Crashes{Of: []string{"signup", "customer", "account", "cards", "balance", "auth"}}
	w := world.New(t, world.Options{Store: crashes.Store})
	a := newApplicant(t, w)
	crashes.Arm(n, done)
	_, _ = a.page.Apply(t.Context(), grace("one", "grace@example.com"))
	w.Pass(t, 5*time.Second)
	crashed = crashes.Restart()
	applicationID := a.insist(t, grace("one", "grace@example.com"))
	w.Pass(t, 2*time.Minute)
	c := a.opened(t, applicationID)
	wantOneOfEach(t, w, c)
	a.mailed(t)
	a.pays(t, c)
	return crashed
}

// mailed waits until the applicant is mailed that the account is open: twice at most, if what says that it was sent is
// lost in a crash.
func (a *applicant) mailed(t *testing.T) {
	t.Helper()
	n := 0
	a.Eventually(t, "the applicant is mailed", func() bool {
		n = strings.Count(strings.Join(a.Mails(t), ""), "Subject: Your account is open")
		return n > 0
	})
	if n > 2 {
		t.Errorf("the applicant is mailed %d times", n)
	}
}

// wantOneOfEach fails unless the bank has one customer, one account and one card: those of the application.
func wantOneOfEach(t *testing.T, w *world.World, c *world.Customer) {
	t.Helper()
	found, err := customerproto.NewCustomersClient(w.Dial(t, "service.auth", "service.customer")).FindByEmail(t.Context(),
		&customerproto.FindByEmailRequest{Email: "grace@example.com"})
	if err != nil || found.GetCustomer().GetId() != c.UserID {
		t.Errorf("by the address there is %v, %v, want %s", found.GetCustomer().GetId(), err, c.UserID)
	}
	accounts, err := accountproto.NewAccountsClient(w.Dial(t, "service.api", "service.account")).List(t.Context(),
		&accountproto.ListRequest{UserId: c.UserID})
	if err != nil || len(accounts.GetAccounts()) != 1 || accounts.GetAccounts()[0].GetId() != c.AccountID {
		t.Errorf("the accounts are %v, %v, want %s", accounts, err, c.AccountID)
	}
	cards, err := cardsproto.NewCardsClient(w.Dial(t, "service.api", "service.cards")).List(t.Context(),
		&cardsproto.ListRequest{AccountId: c.AccountID})
	if err != nil || len(cards.GetCards()) != 1 || cards.GetCards()[0].GetId() != c.CardID {
		t.Errorf("the cards are %v, %v, want %s", cards, err, c.CardID)
	}
	for table, schema := range map[string]store.Schema{
		"customers": customerstorage.Schema(), "accounts": accountstorage.Schema(), "cards": cardsstorage.Schema(),
	} {
		if n := rowsOf(t, w, schema, table); n != 1 {
			t.Errorf("there are %d %s, want 1", n, table)
		}
	}
}

// rowsOf is how many rows a table has: no owner is asked, so that what belongs to nobody is counted too.
func rowsOf(t *testing.T, w *world.World, schema store.Schema, table string) int {
	t.Helper()
	for _, each := range schema.Tables {
		if each.Spec().Name != table {
			continue
		}
		rows, _, err := w.Bank.Store.Open(schema.Keyspace).Walk(t.Context(), each.Spec(), "", store.MaxRows)
		if err != nil {
			t.Fatal(err)
		}
		return len(rows)
	}
	t.Fatalf("there is no table %s", table)
	return 0
}
