package handler

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"farthing/pkg/errs"
)

func TestEachBadFieldIsNamedWithItsRule(t *testing.T) {
	door := newBank().serve(t).As("alice")
	const badLimit = "The field 'limit' must be from 1 to 100"
	for _, c := range []struct{ path, query, code, message string }{
		{"/balance", "", "missing_param.account_id", "The field 'account_id' is required"},
		{"/balance", "account_id=", "missing_param.account_id", "The field 'account_id' is required"},
		{"/balance", "account_id[]=x", "bad_param.account_id", "The field 'account_id' must be a single value"},
		{"/balance", "account_id=x&account_id=y", "bad_param.account_id", "The field 'account_id' must be given only once"},
		{"/balance", "account_id=%ff", "bad_param.account_id", "The field 'account_id' must be valid UTF-8"},
		{"/transactions", "", "missing_param.account_id", "The field 'account_id' is required"},
		{"/feed", "", "missing_param.account_id", "The field 'account_id' is required"},
		{"/card/list", "", "missing_param.account_id", "The field 'account_id' is required"},
		{"/transactions", "ACC&limit=0", "bad_param.limit", badLimit},
		{"/transactions", "ACC&limit=101", "bad_param.limit", badLimit},
		{"/transactions", "ACC&limit=-1", "bad_param.limit", badLimit},
		{"/transactions", "ACC&limit=4294967297", "bad_param.limit", badLimit}, // 1, in 32 bits.
		{"/transactions", "ACC&limit=ten", "bad_param.limit", "The field 'limit' must be a whole number"},
		{"/transactions", "ACC&limit=1.5", "bad_param.limit", "The field 'limit' must be a whole number"},
		{"/feed", "ACC&limit=0", "bad_param.limit", badLimit},
		{"/feed", "ACC&limit=101", "bad_param.limit", badLimit},
		{"/feed", "ACC&page_token=7", "bad_param.page_token", "next_page_token of an earlier answer"},
		{"/feed", "ACC&since=tx_1", "bad_param.since", "a time, or an id that starts with 'feed_'"},
		{"/transactions", "ACC&since=yesterday", "bad_param.since", "must be a time such as"},
		{"/transactions", "ACC&since=tx_1", "bad_param.since", "a time, or an id that starts with 'tx_'"},
		{"/transactions", "ACC&since=" + nobodysAcc, "bad_param.since", "a time, or an id that starts with 'tx_'"},
		{"/transactions", "ACC&before=tx_1", "bad_param.before", "must be a time such as"},
		{"/transactions", "ACC&since=2026-11-10T00:00:00Z&before=2026-11-09T00:00:00Z", "bad_time_range", "'since'"},
		{"/transactions", "ACC&since=" + idOf("tx", "x", noon) + "&before=2026-11-09T00:00:00Z", "bad_time_range", "'since'"},
		{"/transactions", "ACC&since=2026-01-01T00:00:00Z&before=2027-01-01T00:00:00.001Z", "invalid_time_range", "8760"},
		{"/accounts", "account_type=offshore", "bad_param.account_type", "must be one of uk_retail, "},
	} {
		query := strings.Replace(c.query, "ACC", "account_id="+alicesAcc, 1)
		rsp := door.Get(c.path+"?"+query).Refused(http.StatusBadRequest, "bad_request."+c.code)
		if !strings.Contains(string(rsp.Body), c.message) {
			t.Errorf("%s?%s: got %s", c.path, c.query, rsp.Body)
		}
	}
}

// badly is a change that is badly asked for, and the code that says so.
type badly struct{ method, path, json, code string }

func TestAChangeThatIsBadlyAskedForChangesNothing(t *testing.T) {
	b := newBank()
	b.transactions, b.cards = append(b.transactions, pending("pending", noon)), cardsOfAlice()
	b.pots = potsOfAlice()
	b.hooks = hooksOfAlice()
	tx, card, pot := b.transactions[0].GetId(), b.cards[0].GetId(), b.pots[0].GetId()
	door := b.serve(t).As("alice")
	for _, c := range slices.Concat(
		badAnnotations("/transactions/"+tx), badCards(card), badItems(), badPots("/pots/"+pot), badReceipts(t, tx),
		badAttachments(tx), badWebhooks("/webhooks/"+b.hooks[0].GetId()+"/replay"),
	) {
		rsp := door.JSON(c.method, c.path, c.json)
		if !strings.HasPrefix(string(rsp.Body), `{"code":"bad_request.`+c.code) || rsp.Status != http.StatusBadRequest {
			t.Errorf("%s %s: got %d %s", c.path, c.json, rsp.Status, rsp.Body)
		}
	}
	wantUnchanged(t, b)
}

func badAnnotations(annotate string) []badly {
	return []badly{
		{"PATCH", annotate, `{}`, "missing_param.metadata"},
		{"PATCH", annotate, `{"metadata":{}}`, "missing_param.metadata"},
		{"PATCH", annotate, `{"metadata":null}`, "missing_param.metadata"},
		{"PATCH", annotate, `{"metadata":"lunch"}`, "bad_param.metadata"},
		{"PATCH", annotate, `{"metadata":["lunch"]}`, "bad_param.metadata"},
		{"PATCH", annotate, `{"metadata":{"a":{"b":"c"}}}`, "bad_param.metadata"},
		{"PATCH", annotate, `{"metadata":{"a\u0000":"b"}}`, "bad_param.metadata"},
		{"PATCH", annotate, `{"metadata":{"a":"\u0007"}}`, "bad_param.metadata"},
		{"PATCH", annotate, `{"metadata":{"` + strings.Repeat("k", 101) + `":"b"}}`, "bad_param.metadata"},
		{"PATCH", annotate, `{"metadata":{"a":"` + strings.Repeat("v", 1001) + `"}}`, "bad_param.metadata"},
		{"PATCH", annotate, `{"metadata":{"a":"` + "\xff" + `"}}`, "bad_body"},
		{"PATCH", annotate, `{"metadata":`, "bad_body"},
		{"PATCH", annotate, `[]`, "bad_body"},
	}
}

func badCards(card string) []badly {
	const toggle = "/card/toggle"
	return []badly{
		{"PUT", toggle, `{}`, "missing_param.card_id"},
		{"PUT", toggle, `{"card_id":"` + card + `"}`, "missing_param.status"},
		{"PUT", toggle, `{"card_id":"` + card + `","status":"FROZEN"}`, "bad_param.status"},
		{"PUT", toggle, `{"card_id":"` + card + `","status":"inactive"}`, "bad_param.status"},
		{"PUT", toggle, `{"card_id":"` + card + `","status":true}`, "bad_param.status"},
		{"PUT", toggle, `{"card_id":7,"status":"ACTIVE"}`, "bad_param.card_id"},
		{"POST", "/card/pin/reset", `{}`, "missing_param.card_id"},
		{"POST", "/card-replacement/order", `{"card_id":""}`, "missing_param.card_id"},
	}
}

func badWebhooks(replay string) []badly {
	return []badly{
		{"POST", "/webhooks", `{"url":"https://example.com/"}`, "missing_param.account_id"},
		{"POST", "/webhooks", `{"account_id":"` + alicesAcc + `"}`, "missing_param.url"},
		{"POST", "/webhooks", `{"account_id":"` + alicesAcc + `","url":["https://example.com/"]}`, "bad_param.url"},
		{"POST", "/webhooks", `{"account_id":"` + alicesAcc + `","url":"http://localhost/"}`, "bad_param.url"},
		{"POST", replay, `{}`, "missing_param.since"},
		{"POST", replay, `{"since":"yesterday"}`, "bad_param.since"},
		{"POST", replay, `{"since":"tx_1"}`, "bad_param.since"},
		{"POST", replay, `{"since":"2026-11-09T00:00:00Z","limit":101}`, "bad_param.limit"},
		{"POST", replay, `{"since":"2026-11-09T00:00:00Z","delivery_id":"msg_1"}`, "bad_param.delivery_id"},
	}
}

func TestABodyOf10MBIsRefused(t *testing.T) {
	b := newBank()
	b.transactions = append(b.transactions, pending("pending", noon))
	big := "metadata[a]=" + strings.Repeat("a", 10_000_000)
	b.serve(t).As("alice").Form("PATCH", "/transactions/"+b.transactions[0].GetId(), big).
		Refused(http.StatusBadRequest, "bad_request.body_too_large")
	wantUnchanged(t, b)
}

func TestABodyThatIsNeitherFormNorJSONIsRefused(t *testing.T) {
	b := newBank()
	b.transactions = append(b.transactions, pending("pending", noon))
	b.serve(t).As("alice").With("Content-Type", "application/xml").
		Do("PATCH", "/transactions/"+b.transactions[0].GetId(), strings.NewReader("<metadata/>")).
		Refused(http.StatusBadRequest, "bad_request.bad_content_type")
}

func TestUnknownPathsAndMethodsAreJSONForEverybody(t *testing.T) {
	door := newBank().serve(t)
	for _, each := range []string{"/", "/pot", "/card", "/accounts/" + alicesAcc, "/transactions/a/b", "/%00"} {
		door.Get(each).Refused(http.StatusNotFound, errs.NotFound)
		door.As("alice").Get(each).Refused(http.StatusNotFound, errs.NotFound)
	}
	for path, allowed := range map[string]string{
		"/accounts": "GET", "/transactions/tx_1": "GET, PATCH", "/card/toggle": "PUT", "/ping": "GET",
	} {
		rsp := door.As("alice").Do("DELETE", path, nil).
			Refused(http.StatusMethodNotAllowed, "bad_request.method_not_allowed")
		if got := rsp.Header.Get("Allow"); got != allowed {
			t.Errorf("%s: allowed are %q", path, got)
		}
	}
}

func TestWhatProgramsGetSlightlyWrongIsTakenAnyway(t *testing.T) {
	b := newBank()
	b.transactions, b.cards = append(b.transactions, pending("pending", noon)), cardsOfAlice()
	door := b.serve(t).As("alice")
	tx := "/transactions/" + b.transactions[0].GetId()
	for _, path := range []string{
		"//accounts", "/accounts/", "/accounts?account_type=", "/accounts?account_type=uk_retail&since=never",
		"/transactions/?account_id=" + alicesAcc, tx + "/", tx + "?expand[]=nonsense", tx + "?expand=merchant",
		"//ping//whoami/",
	} {
		door.Get(path).Into(new(any))
	}
	door.With("Content-Type", "application/json; charset=utf8").Do("GET", "/accounts", nil).Into(new(any))
	form := "application/x-www-form-urlencoded; charset=utf-8"
	door.With("Content-Type", form).Do("patch", tx, strings.NewReader("metadata%5Bfoo%5D=bar&extra=1")).Into(new(any))
	door.With("Content-Type", form).Do("put", "/card/toggle/", strings.NewReader(
		"account_id="+alicesAcc+"&status=ACTIVE&card_id="+b.cards[0].GetId())).Into(new(any))
	if len(b.changes) != 2 {
		t.Fatalf("changed were %v", b.changes)
	}
}

func TestAccountsAreFilteredByType(t *testing.T) {
	door := newBank().serve(t).As("alice")
	for kind, want := range map[string]int{"": 1, "uk_retail": 1, "uk_retail_joint": 0, "uk_loan": 0} {
		var got struct{ Accounts []any }
		door.Get("/accounts?account_type=" + kind).Into(&got)
		if len(got.Accounts) != want || got.Accounts == nil {
			t.Errorf("%q: got %v", kind, got.Accounts)
		}
	}
}

func TestAForgottenCustomerHasNoNameButStillAnAccountAndCards(t *testing.T) {
	b := newBank()
	b.customers, b.cards = nil, cardsOfAlice()
	door := b.serve(t).As("alice")
	var accounts struct {
		Accounts []struct {
			Owners []struct {
				UserID string `json:"user_id"`
			}
		}
	}
	door.Get("/accounts").Into(&accounts)
	if got := accounts.Accounts[0].Owners[0].UserID; got != alice {
		t.Errorf("the owner is %q", got)
	}
	var cards struct{ Cards []struct{ Name *string } }
	door.Get("/card/list?account_id=" + alicesAcc).Into(&cards)
	if got := cards.Cards[0].Name; got == nil || *got != "" {
		t.Errorf("the name is %v", got)
	}
	b.fails["customer"] = errs.New(errs.Unavailable, "Try again")
	door.Get("/accounts").Refused(http.StatusServiceUnavailable, "unavailable")
	door.Get("/card/list?account_id="+alicesAcc).Refused(http.StatusServiceUnavailable, "unavailable")
}
