package handler

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/edge/edgetest"
	"farthing/pkg/errs"
	authproto "farthing/service.auth/proto"
)

const (
	codeForm    = "grant_type=authorization_code&redirect_uri=https://app.example/cb?a%3D1&code=good"
	refreshForm = "grant_type=refresh_token&refresh_token=good"
	clientForm  = "&client_id=oauth2client_1&client_secret=s3cret"
)

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

func TestATokenObjectHasEveryFieldAndItsType(t *testing.T) {
	for _, form := range []string{codeForm, refreshForm} {
		rsp := newBank().serve(t).Form("POST", "/oauth2/token", form+clientForm)
		want := `{"access_token":"farthing_at_x","client_id":"oauth2client_1","expires_in":21600,` +
			`"refresh_token":"farthing_rt_x","scope":"accounts:read feed:read","token_type":"Bearer","user_id":"` + alice +
			`"}` + "\n"
		if rsp.Status != http.StatusOK || string(rsp.Body) != want {
			t.Errorf("%s: got %d %s", form, rsp.Status, rsp.Body)
		}
		if got := rsp.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("it may be kept: %q", got)
		}
	}
}

func TestAClientThatHasNoSecretGetsNoFieldForARefreshToken(t *testing.T) {
	rsp := newBank().serve(t).Form("POST", "/oauth2/token", codeForm+"&client_id=oauth2client_1&code_verifier=v")
	if rsp.Status != http.StatusOK || strings.Contains(string(rsp.Body), "refresh_token") {
		t.Errorf("got %d %s", rsp.Status, rsp.Body)
	}
}

func TestCredentialsComeInTheFormOrInAHeader(t *testing.T) {
	both := &authproto.Credentials{ClientId: "oauth2client_1", ClientSecret: "s3cret"}
	for name, c := range map[string]struct {
		header, form string
		want         *authproto.Credentials
	}{
		"form":                     {"", clientForm, both},
		"form, a stale token":      {"Bearer farthing_at_stale", clientForm, both},
		"form, nonsense":           {"Basic !", clientForm, both},
		"basic":                    {basic("oauth2client_1", "s3cret"), "", both},
		"basic and form":           {basic("oauth2client_1", "s3cret"), clientForm, both},
		"basic and the id":         {basic("oauth2client_1", "s3cret"), "&client_id=oauth2client_1", both},
		"basic id, secret in form": {basic("oauth2client_1", ""), clientForm, both},
		"only a secret":            {"", "&client_secret=s3cret", &authproto.Credentials{ClientSecret: "s3cret"}},
	} {
		b := newBank()
		b.serve(t).With("Authorization", c.header).Form("POST", "/oauth2/token", refreshForm+c.form).Into(new(any))
		want := []proto.Message{&authproto.RefreshRequest{Credentials: c.want, RefreshToken: "good"}}
		if diff := cmp.Diff(want, b.changes, protocmp.Transform()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestACodeIsRedeemedAsItCame(t *testing.T) {
	b := newBank()
	b.serve(t).JSON("POST", "/oauth2/token", `{"grant_type":"authorization_code","code":"good","client_id":"c",`+
		`"client_secret":"s","redirect_uri":"https://app.example/cb","code_verifier":"v"}`).Into(new(any))
	want := []proto.Message{&authproto.RedeemRequest{
		Credentials: &authproto.Credentials{ClientId: "c", ClientSecret: "s"}, Code: "good",
		RedirectUri: "https://app.example/cb", CodeVerifier: "v",
	}}
	if diff := cmp.Diff(want, b.changes, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestAGrantThatIsRefusedSaysWhyInBothWays(t *testing.T) {
	for name, c := range map[string]struct {
		header, form string
		fails        error
		status       int
		code, oauth  string
	}{
		"no grant type": {
			form: clientForm, status: 400, code: "bad_request.missing_param.grant_type", oauth: "invalid_request",
		},
		"password": {
			form: "grant_type=password" + clientForm, status: 400, code: "bad_request.bad_param.grant_type",
			oauth: "unsupported_grant_type",
		},
		"no code": {
			form: "grant_type=authorization_code&redirect_uri=x" + clientForm, status: 400,
			code: "bad_request.missing_param.code", oauth: "invalid_request",
		},
		"no redirect": {
			form: "grant_type=authorization_code&code=good" + clientForm, status: 400,
			code: "bad_request.missing_param.redirect_uri", oauth: "invalid_request",
		},
		"no refresh token": {
			form: "grant_type=refresh_token" + clientForm, status: 400, code: "bad_request.missing_param.refresh_token",
			oauth: "invalid_request",
		},
		"a bad code": {
			form: strings.Replace(codeForm, "good", "bad", 1) + clientForm, status: 400,
			code: "bad_request.authorization_code.invalid", oauth: "invalid_grant",
		},
		"an old refresh token": {
			form: strings.Replace(refreshForm, "good", "old", 1) + clientForm, status: 400,
			code: "bad_request.refresh_token.evicted", oauth: "invalid_grant",
		},
		"two clients": {
			header: basic("other", "s3cret"), form: codeForm + clientForm, status: 400,
			code: "bad_request.bad_param.client_id", oauth: "invalid_request",
		},
		"no text": {
			header: basic("\xff", "\xfe"), form: codeForm, status: 400, code: "bad_request.bad_param.Authorization",
			oauth: "invalid_request",
		},
		"a wrong secret": {
			form: codeForm + clientForm, fails: errs.New("unauthorized.bad_client_credentials", "No"), status: 401,
			code: "unauthorized.bad_client_credentials", oauth: "invalid_client",
		},
		"nobody there": {
			form: codeForm + clientForm, fails: errs.New(errs.Unavailable, "Later"), status: 503, code: "unavailable",
		},
	} {
		b := newBank()
		if c.fails != nil {
			b.fails["auth"] = c.fails
		}
		var got struct{ Error string }
		rsp := b.serve(t).With("Authorization", c.header).Form("POST", "/oauth2/token", c.form).Refused(c.status, c.code)
		if into(t, rsp, &got); got.Error != c.oauth {
			t.Errorf("%s: it is called %q, want %q", name, got.Error, c.oauth)
		}
	}
}

func TestLoggingOutEndsTheTokenThatItIsAskedWith(t *testing.T) {
	for _, path := range []string{"/oauth2/logout", "/ping/logout", "/oauth2/logout/"} {
		b := newBank()
		if rsp := b.serve(t).As("alice").Do("POST", path, nil); string(rsp.Body) != `{"ok":true}`+"\n" {
			t.Errorf("%s: got %d %s", path, rsp.Status, rsp.Body)
		}
		want := []proto.Message{&authproto.RevokeRequest{AccessToken: "alice"}}
		if diff := cmp.Diff(want, b.changes, protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
		b.fails["auth"] = errs.New(errs.Unavailable, "Later")
		b.serve(t).As("alice").Do("POST", path, nil).Refused(http.StatusServiceUnavailable, "unavailable")
	}
}

func TestNoSecretOfAClientIsAnswered(t *testing.T) {
	b := newBank()
	b.fails["auth"] = errs.New("unauthorized.bad_client_credentials", "No")
	doors := []*edgetest.Door{b.serve(t), b.serve(t).With("Authorization", basic("oauth2client_1", "s3cret"))}
	for _, door := range doors {
		if rsp := door.Form("POST", "/oauth2/token", codeForm+clientForm); strings.Contains(string(rsp.Body), "s3cret") {
			t.Errorf("got %s", rsp.Body)
		}
	}
}
