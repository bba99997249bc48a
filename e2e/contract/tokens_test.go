package contract

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"farthing/e2e/seeded"
	"farthing/e2e/world"
	"farthing/service.api/openapi/openapitest"
	"farthing/service.auth/door/doortest"
	authproto "farthing/service.auth/proto"
)

// TestTheExamplesOfTokensAreTrue lets a program in, redeems its code and refreshes, as the examples do, each in both
// kinds of body.
func TestTheExamplesOfTokensAreTrue(t *testing.T) {
	w, _ := bank(t)
	document := documented(t)
	o, _ := document.Find(http.MethodPost, "/oauth2/token")
	for n, example := range o.Requests {
		user := w.Customer(t, fmt.Sprintf("customer%d", n), 0)
		values := letIn(t, w, user)
		if example.Name == "RefreshToken" { // It takes a code to have one.
			answer := ask(t, w, o, openapitest.Example{Media: seeded.JSON, Value: map[string]any{
				"grant_type": "authorization_code", "code": values["code"], "redirect_uri": callback,
				"client_id": values["client_id"], "client_secret": values["client_secret"],
			}})
			given, _ := answer.(map[string]any)
			values = map[string]any{
				"client_id": values["client_id"], "client_secret": values["client_secret"],
				"refresh_token": given["refresh_token"], "grant_type": "refresh_token",
			}
		}
		fields, _ := example.Value.(map[string]any)
		if len(fields) != len(values) {
			t.Errorf("%s has %d fields, want %d", example.Name, len(fields), len(values))
		}
		example.Value = values
		wantLike(t, document, o, []any{ask(t, w, o, example)})
	}
	values := letIn(t, w, w.Customer(t, "mallory", 0))
	values["client_secret"] = "wrong"
	got := ask(t, w, o, openapitest.Example{Media: seeded.Form, Value: values})
	for _, example := range document.Answers(o) {
		if example.Name == "BadClient" && !covers(got, example.Value) {
			t.Errorf("a wrong secret: got %s", shape(got))
		}
	}
}

const callback = "http://localhost:8080/callback"

// letIn is what the example RedeemCode sends, for a program that a customer has let in.
func letIn(t *testing.T, w *world.World, user *world.Customer) map[string]any {
	t.Helper()
	made, err := authproto.NewAuthClient(w.Dial(t, "farthing", "service.auth")).CreateClient(t.Context(),
		&authproto.CreateClientRequest{Name: "Ledger Lens", RedirectUris: []string{callback}})
	if err != nil {
		t.Fatal(err)
	}
	client := made.GetClient().GetId()
	browser, before := doortest.New(t, w.HTTP().Transport, world.LoginURL), len(w.Mails(t))
	browser.Ask(world.LoginURL+"/?"+url.Values{
		"client_id": {client}, "redirect_uri": {callback}, "response_type": {"code"}, "state": {"s"},
	}.Encode(), user.Name+"@example.com")
	w.Eventually(t, "a mail", func() bool { return len(w.Mails(t)) > before })
	mails := w.Mails(t)
	location, err := url.Parse(browser.Approve(browser.Follow(doortest.LinkIn(mails[len(mails)-1]))))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{
		"grant_type": "authorization_code", "client_id": client, "client_secret": made.GetClientSecret(),
		"redirect_uri": callback, "code": location.Query().Get("code"),
	}
}

func ask(t *testing.T, w *world.World, o openapitest.Operation, example openapitest.Example) any {
	t.Helper()
	nobody := seeded.Nobody()
	return read(seeded.Ask(t, w, "", nobody.Request(t, o, &example)).Body)
}
