package edge_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/edge"
	"farthing/pkg/edge/edgetest"
	"farthing/pkg/pan"
)

// swipe is a body as a card processor sends it.
type swipe struct {
	ID       string     `json:"id"`
	PAN      pan.Number `json:"pan"`
	Amount   amount     `json:"amount"`
	Contact  bool       `json:"contactless"`
	MCC      int32      `json:"mcc"`
	Tags     []string   `json:"tags"`
	Optional *string    `json:"optional"`
}

type amount struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

func decoding(t *testing.T, seen *swipe) *edgetest.Door {
	t.Helper()
	return serveOne(t, func(req edge.Request) edge.Response {
		*seen = swipe{}
		if err := req.Decode(seen); err != nil {
			return edge.Error(err)
		}
		return edge.OK(nil)
	})
}

func TestAStrictBodyIsDecodedExactly(t *testing.T) {
	var got swipe
	decoding(t, &got).JSON("POST", "/x", `{"id":"a\u0301","amount":{"minor":9007199254740993,"currency":"GBP"},
		"pan":"4111111111111111","contactless":true,"mcc":5814,"tags":["a","a"],"unknown":{"id":1,"x":[{"id":2}]}}`).
		Into(&struct{}{})
	card, err := pan.Parse("pan", "4111111111111111")
	if err != nil {
		t.Fatal(err)
	}
	want := swipe{
		ID: "a\u0301", PAN: card, Amount: amount{1<<53 + 1, "GBP"}, Contact: true, MCC: 5814, Tags: []string{"a", "a"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("decoded wrongly:\n%s", diff)
	}
}

func TestAStrictBodyNamesWhatIsWrongWithIt(t *testing.T) {
	var seen swipe
	door := decoding(t, &seen)
	for body, want := range map[string]struct{ code, message string }{
		"":                         {"missing_body", "it is empty"},
		" \n":                      {"missing_body", "it is empty"},
		"null":                     {"bad_body", "JSON object"},
		"[]":                       {"bad_body", "JSON object"},
		`"id"`:                     {"bad_body", "JSON object"},
		`{"id":"a"} trailing`:      {"bad_body", "nothing after"},
		`{"id":"a"}{}`:             {"bad_body", "nothing after"},
		`{"id":"a"`:                {"bad_body", "well-formed"},
		"{\"id\":\"\xff\"}":        {"bad_body", "valid UTF-8"},
		"{\"id\":\"\x01\"}":        {"bad_body", "well-formed"},
		`{"id":5}`:                 {"bad_param.id", "must be a string"},
		`{"id":{}}`:                {"bad_param.id", "must be a string"},
		`{"amount":"1.00"}`:        {"bad_param.amount", "must be an object"},
		`{"amount":5}`:             {"bad_param.amount", "must be an object"},
		`{"amount":{"minor":"5"}}`: {"bad_param.amount.minor", "must be a whole number"},
		`{"amount":{"minor":1.5}}`: {"bad_param.amount.minor", "must be a whole number"},
		`{"amount":{"minor":1e3}}`: {"bad_param.amount.minor", "must be a whole number"},
		`{"amount":{"minor":1` + "0000000000000000000}}": {"bad_param.amount.minor", "must fit 64 bits"},
		`{"contactless":"true"}`:                         {"bad_param.contactless", "true or false"},
		`{"mcc":99999999999}`:                            {"bad_param.mcc", "whole number within its range"},
		`{"mcc":"5814"}`:                                 {"bad_param.mcc", "must be a whole number"},
		`{"tags":"a"}`:                                   {"bad_param.tags", "must be a list"},
		`{"tags":[1]}`:                                   {"bad_param.tags", "must be a string"},
		`{"pan":4111111111111111}`:                       {"bad_param.pan", "must be a string"},
		`{"pan":"4111111111111112"}`:                     {"bad_param.pan", "check digit"},
		`{"id":"a","id":"a"}`:                            {"bad_param.id", "only once"},
		`{"id":"a","ID":"b"}`:                            {"bad_param.ID", "only once"},
		`{"id":"a","\u0069d":"b"}`:                       {"bad_param.id", "only once"},
		`{"amount":{"minor":1,"minor":2}}`:               {"bad_param.amount.minor", "only once"},
		`{"x":[1,{"y":"]}\"","y":[]}]}`:                  {"bad_param.x.y", "only once"},
		`{"":1,"":2}`:                                    {"bad_param.", "only once"},
		`{"x":{` + manyNames(101) + `}}`:                 {"bad_body", "100 in one object"},
		strings.Repeat(`{"a":`, 20000):                   {"bad_body", "well-formed"},
	} {
		rsp := door.JSON("POST", "/x", body).Refused(http.StatusBadRequest, "bad_request."+want.code)
		if !strings.Contains(string(rsp.Body), want.message) {
			t.Errorf("%.60s: got %s, want it to say %q", body, rsp.Body, want.message)
		}
		if strings.Contains(string(rsp.Body), "411111") {
			t.Errorf("the answer quotes a card's number: %s", rsp.Body)
		}
	}
}

func TestAStrictBodyMustBeJSON(t *testing.T) {
	var seen swipe
	door := decoding(t, &seen)
	door.Form("POST", "/x", "id=a").Refused(http.StatusBadRequest, "bad_request.bad_content_type")
	door.Do("POST", "/x", strings.NewReader(`{"id":"a"}`)).Into(&struct{}{})
	if seen.ID != "a" {
		t.Fatalf("a body without a type was read as %+v", seen)
	}
}

func manyNames(n int) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`"n%d":0`, i)
	}
	return strings.Join(members, ",")
}
