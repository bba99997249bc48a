package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"farthing/e2e/world"
	"farthing/pkg/clock"
	"farthing/service.auth/door/doortest"
	authproto "farthing/service.auth/proto"
)

const callback = "http://localhost:8080/callback"

// app is a program of somebody else's that stands on a library, and its user at a browser.
type app struct {
	world   *world.World
	config  oauth2.Config
	browser *doortest.Browser
	user    *world.Customer
}

// newApp registers a program for a customer.
func newApp(t *testing.T, w *world.World, user *world.Customer, public bool, style oauth2.AuthStyle) *app {
	t.Helper()
	made, err := authproto.NewAuthClient(w.Dial(t, "farthing", "service.auth")).CreateClient(t.Context(),
		&authproto.CreateClientRequest{Name: "Ledger Lens", Public: public, RedirectUris: []string{callback}})
	if err != nil {
		t.Fatal(err)
	}
	return &app{w, oauth2.Config{
		ClientID: made.GetClient().GetId(), ClientSecret: made.GetClientSecret(), RedirectURL: callback,
		Endpoint: oauth2.Endpoint{AuthURL: world.LoginURL, TokenURL: "http://public/oauth2/token", AuthStyle: style},
	}, doortest.New(t, w.HTTP().Transport, world.LoginURL), user}
}

// context has the library come to the world's doors.
func (a *app) context(t *testing.T) context.Context {
	return context.WithValue(t.Context(), oauth2.HTTPClient, a.world.HTTP())
}

// code is a code that the user lets the program have.
func (a *app) code(t *testing.T, options ...oauth2.AuthCodeOption) string {
	t.Helper()
	before := len(a.world.Mails(t))
	page := a.browser.Ask(a.config.AuthCodeURL("the state", options...), a.user.Name+"@example.com")
	if page.Status != http.StatusOK {
		t.Fatalf("asking for a link was answered %d %q", page.Status, page.Title())
	}
	a.world.Eventually(t, "a mail", func() bool { return len(a.world.Mails(t)) > before })
	mails := a.world.Mails(t)
	location, err := url.Parse(a.browser.Approve(a.browser.Follow(doortest.LinkIn(mails[len(mails)-1]))))
	if err != nil {
		t.Fatal(err)
	}
	answer := location.Query()
	if !strings.HasPrefix(location.String(), callback+"?") || answer.Get("state") != "the state" ||
		answer.Get("iss") != world.LoginURL {
		t.Fatalf("the browser is sent to %s", location)
	}
	return answer.Get("code")
}

func (a *app) login(t *testing.T) *oauth2.Token {
	t.Helper()
	verifier := oauth2.GenerateVerifier()
	code := a.code(t, oauth2.S256ChallengeOption(verifier))
	token, err := a.config.Exchange(a.context(t), code, oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatalf("redeeming: %v", err)
	}
	return token
}

// ask is what the API answers a token: the status, and the code of an error.
func (a *app) ask(t *testing.T, token, path string) (int, string) {
	t.Helper()
	return a.askWith(t, oauth2.NewClient(a.context(t), oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})), path)
}

func (a *app) askWith(t *testing.T, client *http.Client, path string) (int, string) {
	t.Helper()
	method := http.MethodGet
	if verb, rest, ok := strings.Cut(path, " "); ok {
		method, path = verb, rest
	}
	req, err := http.NewRequestWithContext(t.Context(), method, "http://public"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	rsp, err := client.Do(req)
	if err != nil {
		t.Fatalf("asking %s: %v", path, err)
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(rsp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var fault struct{ Code string }
	if err := json.Unmarshal(body, &fault); err != nil {
		t.Fatalf("%s answered what is no JSON: %s", path, body)
	}
	return rsp.StatusCode, fault.Code
}

const evicted = "unauthorized.bad_access_token.evicted"

func (a *app) want(t *testing.T, token, path string, status int, code string) {
	t.Helper()
	if gotStatus, gotCode := a.ask(t, token, path); gotStatus != status || gotCode != code {
		t.Errorf("%s answered %d %s, want %d %s", path, gotStatus, gotCode, status, code)
	}
}

func TestAProgramThatStandsOnALibraryIsLetInAndStaysIn(t *testing.T) {
	w := world.New(t, world.Options{})
	for name, style := range map[string]oauth2.AuthStyle{
		"form": oauth2.AuthStyleInParams, "header": oauth2.AuthStyleInHeader, "whichever": oauth2.AuthStyleAutoDetect,
	} {
		t.Run(name, func(t *testing.T) {
			alice := w.Customer(t, name, 100_00)
			a := newApp(t, w, alice, false, style)
			first := a.login(t)
			if first.TokenType != "Bearer" || first.Extra("user_id") != alice.UserID || first.ExpiresIn != 21600 {
				t.Fatalf("it was given a %s token of %v for %d s", first.TokenType, first.Extra("user_id"), first.ExpiresIn)
			}
			old := *first
			old.Expiry = clock.Real{}.Now().Add(-time.Minute) // The library refreshes by itself.
			client := a.config.Client(a.context(t), &old)
			for range 2 {
				if status, code := a.askWith(t, client, "/balance?account_id="+alice.AccountID); status != http.StatusOK {
					t.Fatalf("it was answered %d %s", status, code)
				}
			}
			a.want(t, first.AccessToken, "/accounts", http.StatusUnauthorized, evicted)
			second := a.login(t)
			if status, code := a.askWith(t, client, "/accounts"); code != evicted {
				t.Errorf("after another approval the tokens before it are answered %d %s", status, code)
			}
			a.want(t, second.AccessToken, "POST /oauth2/logout", http.StatusOK, "")
			a.want(t, second.AccessToken, "/ping/whoami", http.StatusUnauthorized, evicted)
			wantRefused(t, a, second.RefreshToken, "bad_request.refresh_token.evicted")
		})
	}
}

// wantRefused wants a refresh to be refused in the words of RFC 6749, and with a code of the API's.
func wantRefused(t *testing.T, a *app, refreshToken, code string) {
	t.Helper()
	_, err := a.config.TokenSource(a.context(t), &oauth2.Token{RefreshToken: refreshToken}).Token()
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok || refused.ErrorCode != "invalid_grant" || !strings.Contains(string(refused.Body), code) {
		t.Errorf("refreshing was answered %v", err)
	}
}

func TestAProgramOnADeviceIsLetInByPKCEAlone(t *testing.T) {
	w := world.New(t, world.Options{})
	a := newApp(t, w, w.Customer(t, "alice", 100_00), true, oauth2.AuthStyleInParams)
	token := a.login(t)
	if token.RefreshToken != "" {
		t.Error("it was given a refresh token")
	}
	a.want(t, token.AccessToken, "/accounts", http.StatusOK, "")
	verifier := oauth2.GenerateVerifier()
	code := a.code(t, oauth2.S256ChallengeOption(verifier))
	for name, options := range map[string][]oauth2.AuthCodeOption{
		"without a verifier": nil, "with another": {oauth2.VerifierOption(oauth2.GenerateVerifier())},
	} {
		_, err := a.config.Exchange(a.context(t), code, options...)
		if refused, ok := errors.AsType[*oauth2.RetrieveError](err); !ok || refused.ErrorCode != "invalid_grant" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := a.config.Exchange(a.context(t), code, oauth2.VerifierOption(verifier)); err != nil {
		t.Errorf("with its own: %v", err)
	}
	_, err := a.config.Exchange(a.context(t), code, oauth2.VerifierOption(verifier))
	if err == nil {
		t.Error("the code was good twice")
	}
}

func TestOldHistoryAndSensitiveCallsNeedAFreshApproval(t *testing.T) {
	w := world.New(t, world.Options{})
	alice := w.Customer(t, "alice", 100_00)
	old := w.Swipe(t, alice, "old", 3_50, pret).TransactionID
	w.Clock.AdvanceTo(w.Clock.Now().Add(91 * 24 * time.Hour))
	w.Swipe(t, alice, "new", 1_00, pret)
	a := newApp(t, w, alice, false, oauth2.AuthStyleInParams)
	token := a.login(t)
	of := "/transactions?account_id=" + alice.AccountID
	since := func(days int) string {
		return fmt.Sprintf("%s&since=%s", of, w.Clock.Now().AddDate(0, 0, -days).Format(time.RFC3339))
	}
	replace := "POST /card-replacement/order?card_id=" + alice.CardID
	for _, path := range []string{since(100), of, "/transactions/" + old} {
		a.want(t, token.AccessToken, path, http.StatusOK, "")
	}
	w.Clock.AdvanceTo(w.Clock.Now().Add(5 * time.Minute))
	fresh, err := a.config.TokenSource(a.context(t), &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
	if err != nil {
		t.Fatal(err)
	}
	const verification = "forbidden.verification_required"
	for _, path := range []string{since(90), since(100), "/transactions/" + old, replace} {
		a.want(t, fresh.AccessToken, path, http.StatusForbidden, verification) // A refresh is no approval.
	}
	for _, path := range []string{since(89), of} {
		a.want(t, fresh.AccessToken, path, http.StatusOK, "")
	}
	a.want(t, a.login(t).AccessToken, replace, http.StatusOK, "")
	if len(w.Transactions(t, alice)) != 2 { // With an operator's token, which stays approved.
		t.Error("the customer's own token does not see all")
	}
}
