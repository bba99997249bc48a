package handler

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"farthing/pkg/errs"
)

// with is the good request with one part replaced.
func with(old, new string) string {
	if !strings.Contains(swiped, old) {
		panic("the good request has no " + old)
	}
	return strings.Replace(swiped, old, new, 1)
}

func TestBadInputIsRefusedByNameAndChangesNothing(t *testing.T) {
	const amount, descriptor = `"minor": 350`, `PRET A MANGER 1234 LONDON GBR`
	for name, c := range map[string]struct{ body, code string }{
		"fractional pence":        {with(amount, `"minor": 350.5`), "bad_param.amount.minor"},
		"above int64":             {with(amount, `"minor": 9223372036854775808`), "bad_param.amount.minor"},
		"a float that is whole":   {with(amount, `"minor": 3.5e2`), "bad_param.amount.minor"},
		"an amount as text":       {with(amount, `"minor": "350"`), "bad_param.amount.minor"},
		"no minor units":          {with(`"minor": 350, `, ``), "missing_param.amount.minor"},
		"an amount that is none":  {with(`{"minor": 350, "currency": "GBP"}`, `350`), "bad_param.amount"},
		"a descriptor of numbers": {with(`"`+descriptor+`"`, `17`), "bad_param.descriptor"},
		"invalid UTF-8":           {with(descriptor, "PRET\xff"), "bad_body"},
		"a time as a number":      {with(`"2026-11-09T12:30:53.25+00:00"`, `1762691453`), "bad_param.network.transmitted_at"},
		"a time of its own kind":  {with(`2026-11-09T12:30:53.25+00:00`, `1109123053`), "bad_param.network.transmitted_at"},
		"no time":                 {with(`2026-11-09T12:30:53.25+00:00`, ``), "missing_param.network.transmitted_at"},
		"a wrong check digit":     {with(number, `4111111111111112`), "bad_param.card_number"},
		"a number with spaces":    {with(number, `4111 1111 1111 1111`), "bad_param.card_number"},
		"a number as a number":    {with(`"`+number+`"`, number), "bad_param.card_number"},
		"a name that comes twice": {with(amount, `"minor": 1, "minor": 350`), "bad_param.amount.minor"},
		"a security code":         {with(`"cvv": "match"`, `"cvv": "123"`), "bad_param.verification.cvv"},
		"a PIN":                   {with(`"tries_exceeded"`, `"1234"`), "bad_param.verification.pin"},
		"an address":              {with(`"address": "no_match"`, `"address": "MATCH"`), "bad_param.verification.address"},
		"a result of nothing":     {with(`"not_checked"`, `"unspecified"`), "bad_param.verification.cryptogram"},
		"a list":                  {`[]`, "bad_body"},
		"nothing":                 {``, "missing_body"},
		"half an object":          {swiped[:40], "bad_body"},
		"two objects":             {swiped + swiped, "bad_body"},
		"a body of 10 MB":         {with(descriptor, strings.Repeat("x", 10<<20)), "body_too_large"},
		"a descriptor of 20 KB":   {with(descriptor, strings.Repeat("x", 20<<10)), "body_too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			p := approved()
			door, logged := serve(t, p)
			rsp := door.JSON("POST", "/authorisations", c.body)
			var refused struct{ Code, Message string }
			if err := json.Unmarshal(rsp.Body, &refused); err != nil || refused.Message == "" {
				t.Errorf("the answer is %s, %v", rsp.Body, err)
			}
			if rsp.Status != 400 || !strings.HasSuffix(refused.Code, c.code) {
				t.Errorf("answered %d %s, want 400 %s", rsp.Status, refused.Code, c.code)
			}
			if len(p.asked) > 0 {
				t.Errorf("a peer was asked for %v", p.asked)
			}
			wantNoNumber(t, "the answer", string(rsp.Body))
			wantNoNumber(t, "the log", logged.String())
		})
	}
}

// wantNoNumber fails the test if more of a card's number than its last four digits is in a text.
func wantNoNumber(t *testing.T, where, text string) {
	t.Helper()
	for _, part := range []string{number[:12], number[:15], "4111 1111"} {
		if strings.Contains(text, part) {
			t.Errorf("%s shows a card's number: %.200s", where, text)
		}
	}
}

func TestUnknownPathsAndMethodsAreRefused(t *testing.T) {
	door, _ := serve(t, approved())
	door.JSON("POST", "/authorizations", swiped).Refused(404, "not_found")
	door.Get("/authorisations").Refused(405, "bad_request.method_not_allowed")
	door.With("Content-Type", "text/xml").Do("POST", "/authorisations", strings.NewReader("<swipe/>")).
		Refused(400, "bad_request.bad_content_type")
}

func TestANumberIsShownByNoAnswerAndNoLog(t *testing.T) {
	for name, failure := range map[string]error{
		"approved": nil, "refused by a peer": errs.BadParam("card_number", "is not good"),
		"quoted by mistake": fmt.Errorf("reading %s: no", number),
	} {
		p := approved()
		p.fails = failure
		door, logged := serve(t, p)
		rsp := door.JSON("POST", "/authorisations", swiped)
		wantNoNumber(t, name+": the answer", string(rsp.Body))
		wantNoNumber(t, name+": the log", logged.String())
	}
}

func TestADecodedRequestPrintsAMask(t *testing.T) {
	var sent authorisation
	if err := json.Unmarshal([]byte(swiped), &sent); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	wantNoNumber(t, "printing", fmt.Sprintf("%v %+v %#v %s", sent, sent, sent, sent.CardNumber))
	wantNoNumber(t, "encoding", string(encoded))
	if sent.CardNumber.Reveal() != number || !bytes.Contains(encoded, []byte("****1111")) {
		t.Fatalf("read as %v, encoded as %s", sent.CardNumber, encoded)
	}
}

// FuzzRequest checks that no body panics, that whatever is refused names a rule and shows no number, and that money
// and card are asked for exactly as they were sent.
func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		swiped, `{}`, `{"processor_id":"a","card_id":"card_1","amount":{"minor":1,"currency":"GBP"},"descriptor":"x"}`,
		`{"network":{},"amount":{"minor":null}}`, `{"card_number":"","network":null}`, `{"amount":{"minor":-0}}`,
		`{"network":{"transmitted_at":"0000-01-01T00:00:00+23:59"}}`, `{"card_number":"4111111111111112"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var sent authorisation
		if json.Unmarshal(body, &sent) != nil {
			return // pkg/edge's own fuzzing covers what is no JSON.
		}
		asked, err := requestOf(sent)
		if err != nil {
			if !errs.Is(err, errs.BadRequest) || errs.Of(err).Message == "" {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		if sent.Amount != nil && (asked.GetAmount().GetMinor() != *sent.Amount.Minor ||
			asked.GetAmount().GetCurrency() != sent.Amount.Currency) {
			t.Fatalf("%v became %v", sent.Amount, asked.GetAmount())
		}
		if asked.GetCardNumber() != sent.CardNumber.Reveal() || asked.GetCardId() != sent.CardID {
			t.Fatal("another card is asked for")
		}
	})
}
