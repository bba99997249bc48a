package shapes

import (
	"net/http"
	"strings"
	"testing"

	"farthing/service.auth/door/doortest"
)

func signUpTests() []test {
	return []test{
		{"whoever signs up can pay by card", signsUp},
		{"whoever signs up in a browser is mailed, logs in, and sees an account and a card", signsUpInABrowser},
	}
}

// application is what `farthing sign-up -o json` prints.
type application struct {
	ID        string `json:"id"`
	State     string `json:"state"`
	AccountID string `json:"account_id"`
	CardID    string `json:"card_id"`
}

func signsUp(t *testing.T, s *suite) {
	apply := func(id string) (a application) {
		decode(t, s.Run(t, "sign-up", "apply", "--name", "Grace Hopper", "--email", "grace+review@example.com", "--born",
			"1986-12-09", "--address", "1 Navy Yard, London, SE1 2AA", "--id", id, "-o", "json"), &a)
		return a
	}
	grace, again := apply("grace"), apply("grace")
	if again.ID != grace.ID {
		t.Errorf("a repeat was answered %+v, after %+v", again, grace)
	}
	show := func() application {
		decode(t, s.Run(t, "sign-up", "show", grace.ID, "-o", "json"), &grace)
		return grace
	}
	eventually(t, "the application waits for an operator", func() bool { return show().State == "review" })
	var waiting []application
	decode(t, s.Run(t, "sign-up", "list", "-o", "json"), &waiting)
	if len(waiting) != 1 || waiting[0].ID != grace.ID {
		t.Errorf("those that wait are %+v", waiting)
	}
	s.Run(t, "sign-up", "approve", grace.ID)
	eventually(t, "the account is open", func() bool { return show().State == "opened" })
	s.Run(t, "pay-in", "20", "--account", grace.AccountID)
	if paid := s.swipe(t, "3.50", "--card", grace.CardID); paid.Outcome != "approved" || *paid.Balance != 16_50 {
		t.Errorf("her first swipe was answered %+v", paid)
	}
}

func signsUpInABrowser(t *testing.T, s *suite) {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	const email, opened = "hedy@example.com", "Your account is open"
	browser := doortest.New(t, transport, s.Facts().Login)
	form := browser.Get("/sign-up")
	for range 2 { // Somebody who cannot wait.
		page := browser.Submit(form, "name", "Hedy Lamarr", "email", email, "born", "1984-11-09", "line1", "1 Hop Lane",
			"city", "London", "postcode", "SE1 2AA")
		if page.Status != http.StatusOK || !strings.HasPrefix(page.Title(), "Look at your mail") {
			t.Fatalf("applying is answered %d %q", page.Status, page.Title())
		}
	}
	eventually(t, "a mail says that the account is open", func() bool { return len(s.mails(t, email, opened)) > 0 })
	if page := browser.Get("/"); page.Status != http.StatusOK ||
		!strings.Contains(s.mails(t, email, opened)[0], "\n"+s.Facts().Login+"/\n") {
		t.Errorf("the mail leads to %d %q", page.Status, page.Title())
	}
	token := s.login(t, s.config(), transport, email)
	get := func(path string, v any) {
		wantOK(t, s.Ask(t, http.MethodGet, s.Facts().API+path, "", "Authorization", "Bearer "+token.AccessToken), v)
	}
	var seen struct {
		Accounts []struct{ ID string }
		Cards    []struct{ Status string }
	}
	if get("/accounts", &seen); len(seen.Accounts) != 1 {
		t.Fatalf("there are the accounts %+v", seen.Accounts)
	}
	if get("/card/list?account_id="+seen.Accounts[0].ID, &seen); len(seen.Cards) != 1 || seen.Cards[0].Status != "ACTIVE" {
		t.Errorf("there are the cards %+v", seen.Cards)
	}
}
