package logic_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"farthing/pkg/errs"
	customerproto "farthing/service.customer/proto"
	"farthing/service.signup/logic"
	signupproto "farthing/service.signup/proto"
)

func today() time.Time { return time.Date(2026, time.March, 14, 9, 26, 53, 0, time.UTC) }

func applied() *signupproto.Application {
	return &signupproto.Application{
		Id: "signup_1", State: signupproto.State_STATE_APPLIED, CreatedMs: today().UnixMilli(),
		UpdatedMs: today().UnixMilli(), NextMs: today().Add(logic.LeftBehind).UnixMilli(),
	}
}

// random is what somebody does to an application: a step of the bank's, a verdict, a decision, or telling of it.
func random(
	t *rapid.T, a *signupproto.Application, now time.Time,
) (next *signupproto.Application, decision signupproto.Decision, err error) {
	switch rapid.IntRange(0, 3).Draw(t, "what") {
	case 0:
		to := rapid.SampledFrom([]signupproto.State{0, 1, 2, 3, 4, 5, 6}).Draw(t, "to")
		next, err = logic.Go(a, to, "because", now)
	case 1:
		outcome := rapid.SampledFrom([]logic.Outcome{logic.Unknown, logic.Approved, logic.Refused, logic.Review})
		next, err = logic.Checked(a, logic.Verdict{Outcome: outcome.Draw(t, "outcome")}, now)
	case 2:
		if next = a; logic.Rests(a.GetState()) {
			next = logic.Told(a)
		}
	default:
		decision = rapid.SampledFrom([]signupproto.Decision{1, 2}).Draw(t, "decision")
		next, err = logic.Decide(a, decision, now)
	}
	return next, decision, err
}

func TestAnApplicationGoesNoWayThatIsNone(t *testing.T) {
	ways := map[signupproto.State][]signupproto.State{1: {2}, 2: {2, 3, 4, 6}, 3: {4, 6}, 4: {5, 6}}
	rapid.Check(t, func(t *rapid.T) {
		a, now := applied(), today()
		for range 12 {
			now = now.Add(time.Duration(rapid.IntRange(-1_000, 100_000_000).Draw(t, "passed")) * time.Millisecond)
			was := proto.CloneOf(a)
			next, decision, err := random(t, a, now)
			if !proto.Equal(was, a) {
				t.Fatalf("%v was changed to %v", was, a)
			}
			if err != nil {
				continue
			}
			stays := next == a || next.GetTold() && next.GetState() == a.GetState()
			if !stays && !contains(ways[a.GetState()], next.GetState()) || decision > 0 && next.GetDecided() != decision {
				t.Fatalf("from %v it went to %v", a, next)
			}
			if done := logic.Done(next); done != (next.GetNextMs() == 0) || done && !logic.Rests(next.GetState()) {
				t.Fatalf("it is done: %v, and is gone on with: %v", done, next)
			}
			if next.GetUpdatedMs() < a.GetUpdatedMs() || next.GetTries() < a.GetTries() {
				t.Fatalf("from %v it went back to %v", a, next)
			}
			if a.GetDecided() != 0 && next.GetDecided() != a.GetDecided() {
				t.Fatalf("what was decided as %v became %v", a.GetDecided(), next.GetDecided())
			}
			a = next
		}
	})
}

func contains(states []signupproto.State, state signupproto.State) bool {
	for _, each := range states {
		if each == state {
			return true
		}
	}
	return false
}

// Whatever a provider does or does not say, somebody decides in the end.
func TestEveryCheckComesToAnEnd(t *testing.T) {
	now, tries := today(), 0
	a, err := logic.Go(applied(), signupproto.State_STATE_CHECKING, "", now)
	for ; err == nil && !logic.Rests(a.GetState()); tries++ {
		a, err = logic.Checked(a, logic.Verdict{}, now)
		if next := time.UnixMilli(a.GetNextMs()); a.GetNextMs() > 0 {
			if !next.After(now) || next.Sub(now) > 8*time.Hour {
				t.Fatalf("after %v it is asked again at %v", now, next)
			}
			now = next
		}
	}
	if err != nil || a.GetState() != signupproto.State_STATE_REVIEW || a.GetReason() != "no_verdict" {
		t.Errorf("it ended as %v, %v", a, err)
	}
	if passed := now.Sub(today()); passed < 7*24*time.Hour || passed > 8*24*time.Hour || tries > 30 {
		t.Errorf("the provider was asked %d times in %v", tries, passed)
	}
}

func person(born, country, postcode string) *signupproto.Person {
	return &signupproto.Person{
		DateOfBirth: born, Address: &customerproto.Address{Country: country, Postcode: postcode},
	}
}

func TestAccountsAreForAdults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := today().AddDate(0, 0, rapid.IntRange(0, 3_000).Draw(t, "days on"))
		born := now.AddDate(0, 0, -rapid.IntRange(16*365, 20*365).Draw(t, "days old"))
		age := now.Year() - born.Year()
		if born.Month() > now.Month() || born.Month() == now.Month() && born.Day() > now.Day() {
			age--
		}
		err := logic.CheckApplicant(person(born.Format(time.DateOnly), "GBR", "EC1A 1BB"), now)
		if (err == nil) != (age >= 18) {
			t.Fatalf("born %v, applied on %v, aged %d: %v", born, now, age, err)
		}
	})
}

func TestAccountsAreForPeopleWhoLiveInTheUnitedKingdom(t *testing.T) {
	const born = "1990-12-10"
	for _, postcode := range []string{"EC1A 1BB", "M1 1AE", "SW1Y4JH", "cr2 6xh", "B33 8TH", "DN55 1PT", "W1A 0AX"} {
		if err := logic.CheckApplicant(person(born, "GBR", postcode), today()); err != nil {
			t.Errorf("%s: %v", postcode, err)
		}
	}
	for code, p := range map[string]*signupproto.Person{
		"bad_request.bad_param.address.country":      person(born, "FRA", "75008"),
		"bad_request.missing_param.address.postcode": person(born, "GBR", ""),
		"bad_request.bad_param.address.postcode":     person(born, "GBR", "Qx 75008"),
	} {
		if err := logic.CheckApplicant(p, today()); err == nil || errs.Of(err).Code != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
}

func TestWhatServiceCustomerRefusesIsLeftToIt(t *testing.T) {
	for _, p := range []*signupproto.Person{
		nil, person("10/12/1990", "GBR", "EC1A 1BB"), person("2090-01-01", "GBR", "EC1A 1BB"), person("1990-12-10", "", ""),
	} {
		if err := logic.CheckApplicant(p, today()); err != nil {
			t.Errorf("%v: %v", p, err)
		}
	}
}

func TestPeopleAreCalledByTheirFirstWord(t *testing.T) {
	for name, first := range map[string]string{"Ada Lovelace": "Ada", "Ada": "Ada", " Ada": "Ada", "": ""} {
		if got := logic.FirstName(name); got != first {
			t.Errorf("%q is called %q", name, got)
		}
	}
}
