package logic_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"farthing/service.auth/logic"
	authproto "farthing/service.auth/proto"
)

// The example of RFC 7636, appendix B.
const (
	rfcVerifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	rfcChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

func asked() logic.Asked {
	return logic.Asked{
		ClientID: "oauth2client_1", RedirectURI: "https://app.example/cb", ResponseType: "code", State: "xyz",
	}
}

func TestAChallengeIsThatOfTheRFC(t *testing.T) {
	if got := logic.ChallengeOf(rfcVerifier); got != rfcChallenge {
		t.Errorf("got %s", got)
	}
}

func TestWhatAClientMayAskFor(t *testing.T) {
	public, own, limited := client(), client(), client()
	public.Public, own.FirstParty, limited.Scopes = true, true, []string{"feed:read", "pots:read"}
	type request = *logic.Asked
	challenged := func(challenge, method string) func(request) {
		return func(a request) { a.Challenge, a.ChallengeMethod = challenge, method }
	}
	const invalid, s256 = "invalid_request", "S256"
	some := func(a request) { a.Scope = "pots:read  feed:read pots:read" }
	for name, c := range map[string]struct {
		client logic.Client
		change func(request)
		scopes []string
		fault  string
	}{
		"all there is":           {client(), func(request) {}, authproto.Scopes(), ""},
		"all it may have":        {limited, func(request) {}, limited.Scopes, ""},
		"some":                   {client(), some, []string{"pots:read", "feed:read"}, ""},
		"an unknown scope":       {client(), func(a request) { a.Scope = "feed:read openid" }, nil, "invalid_scope"},
		"a scope of others":      {limited, func(a request) { a.Scope = "feed:read cards:write" }, nil, "invalid_scope"},
		"no response type":       {client(), func(a request) { a.ResponseType = "" }, nil, invalid},
		"a token at once":        {client(), func(a request) { a.ResponseType = "token" }, nil, "unsupported_response_type"},
		"a long state":           {client(), func(a request) { a.State = strings.Repeat("s", 2001) }, nil, invalid},
		"PKCE":                   {client(), challenged(rfcChallenge, s256), authproto.Scopes(), ""},
		"a public one with PKCE": {public, challenged(rfcChallenge, s256), authproto.Scopes(), ""},
		"a public one without":   {public, func(request) {}, nil, invalid},
		"the bank's own with":    {own, challenged(rfcChallenge, s256), authproto.Scopes(), ""},
		"the bank's own without": {own, func(request) {}, nil, invalid},
		"plain":                  {client(), challenged(rfcVerifier, "plain"), nil, invalid},
		"no method":              {client(), challenged(rfcChallenge, ""), nil, invalid},
		"only a method":          {client(), challenged("", s256), nil, invalid},
		"s256":                   {client(), challenged(rfcChallenge, "s256"), nil, invalid},
		"a short challenge":      {client(), challenged(rfcChallenge[:42], s256), nil, invalid},
		"a padded challenge":     {client(), challenged(rfcChallenge+"=", s256), nil, invalid},
	} {
		a := asked()
		c.change(&a)
		got, fault := c.client.Authorise(a)
		if (fault == nil) != (c.fault == "") || fault != nil && fault.Code != c.fault {
			t.Errorf("%s: got %v, want %q", name, fault, c.fault)
			continue
		}
		if diff := cmp.Diff(c.scopes, got.Scopes); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestABrowserIsSentBackToWhereItWasToBeAndNowhereElse(t *testing.T) {
	const issuer = "https://login.example"
	for _, uri := range []string{
		"https://app.example/cb", "https://app.example/cb?a=1&b=%20", "http://localhost", "com.example.app:/cb",
	} {
		a := logic.Authorisation{RedirectURI: uri, State: "a b&code=x#%"}
		for _, location := range []string{a.Approved(issuer, "farthing_ac_x"), a.Refused(issuer, logic.ErrDenied())} {
			if !strings.HasPrefix(location, uri) {
				t.Errorf("%s begins otherwise", location)
			}
			parsed, err := url.Parse(location)
			if err != nil {
				t.Fatal(err)
			}
			q := parsed.Query()
			if q.Get("state") != a.State || q.Get("iss") != issuer || parsed.Fragment != "" {
				t.Errorf("%s says %v", location, q)
			}
			if (q.Get("code") == "farthing_ac_x") == (q.Get("error") == "access_denied") || len(q["code"])+len(q["error"]) != 1 {
				t.Errorf("%s says %v", location, q)
			}
		}
	}
	stateless := logic.Authorisation{RedirectURI: "https://a.example"}
	if got := stateless.Approved(issuer, "c"); strings.Contains(got, "state") {
		t.Errorf("nobody sent a state: %s", got)
	}
}

// FuzzAuthorise reads whatever a browser may bring. Whatever it is, a browser is only ever sent where the client has
// said, and what is asked for is what the client may have.
func FuzzAuthorise(f *testing.F) {
	f.Add("client_id=oauth2client_1&redirect_uri=https://app.example/cb&response_type=code&state=x")
	f.Add("redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fa%3D1&response_type=code&scope=feed%3Aread+pots:read")
	f.Add("redirect_uri=https://evil.example/cb&code_challenge=" + rfcChallenge + "&code_challenge_method=S256")
	f.Add("redirect_uri=https://app.example/cb@evil.example&response_type=token&state=%00")
	f.Fuzz(func(t *testing.T, query string) {
		params, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		c := client()
		a := logic.AskedBy(params.Get)
		if again := logic.AskedBy(func(name string) string {
			for _, p := range a.Params() {
				if p.Name == name {
					return p.Value
				}
			}
			return ""
		}); again != a {
			t.Fatalf("a form would carry %+v on as %+v", a, again)
		}
		if !c.Redirects(a.RedirectURI) {
			return
		}
		got, fault := c.Authorise(a)
		location := got.Approved("https://login.example", "code")
		if fault != nil {
			location = got.Refused("https://login.example", *fault)
		}
		parsed, err := url.Parse(location)
		if err != nil || parsed.Host != "app.example" || parsed.Scheme != "https" || parsed.Path != "/cb" {
			t.Fatalf("it is sent to %q: %v", location, err)
		}
		for _, scope := range got.Scopes {
			if !strings.Contains(strings.Join(authproto.Scopes(), " "), scope) {
				t.Fatalf("it gets %q", scope)
			}
		}
	})
}
