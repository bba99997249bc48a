package logic_test

import (
	"strings"
	"testing"

	"farthing/pkg/errs"
	"farthing/service.auth/logic"
)

func client() logic.Client {
	return logic.Client{
		ID: "oauth2client_1", Name: "Ledger Lens", SecretHash: logic.Hash("secret"),
		RedirectURIs: []string{"https://app.example/cb", "https://app.example/cb?a=1"},
	}
}

func TestUsersAreSentBackOverTLSOrOnTheirOwnMachine(t *testing.T) {
	for uri, good := range map[string]bool{
		"https://app.example/cb": true, "https://app.example": true, "https://app.example:8443/cb?a=b&c=d": true,
		"http://localhost:8080/callback": true, "http://localhost": true, "http://127.0.0.1/cb": true,
		"http://[::1]:9/cb": true, "http://app.localhost/": true, "com.example.app:/oauth2redirect": true,
		"http://app.example/cb": false, "http://192.168.1.2/cb": false, "http://localhost.example/cb": false,
		"https:///cb": false, "https://": false, "app:/cb": false, "javascript:alert(1)": false, "data:text/html,x": false,
		"file:///etc/passwd": false, "/cb": false, "": false, "app.example/cb": false, "https://app.example/cb#x": false,
		"https://app.example/#": false, "https://user@app.example/": false, "https://user:pw@app.example/": false,
		"https://app.example/a b": false, "https://app.example/é": false, "https://app.example/\n": false,
		"https://app.example/;x": false, "https://app.example/'": false, "https://app.example/%zz": false,
		"https://app.example/" + strings.Repeat("a", 2000): false,
	} {
		c := client()
		c.RedirectURIs = []string{uri}
		err := logic.CheckClient(c)
		if (err == nil) != good || err != nil && !errs.Is(err, "bad_request.bad_param.redirect_uris") {
			t.Errorf("%q: %v", uri, err)
		}
		if err != nil && uri != "" && strings.Contains(err.Error(), uri) {
			t.Errorf("%q is quoted", uri)
		}
	}
}

func TestAClientHasANameThatCanBeSeen(t *testing.T) {
	for name, good := range map[string]bool{
		"Ledger Lens": true, "Café 42": true, strings.Repeat("é", 50): true, strings.Repeat("é", 51): false,
		"a\tb": false, "a\u202eb": false, "a\u0000": false, "\xff": false,
	} {
		c := client()
		if c.Name = name; (logic.CheckClient(c) == nil) != good {
			t.Errorf("%q: %v", name, logic.CheckClient(c))
		}
	}
	c := client()
	c.RedirectURIs = make([]string, 11)
	if err := logic.CheckClient(c); !errs.Is(err, "bad_request.bad_param.redirect_uris") {
		t.Errorf("eleven redirects: %v", err)
	}
}

func TestARedirectIsComparedLetterByLetter(t *testing.T) {
	c := client()
	for _, uri := range c.RedirectURIs {
		if !c.Redirects(uri) {
			t.Errorf("%q is not one", uri)
		}
		for i := range uri {
			if shorter := uri[:i] + uri[i+1:]; c.Redirects(shorter) {
				t.Errorf("%q is one", shorter)
			}
		}
		for _, other := range []string{uri + "/", uri + "?", uri + "#", strings.ToUpper(uri), uri + "%00", " " + uri} {
			if c.Redirects(other) {
				t.Errorf("%q is one", other)
			}
		}
	}
}

func TestOnlyWhoHasTheSecretIsTheClient(t *testing.T) {
	confidential, public := client(), client()
	public.Public, public.SecretHash = true, nil
	for secret, want := range map[string][2]bool{"secret": {true, false}, "": {false, true}, "x": {false, false}} {
		if got := [2]bool{confidential.Knows(secret), public.Knows(secret)}; got != want {
			t.Errorf("%q: got %v, want %v", secret, got, want)
		}
	}
}
