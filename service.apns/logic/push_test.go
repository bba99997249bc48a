package logic_test

import (
	"testing"

	"farthing/service.apns/logic"
)

func TestAPushEndsAsItsBestPhoneDid(t *testing.T) {
	for name, c := range map[string]struct {
		phones []logic.Outcome
		want   logic.Outcome
	}{
		"all were told":                {[]logic.Outcome{logic.Delivered, logic.Delivered}, logic.Delivered},
		"one was told, one is gone":    {[]logic.Outcome{logic.Unregistered, logic.Delivered}, logic.Delivered},
		"one was told, one never will": {[]logic.Outcome{logic.Delivered, logic.Rejected}, logic.Delivered},
		"one is gone, one never will":  {[]logic.Outcome{logic.Unregistered, logic.Rejected}, logic.Rejected},
		"all are gone":                 {[]logic.Outcome{logic.Unregistered}, logic.Unregistered},
	} {
		p := logic.Push{Phones: make(map[string]logic.Phone)}
		for n, outcome := range c.phones {
			p.Phones[string(rune('a'+n))] = logic.Phone{Outcome: outcome}
		}
		if p.EndTold(); p.Outcome != c.want || len(p.Phones) > 0 {
			t.Errorf("%s: it ends as %+v, want %q", name, p, c.want)
		}
	}
}

func TestWhatEndsEarlyWasStillDeliveredToWhoWasTold(t *testing.T) {
	waiting := logic.Phone{}
	for want, phones := range map[logic.Outcome]map[string]logic.Phone{
		logic.TooLate:   {"a": waiting, "b": {Outcome: logic.Rejected}},
		logic.Delivered: {"a": waiting, "b": {Outcome: logic.Delivered}},
	} {
		p := logic.Push{Phones: phones}
		if p.End(logic.TooLate); p.Outcome != want {
			t.Errorf("of %v it ends as %q, want %q", phones, p.Outcome, want)
		}
	}
}
