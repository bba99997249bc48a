package shapes

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func processorTests() []test {
	return []test{
		{"answers look the same everywhere", wantOutlines},
		{"bad input is refused in the same words everywhere, and changes nothing", refuses},
	}
}

// request is one that must be refused.
type request struct {
	name   string
	method string
	path   string // At the public API, or of the card edge's if it begins with "edge".
	body   string
	header []string
}

const (
	goodAmount = `{"minor":350,"currency":"GBP"}`
	edgePath   = "edge/authorisations"
)

// with is a swipe with a field changed, or left out if there is nothing to put in its place.
func with(card, field, value string) string {
	fields := [][2]string{
		{"processor_id", `"refused"`}, {"card_id", `"` + card + `"`}, {"descriptor", `"TESCO"`}, {"amount", goodAmount},
	}
	var parts []string
	known := false
	for _, each := range fields {
		if each[0] == field {
			each[1], known = value, true
		}
		if each[1] != "" {
			parts = append(parts, fmt.Sprintf("%q:%s", each[0], each[1]))
		}
	}
	if !known {
		parts = append(parts, fmt.Sprintf("%q:%s", field, value))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func swipesThatAreRefused(card string) []request {
	var all []request
	add := func(name, body string, header ...string) {
		all = append(all, request{name, http.MethodPost, edgePath, body, append(header, "Content-Type", "application/json")})
	}
	for _, each := range [][3]string{
		{"no money", "amount", `{"minor":0,"currency":"GBP"}`},
		{"less than no money", "amount", `{"minor":-1,"currency":"GBP"}`},
		{"half a penny", "amount", `{"minor":3.5,"currency":"GBP"}`},
		{"more than there can be", "amount", `{"minor":9223372036854775808,"currency":"GBP"}`},
		{"no such currency", "amount", `{"minor":1,"currency":"XQZ"}`},
		{"not the account's currency", "amount", `{"minor":1,"currency":"EUR"}`},
		{"an amount as text", "amount", `"350"`}, {"no amount", "amount", ""},
		{"no card", "card_id", ""}, {"a card's id that cannot be", "card_id", `"card_1"`},
		{"no id", "processor_id", ""}, {"no descriptor", "descriptor", ""},
		{"control characters", "descriptor", `"a\u0000b"`}, {"a descriptor that is a number", "descriptor", `7`},
		{"a descriptor that is too long", "descriptor", `"` + strings.Repeat("x", 10<<10) + `"`},
		{"invalid UTF-8", "descriptor", "\"\xff\xfe\""},
		{"an MCC of letters", "mcc", `"pub"`}, {"two kinds of ids", "network", `{"stan":"000001"}`},
		{"a number that is not a card's", "card_number", `"4111111111111112"`},
	} {
		add(each[0], with(card, each[1], each[2]))
	}
	add("nothing", "")
	add("half an object", `{"amount":`)
	add("a list", `[]`)
	add("a field twice", `{"descriptor":"a","descriptor":"b"}`)
	add("too much", with(card, "descriptor", `"`+strings.Repeat("x", 1<<20)+`"`))
	return all
}

func requestsThatAreRefused(s *suite) []request {
	token := []string{"Authorization", "Bearer " + s.Facts().AccessToken}
	get := func(name, path string, header ...string) request {
		return request{name, http.MethodGet, path, "", header}
	}
	const nobody = "/transactions/tx_0000BAj4oOq5iXc6fDryhV"
	return []request{
		{"another content type", http.MethodPost, edgePath, "amount=1", []string{"Content-Type", "text/plain"}},
		{"the card edge's unknown path", http.MethodPost, "edge/authorizations", "{}", nil},
		{"the card edge's unknown method", http.MethodGet, edgePath, "", nil},
		get("an unknown path", "/pot", token...),
		{"an unknown method", http.MethodDelete, "/accounts", "", token},
		get("no token", "/accounts"),
		get("nobody's token", "/accounts", "Authorization", "Bearer farthing_at_nobodys"),
		get("another scheme", "/accounts", "Authorization", "Basic YTpi"),
		get("no account", "/balance", token...),
		get("somebody else's account", "/balance?account_id=acc_0000BAj4oOq5iXc6fDryhV", token...),
		get("an account that cannot be", "/feed?account_id=acc_1", token...),
		get("a limit of none", s.ofAccount("/feed", "&limit=0"), token...),
		get("a limit of words", s.ofAccount("/transactions", "&limit=all"), token...),
		get("a page that was never given", s.ofAccount("/feed", "&page_token=nonsense"), token...),
		get("a time that is none", s.ofAccount("/transactions", "&since=yesterday"), token...),
		get("nobody's transaction", nobody, token...),
		{"a change of nobody's", http.MethodPatch, nobody, "metadata[a]=b", append(token,
			"Content-Type", "application/x-www-form-urlencoded")},
		{"a status that cards do not have", http.MethodPut, "/card/toggle", "card_id=" + s.Facts().CardID + "&status=LOST",
			append(token, "Content-Type", "application/x-www-form-urlencoded")},
	}
}

func refuses(t *testing.T, s *suite) {
	before := s.balance(t)
	var said strings.Builder
	for _, r := range append(swipesThatAreRefused(s.Facts().CardID), requestsThatAreRefused(s)...) {
		address := s.Facts().API + r.path
		if path, ok := strings.CutPrefix(r.path, "edge"); ok {
			address = s.Facts().CardEdge + path
		}
		answer := s.Ask(t, r.method, address, r.body, r.header...)
		if answer.Status < 400 || answer.Status >= 500 {
			t.Errorf("%s was answered %d %s", r.name, answer.Status, answer.Body)
		}
		fmt.Fprintf(&said, "%s: %d %s\n  %s\n",
			r.name, answer.Status, answer.Header.Get("Content-Type"), strings.TrimSpace(masked(string(answer.Body))))
	}
	golden(t, "refusals.golden", said.String())
	if after := s.balance(t); after != before {
		t.Errorf("the balance was %d and is %d", before, after)
	}
}
