package logic_test

import (
	"testing"
	"time"

	"farthing/pkg/errs"
	"farthing/service.auth/logic"
)

func TestALoginGoesStepByStepInItsBrowserAndItsTime(t *testing.T) {
	now := time.Date(2026, time.March, 14, 9, 0, 0, 0, time.UTC)
	mailed := logic.NewLogin("login_1", "user_1", logic.Authorisation{}, "link", "browser", now)
	opened := mailed.At(logic.Opened, now)
	const state = "precondition_failed."
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"the link":               {mailed.CheckLink("link", "browser", now.Add(15*time.Minute-1)), ""},
		"the link, late":         {mailed.CheckLink("link", "browser", now.Add(15*time.Minute)), state + "link_expired"},
		"another link":           {mailed.CheckLink("x", "browser", now), "not_found.login"},
		"another browser":        {mailed.CheckLink("link", "x", now), "forbidden.other_browser"},
		"another of both":        {mailed.CheckLink("x", "x", now), "not_found.login"},
		"the link again":         {opened.CheckLink("link", "browser", now), state + "link_used"},
		"an answer":              {opened.CheckOpen("browser", now.Add(5*time.Minute-1)), ""},
		"an answer, late":        {opened.CheckOpen("browser", now.Add(5*time.Minute)), state + "login_expired"},
		"an answer of another":   {opened.CheckOpen("x", now), "not_found.login"},
		"an answer, too early":   {mailed.CheckOpen("browser", now), "not_found.login"},
		"an answer after a yes":  {opened.At(logic.Approved, now).CheckOpen("browser", now), state + "answered"},
		"an answer after a no":   {opened.At(logic.Refused, now).CheckOpen("browser", now), state + "answered"},
		"the link after a no":    {opened.At(logic.Refused, now).CheckLink("link", "browser", now), state + "link_used"},
		"no link, no browser":    {logic.Login{}.CheckLink("", "", now), "not_found.login"},
		"no login's open answer": {logic.Login{}.CheckOpen("", now), "not_found.login"},
	} {
		if got := errs.Of(c.err); (got == nil) != (c.want == "") || got != nil && got.Code != c.want {
			t.Errorf("%s: got %v, want %q", name, got, c.want)
		}
	}
}

func TestAnEmailAddressIsTakenForOneIfItMayBe(t *testing.T) {
	for email, good := range map[string]bool{
		"ada@example.com": true, "ada.o'shea+bank@mail.example.co.uk": true, "ädä@exämple.de": true,
		"": false, "ada": false, "@example.com": false, "ada@": false, "ada @example.com": false, "a\r\nBcc: b@c.d": false,
		"<ada@example.com>": false, "ada@example.com,bob@example.com": false, "ada\x00@example.com": false,
	} {
		if err := logic.CheckEmail(email); (err == nil) != good {
			t.Errorf("%q: %v", email, err)
		}
	}
}

func TestNeighboursAreOneHousehold(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1:1234": "192.0.2.1", "[2001:db8:1:2:3:4:5:6]:80": "2001:db8:1:2::/64",
		"[2001:db8:1:2::9]:81": "2001:db8:1:2::/64",
		"[::ffff:192.0.2.1]:5": "192.0.2.1", "[fe80::1%eth0]:5": "fe80::/64", "pipe": "pipe", "": "",
	} {
		if got := logic.NeighbourhoodOf(remote); got != want {
			t.Errorf("%q: got %q, want %q", remote, got, want)
		}
	}
}
