package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"farthing/e2e/world"
	"farthing/pkg/foundation"
	authproto "farthing/service.auth/proto"
)

// bad is a request that the bank must refuse, and how.
type bad struct {
	name   string
	body   string // At the card edge.
	path   string // At the public API, in place of a body.
	method string // POST or GET if empty.
	token  string // The customer's if empty.

	status int
	code   string
	says   []string // What the message must name: the field and the rule.
}

// swipeWith is a good swipe with one field changed, or left out.
func swipeWith(c *world.Customer, field, value string) string {
	fields := map[string]string{
		"processor_id": `"bad-1"`, "card_id": `"` + c.CardID + `"`, "descriptor": `"TESCO"`,
		"amount": `{"minor":350,"currency":"GBP"}`,
	}
	if fields[field] = value; value == "" {
		delete(fields, field)
	}
	var parts []string
	for name, value := range fields {
		parts = append(parts, fmt.Sprintf("%q:%s", name, value))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// Codes of a field that breaks a rule, and of one that is not there.
const (
	param   = "bad_request.bad_param."
	missing = "bad_request.missing_param."
)

func badAmounts(c *world.Customer) []bad {
	amount := func(text string) string { return swipeWith(c, "amount", text) }
	return []bad{
		{
			name: "amount zero", body: amount(`{"minor":0,"currency":"GBP"}`),
			code: param + "amount.minor", says: []string{"amount.minor", "more than zero"},
		},
		{
			name: "amount negative", body: amount(`{"minor":-1,"currency":"GBP"}`),
			code: param + "amount.minor", says: []string{"amount.minor", "more than zero"},
		},
		{
			name: "fractional pence", body: amount(`{"minor":3.5,"currency":"GBP"}`),
			code: param + "amount.minor", says: []string{"amount.minor", "whole number"},
		},
		{
			name: "an amount above int64", body: amount(`{"minor":9223372036854775808,"currency":"GBP"}`),
			code: param + "amount.minor", says: []string{"amount.minor", "9223372036854775807"},
		},
		{
			name: "an unknown currency", body: amount(`{"minor":1,"currency":"XQZ"}`),
			code: param + "amount.currency", says: []string{"amount.currency", "ISO 4217"},
		},
		{
			name: "another currency than the account's", body: amount(`{"minor":1,"currency":"EUR"}`),
			code: param + "amount.currency", says: []string{"amount.currency", "account's"},
		},
		{
			name: "an amount that is text", body: amount(`{"minor":"350","currency":"GBP"}`),
			code: param + "amount.minor", says: []string{"amount.minor", "whole number"},
		},
		{
			name: "an amount that is no object", body: amount(`350`),
			code: param + "amount", says: []string{"amount", "object"},
		},
		{
			name: "an amount without minor units", body: amount(`{"currency":"GBP"}`),
			code: missing + "amount.minor", says: []string{"amount.minor", "required"},
		},
		{
			name: "an amount without currency", body: amount(`{"minor":1}`),
			code: missing + "amount.currency", says: []string{"amount.currency", "required"},
		},
	}
}

func badFields(c *world.Customer) []bad {
	return []bad{
		{
			name: "no amount", body: swipeWith(c, "amount", ""),
			code: missing + "amount", says: []string{"amount", "required"},
		},
		{
			name: "no card", body: swipeWith(c, "card_id", ""),
			code: missing + "card_id", says: []string{"card_id", "required"},
		},
		{
			name: "no id", body: swipeWith(c, "processor_id", ""),
			code: missing + "processor_id", says: []string{"processor_id", "required"},
		},
		{
			name: "no descriptor", body: swipeWith(c, "descriptor", ""),
			code: missing + "descriptor", says: []string{"descriptor", "required"},
		},
		{
			name: "a descriptor of 10 KB", body: swipeWith(c, "descriptor", `"`+strings.Repeat("x", 10<<10)+`"`),
			code: param + "descriptor", says: []string{"descriptor", "too long"},
		},
		{
			name: "a descriptor of control characters", body: swipeWith(c, "descriptor", `"a\u0000b\u001b"`),
			code: param + "descriptor", says: []string{"descriptor", "control characters"},
		},
		{
			name: "a descriptor that is a number", body: swipeWith(c, "descriptor", `7`),
			code: param + "descriptor", says: []string{"descriptor", "must be a string"},
		},
		{
			name: "invalid UTF-8", body: swipeWith(c, "descriptor", "\"\xff\xfe\""),
			code: "bad_request.bad_body", says: []string{"UTF-8"},
		},
	}
}

func badBodies(c *world.Customer) []bad {
	return []bad{
		{
			name: "a body of 10 MB", body: swipeWith(c, "descriptor", `"`+strings.Repeat("x", 10<<20)+`"`),
			code: "bad_request.body_too_large", says: []string{"body", "at most"},
		},
		{name: "no body", body: "", code: "bad_request.missing_body", says: []string{"body", "empty"}},
		{name: "half a body", body: `{"amount":`, code: "bad_request.bad_body", says: []string{"body", "JSON"}},
		{name: "a list", body: `[]`, code: "bad_request.bad_body", says: []string{"body", "object"}},
		{
			name: "a field twice", body: `{"descriptor":"a","descriptor":"b"}`,
			code: "bad_request", says: []string{"descriptor"},
		},
		{
			name: "an unknown path", body: "{}", path: "/authorizations",
			status: http.StatusNotFound, code: "not_found",
		},
		{
			name: "an unknown method", body: "{}", method: http.MethodDelete,
			status: http.StatusMethodNotAllowed, code: "bad_request.method_not_allowed",
		},
	}
}

func badQuestions(c, other *world.Customer, expired string) []bad {
	of := "account_id=" + c.AccountID
	return []bad{
		{
			name: "no token", path: "/accounts", token: "-",
			status: http.StatusUnauthorized, code: "unauthorized.bad_access_token.missing",
		},
		{
			name: "a wrong token", path: "/accounts", token: "farthing_at_nobodys",
			status: http.StatusUnauthorized, code: "unauthorized.bad_access_token",
		},
		{
			name: "an expired token", path: "/accounts", token: expired,
			status: http.StatusUnauthorized, code: "unauthorized.bad_access_token.expired",
		},
		{
			name: "no account", path: "/balance",
			code: "bad_request.missing_param.account_id", says: []string{"account_id", "required"},
		},
		{
			name: "limit 0", path: "/transactions?limit=0&" + of,
			code: "bad_request.bad_param.limit", says: []string{"limit", "from 1 to 100"},
		},
		{
			name: "limit 101", path: "/transactions?limit=101&" + of,
			code: "bad_request.bad_param.limit", says: []string{"limit", "from 1 to 100"},
		},
		{
			name: "limit 0 of the feed", path: "/feed?limit=0&" + of,
			code: "bad_request.bad_param.limit", says: []string{"limit", "from 1 to 100"},
		},
		{
			name: "limit 101 of the feed", path: "/feed?limit=101&" + of,
			code: "bad_request.bad_param.limit", says: []string{"limit", "from 1 to 100"},
		},
		{
			name: "a limit that is text", path: "/feed?limit=ten&" + of,
			code: "bad_request.bad_param.limit", says: []string{"limit", "whole number"},
		},
		{
			name: "since later than before", path: "/transactions?since=2026-02-01T00:00:00Z&before=2026-01-01T00:00:00Z&" + of,
			code: "bad_request.bad_time_range", says: []string{"since", "before"},
		},
		{name: "an unknown path", path: "/nowhere", status: http.StatusNotFound, code: "not_found"},
		{
			name: "an unknown method", path: "/accounts", method: http.MethodDelete,
			status: http.StatusMethodNotAllowed, code: "bad_request.method_not_allowed",
		},
		{
			name: "another's balance", path: "/balance?account_id=" + other.AccountID,
			status: http.StatusNotFound, code: "not_found",
		},
		{
			name: "another's feed", path: "/feed?account_id=" + other.AccountID,
			status: http.StatusNotFound, code: "not_found",
		},
		{
			name: "another's transactions", path: "/transactions?account_id=" + other.AccountID,
			status: http.StatusNotFound, code: "not_found",
		},
		{
			name: "another's cards", path: "/card/list?account_id=" + other.AccountID,
			status: http.StatusNotFound, code: "not_found",
		},
	}
}

func TestBadInputIsRefusedClearlyAndChangesNothing(t *testing.T) {
	w := world.New(t, world.Options{})
	alice, bob := w.Customer(t, "alice", 100_00), w.Customer(t, "bob", 100_00)
	w.Swipe(t, alice, "good", 3_50, pret)
	w.Eventually(t, "a push", func() bool { return len(w.Pushes(alice)) == 1 })
	expired := w.Token(t, alice, 1, authproto.Scopes()...)
	w.Eventually(t, "the token's end", func() bool {
		return ask(t, w, foundation.Public, bad{path: "/accounts", token: expired}, alice).Status != http.StatusOK
	})
	before := fingerprint(t, w, alice, bob)
	for door, cases := range map[foundation.Door][]bad{
		foundation.CardEdge: slices.Concat(badAmounts(alice), badFields(alice), badBodies(alice)),
		foundation.Public:   badQuestions(alice, bob, expired),
	} {
		for _, c := range cases {
			t.Run(string(door)+": "+c.name, func(t *testing.T) {
				wantRefusal(t, ask(t, w, door, c, alice), c)
				if after := fingerprint(t, w, alice, bob); after != before {
					t.Errorf("it changed %s to %s", before, after)
				}
			})
		}
	}
}

func ask(t *testing.T, w *world.World, door foundation.Door, c bad, by *world.Customer) world.Answer {
	t.Helper()
	method, path, headers := c.method, c.path, []string{"Content-Type", "application/json"}
	if door == foundation.Public {
		headers = []string{"Authorization", "Bearer " + by.Token}
		switch c.token {
		case "":
		case "-":
			headers = nil
		default:
			headers[1] = "Bearer " + c.token
		}
		method = orElse(method, http.MethodGet)
	}
	method, path = orElse(method, http.MethodPost), orElse(path, "/authorisations")
	answer, err := w.Ask(t.Context(), door, method, path, []byte(c.body), headers...)
	if err != nil {
		t.Fatalf("asking: %v", err)
	}
	return answer
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func wantRefusal(t *testing.T, got world.Answer, c bad) {
	t.Helper()
	var fault struct{ Code, Message string }
	if err := json.Unmarshal(got.Body, &fault); err != nil {
		t.Fatalf("answered %d %s, which is not JSON", got.Status, got.Body)
	}
	if want := max(c.status, http.StatusBadRequest); got.Status != want || !isBelow(fault.Code, c.code) {
		t.Errorf("answered %d %s, want %d %s", got.Status, got.Body, want, c.code)
	}
	for _, word := range c.says {
		if !strings.Contains(fault.Message, word) {
			t.Errorf("%q does not say %q", fault.Message, word)
		}
	}
}

func isBelow(code, parent string) bool { return code == parent || strings.HasPrefix(code, parent+".") }

// fingerprint is all that a request could have changed.
func fingerprint(t *testing.T, w *world.World, customers ...*world.Customer) string {
	t.Helper()
	var all []string
	for _, c := range customers {
		r := w.Records(t, c)
		all = append(all, fmt.Sprintf("%s: ledger %d, %d to spend, %d transactions, %d items, %d pushes",
			c.Name, len(r.Entries), r.Available, len(r.Transactions), len(r.Items), len(r.Pushes)))
	}
	return strings.Join(all, "; ")
}

// nobodysCard is well-formed.
const nobodysCard = "card_0000000000000000000000"

func TestAnUnknownCardIsDeclinedAndIsNobodys(t *testing.T) {
	w := world.New(t, world.Options{})
	alice := w.Customer(t, "alice", 100_00)
	before := fingerprint(t, w, alice)
	nobodys := world.Payment{ID: "unknown", CardID: nobodysCard, Minor: 1_00, Descriptor: pret}
	first := w.Pay(t, nobodys)
	if first.Approved() || first.DeclineReason != "unknown_card" || first.Balance != nil {
		t.Errorf("an unknown card was %v", first)
	}
	if again := w.Pay(t, nobodys); !again.Same(first) {
		t.Errorf("an unknown card was %v, then %v", first, again)
	}
	if after := fingerprint(t, w, alice); after != before {
		t.Errorf("it changed %s to %s", before, after)
	}
}

func TestAnothersAccountIsAnsweredAsIfItDidNotExist(t *testing.T) {
	w := world.New(t, world.Options{})
	alice, bob := w.Customer(t, "alice", 100_00), w.Customer(t, "bob", 0)
	nobodys := "acc_" + strings.Repeat("0", len(bob.AccountID)-len("acc_"))
	for _, path := range []string{"/balance", "/feed", "/transactions", "/card/list"} {
		var answers []world.Answer
		for _, account := range []string{bob.AccountID, nobodys} {
			answers = append(answers, ask(t, w, foundation.Public, bad{path: path + "?account_id=" + account}, alice))
		}
		for _, answer := range answers {
			for _, own := range []string{"Date", "Trace-Id", "Ratelimit-Remaining", "Ratelimit-Reset"} { // Of each answer.
				answer.Header.Del(own)
			}
		}
		if answers[0].Status != answers[1].Status || !bytes.Equal(answers[0].Body, answers[1].Body) ||
			fmt.Sprint(answers[0].Header) != fmt.Sprint(answers[1].Header) {
			t.Errorf("%s tells bob's account from nobody's: %+v and %+v", path, answers[0], answers[1])
		}
	}
}
