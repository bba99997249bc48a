package shapes

import "testing"

func signUpTests() []test {
	return []test{{"whoever signs up can pay by card", signsUp}}
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
