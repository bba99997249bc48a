package logic_test

import (
	"strings"
	"testing"

	"farthing/service.auth/logic"
	signupproto "farthing/service.signup/proto"
)

func TestEveryApplicationThatRestsIsNewsAndNoOther(t *testing.T) {
	for state, want := range map[signupproto.State]logic.News{
		signupproto.State_STATE_APPLIED: logic.NoNews, signupproto.State_STATE_CHECKING: logic.NoNews,
		signupproto.State_STATE_APPROVED: logic.NoNews, signupproto.State_STATE_REVIEW: logic.InReview,
		signupproto.State_STATE_OPENED: logic.AccountOpened, signupproto.State_STATE_REFUSED: logic.AccountRefused,
		99: logic.NoNews,
	} {
		if got := logic.NewsOf(&signupproto.Application{State: state, Reason: "operator"}); got != want {
			t.Errorf("%v is %q, want %q", state, got, want)
		}
	}
	taken := &signupproto.Application{State: signupproto.State_STATE_REFUSED, Reason: signupproto.ReasonEmailTaken}
	if got := logic.NewsOf(taken); got != logic.IsCustomer {
		t.Errorf("a customer's address is %q", got)
	}
}

func TestEveryNewsHasALetterOfItsOwnThatAScreenCanShow(t *testing.T) {
	const door = "https://login.bank.example"
	subjects := make(map[string]bool)
	for news, hasLink := range map[logic.News]bool{
		logic.AccountOpened: true, logic.IsCustomer: true, logic.InReview: false, logic.AccountRefused: false,
	} {
		subject, text := news.Letter(door)
		if subject == "" || subjects[subject] || strings.Contains(text, "\n"+door+"/\n") != hasLink {
			t.Errorf("%s is told as %q: %s", news, subject, text)
		}
		subjects[subject] = true
		for line := range strings.Lines(text) {
			if len(line) > 80 {
				t.Errorf("%s has a line of %d characters: %s", news, len(line), line)
			}
		}
	}
}
