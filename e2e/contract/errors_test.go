package contract

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"farthing/e2e/seeded"
	"farthing/e2e/world"
	"farthing/pkg/foundation"
	authproto "farthing/service.auth/proto"
)

// TestEveryErrorIsLikeItsExample provokes each error that takes no load and no fault. The world holds all answers
// against their schemas.
func TestEveryErrorIsLikeItsExample(t *testing.T) {
	w, receiver := bank(t)
	c := seeded.New(t, w, receiver, "alice")
	pot := c.Own("/pots/pot_0000BCGus2RhjDVscRx7eF")
	rename := func(name string) seeded.Request {
		return seeded.Request{
			Method: http.MethodPatch, Path: pot, Media: seeded.Form, Body: []byte("name=" + name), Key: "the same",
		}
	}
	seeded.Ask(t, w, c.Token, rename("Porto"))
	accounts := seeded.Request{Method: http.MethodGet, Path: "/accounts"}
	balance := seeded.Request{Method: http.MethodGet, Path: "/balance"}
	nobodys := balance
	nobodys.Query = "account_id=acc_0000BCGus2Rhhxg0bXmXLb"
	answers := map[string]world.Answer{
		"400": seeded.Ask(t, w, c.Token, balance),
		"401": seeded.Ask(t, w, "nobody", accounts),
		"403": seeded.Ask(t, w, w.Token(t, c.Customer, 60, "cards:read"), accounts),
		"404": seeded.Ask(t, w, c.Token, nobodys),
		"409": seeded.Ask(t, w, c.Token, rename("Lagos")),
		"412": seeded.Ask(t, w, c.Token, seeded.Request{
			Method: http.MethodPut, Path: pot + "/withdraw", Media: seeded.Form,
			Body: []byte("amount=2001&dedupe_id=much&destination_account_id=" + c.AccountID),
		}),
	}
	picky, err := w.Ask(t.Context(), foundation.Public, http.MethodGet, "/accounts", nil, "Accept", "text/html")
	if err != nil {
		t.Fatal(err)
	}
	answers["406"] = picky
	tried := 0
	for _, o := range documented(t).Operations() {
		if o.ID != "getBalance" && o.ID != "withdrawFromPot" {
			continue
		}
		for _, example := range documented(t).Answers(o) {
			got, ok := answers[example.Status]
			if !ok {
				continue
			}
			tried++
			if diff := cmp.Diff(example.Value, read(got.Body)); diff != "" {
				t.Errorf("%s %s: the example (-) and the answer (+) differ:\n%s", o.ID, example.Status, diff)
			}
		}
	}
	if tried < len(answers) {
		t.Errorf("only %d examples were tried", tried)
	}
}

func TestTheScopesAreThoseOfTheBank(t *testing.T) {
	bank := authproto.Scopes()
	slices.Sort(bank)
	if diff := cmp.Diff(bank, documented(t).Scopes()); diff != "" {
		t.Errorf("the bank's scopes (-) and the document's (+) differ:\n%s", diff)
	}
}
