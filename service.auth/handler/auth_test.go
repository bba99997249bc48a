package handler

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	"farthing/pkg/store/faults"
	authproto "farthing/service.auth/proto"
)

// issue is a token for an hour.
func (b *bank) issue(t testing.TB) *authproto.IssueResponse {
	t.Helper()
	rsp, err := b.auth.Issue(t.Context(), &authproto.IssueRequest{
		UserId: user, ClientId: "cli", Scopes: []string{"feed:read", "cards:write"}, LifetimeSeconds: 3600,
	})
	if err != nil {
		t.Fatalf("issuing: %v", err)
	}
	return rsp
}

func TestATokenSaysWhoseItIs(t *testing.T) {
	b := newBank(t, nil)
	issued := b.issue(t)
	got, err := b.check(t, issued.GetAccessToken())
	if err != nil {
		t.Fatal(err)
	}
	want := &authproto.CheckResponse{
		UserId: user, ClientId: "cli", Scopes: []string{"feed:read", "cards:write"}, ExpiresMs: issued.GetExpiresMs(),
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Fatal(diff)
	}
	if again := b.issue(t); again.GetAccessToken() == issued.GetAccessToken() {
		t.Error("two tokens are the same")
	}
}

func TestATokenEndsAtItsTime(t *testing.T) {
	b := newBank(t, nil)
	issued := b.issue(t)
	expires := time.UnixMilli(issued.GetExpiresMs())
	b.Clock.AdvanceTo(expires.Add(-time.Minute))
	if _, err := b.check(t, issued.GetAccessToken()); err != nil {
		t.Errorf("a minute before its end: %v", err)
	}
	b.Clock.AdvanceTo(expires)
	_, err := b.check(t, issued.GetAccessToken())
	wantCode(t, err, "unauthorized.bad_access_token.expired")
}

func TestARevokedTokenIsDeadAtOnceAndForEver(t *testing.T) {
	b := newBank(t, nil)
	issued, other := b.issue(t), b.issue(t)
	for range 2 { // Repeating it is harmless.
		if err := b.revoke(t, issued.GetAccessToken()); err != nil {
			t.Fatal(err)
		}
		_, err := b.check(t, issued.GetAccessToken())
		wantCode(t, err, "unauthorized.bad_access_token.evicted")
	}
	b.Clock.AdvanceTo(time.UnixMilli(issued.GetExpiresMs()).Add(-time.Minute))
	if _, err := b.check(t, other.GetAccessToken()); err != nil {
		t.Errorf("another token of the same bearer: %v", err)
	}
}

func TestARevocationThatArrivesLateStillHolds(t *testing.T) {
	// The first conditional write issues, the second revokes.
	b := newBank(t, faults.Script(faults.Apply, faults.None, faults.UnknownLate))
	token := b.issue(t).GetAccessToken()
	wantCode(t, b.revoke(t, token), errs.OutcomeUnknown)
	b.Settle(t)
	_, err := b.check(t, token)
	wantCode(t, err, "unauthorized.bad_access_token.evicted")
}

func TestWhatNobodyWasIssuedIsRefused(t *testing.T) {
	b := newBank(t, nil)
	token := b.issue(t).GetAccessToken()
	for _, wrong := range []string{
		"x", token[:len(token)-1], token + "x", strings.ToUpper(token), " " + token, "farthing_at_",
		"Bearer " + token, strings.Repeat("x", 100_000),
	} {
		if err := b.revoke(t, wrong); err != nil {
			t.Errorf("revoking what nobody was issued: %v", err)
		}
		_, err := b.check(t, wrong)
		wantCode(t, err, "unauthorized.bad_access_token")
	}
	_, err := b.check(t, "")
	wantCode(t, err, "bad_request.missing_param.access_token")
	wantCode(t, b.revoke(t, ""), "bad_request.missing_param.access_token")
}

func TestEveryCheckCostsOneRead(t *testing.T) {
	b := newBank(t, nil)
	valid, dead := b.issue(t).GetAccessToken(), b.issue(t).GetAccessToken()
	if err := b.revoke(t, dead); err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{"valid": valid, "revoked": dead, "malformed": "x"} {
		before := b.Counter.Counts()
		_, _ = b.check(t, token)
		after := b.Counter.Counts()
		before[faults.Range]++
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestARefusedIssueMakesNoToken(t *testing.T) {
	b := newBank(t, nil)
	rsp, err := b.auth.Issue(t.Context(), &authproto.IssueRequest{
		UserId: user, ClientId: "cli", Scopes: []string{"everything"}, LifetimeSeconds: 3600,
	})
	wantCode(t, err, "bad_request.bad_param.scopes")
	if rsp.GetAccessToken() != "" || b.Counter.Counts()[faults.Apply] != 0 {
		t.Errorf("got %v", rsp)
	}
}

func TestATokenIsInNoErrorAndNoLog(t *testing.T) {
	var mu sync.Mutex
	down := false
	b := newBank(t, func(faults.Op) faults.Fault {
		mu.Lock()
		defer mu.Unlock()
		if down {
			return faults.Unavailable
		}
		return faults.None
	})
	p := b.program(t)
	tokens, code := p.login(t, "feed:read"), p.code(t, "feed:read")
	token := tokens.GetAccessToken()
	said := new(strings.Builder)
	say := func(rsp any, err error) { fmt.Fprintf(said, "%v %v %+v %#v\n", rsp, err, err, err) }
	try := func(more string) {
		rsp, err := b.check(t, token+more)
		say(rsp, err)
		say(nil, b.revoke(t, token+more))
		_, err = p.redeem(t, code+more)
		say(nil, err)
		_, err = p.refresh(t, tokens.GetRefreshToken()+more)
		say(nil, err)
		wrong := p.redemption(code)
		wrong.Credentials.ClientSecret += "x" + more
		_, err = p.auth.Redeem(t.Context(), wrong)
		say(nil, err)
	}
	try("x")
	try("")
	try("")
	mu.Lock()
	down = true
	mu.Unlock()
	try("")
	for what, secret := range map[string]string{
		"access token": token, "refresh token": tokens.GetRefreshToken(), "code": code, "client's secret": p.secret,
	} {
		secret = secret[len("farthing_xx_"):][:20]
		if strings.Contains(said.String(), secret) {
			t.Errorf("the %s was answered", what)
		}
		if strings.Contains(b.Logged(), secret) {
			t.Errorf("the %s was logged", what)
		}
	}
	if !strings.Contains(b.Logged(), "request failed") {
		t.Error("nothing was logged: the test looks in the wrong place")
	}
}
