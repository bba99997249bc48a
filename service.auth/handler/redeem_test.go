package handler

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	"farthing/pkg/store/faults"
	"farthing/service.auth/logic"
	authproto "farthing/service.auth/proto"
)

func TestACodeGivesTokensThatSayWhoseTheyAre(t *testing.T) {
	p := newBank(t, nil).program(t)
	approved := p.Clock.Now()
	code := p.code(t, "feed:read", "pots:read")
	p.pass(2 * time.Minute)
	tokens, err := p.redeem(t, code)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(tokens.GetAccessToken(), "farthing_at_") ||
		!strings.HasPrefix(tokens.GetRefreshToken(), "farthing_rt_") ||
		tokens.GetExpiresInSeconds() != 21600 || tokens.GetClientId() != p.id || tokens.GetUserId() != user {
		t.Errorf("got %v", tokens)
	}
	checked, err := p.check(t, tokens.GetAccessToken())
	if err != nil {
		t.Fatal(err)
	}
	want := &authproto.CheckResponse{
		UserId: user, ClientId: p.id, Scopes: []string{"feed:read", "pots:read"}, ExpiresMs: checked.GetExpiresMs(),
		ApprovedMs: checked.GetApprovedMs(),
	}
	if diff := cmp.Diff(want, checked, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if late := time.UnixMilli(checked.GetApprovedMs()).Sub(approved); late < 0 || late > time.Minute {
		t.Errorf("it was approved %v later than it was", late)
	}
	p.pass(6*time.Hour - time.Minute)
	p.wantLive(t, tokens.GetAccessToken())
	p.pass(time.Minute)
	_, err = p.check(t, tokens.GetAccessToken())
	wantCode(t, err, "unauthorized.bad_access_token.expired")
}

func TestAClientThatCanKeepNoSecretGetsNoRefreshToken(t *testing.T) {
	p := newBank(t, nil).app(t)
	tokens := p.login(t, "feed:read")
	p.wantLive(t, tokens.GetAccessToken())
	if tokens.GetRefreshToken() != "" {
		t.Error("it got one")
	}
}

func TestTheBanksOwnClientsHaveShorterTokens(t *testing.T) {
	p := newBank(t, nil).register(t, &authproto.CreateClientRequest{
		Name: "The app", FirstParty: true, RedirectUris: []string{callback},
	})
	if got := p.login(t).GetExpiresInSeconds(); got != 600 {
		t.Errorf("they live %d seconds", got)
	}
}

func TestACodeIsGoodOnceAndASecondTimeEndsWhatItGave(t *testing.T) {
	p := newBank(t, nil).program(t)
	code := p.code(t, "feed:read")
	tokens, err := p.redeem(t, code)
	if err != nil {
		t.Fatal(err)
	}
	p.pass(time.Hour) // Though its time is over.
	for range 2 {
		_, err = p.redeem(t, code)
		wantCode(t, err, "bad_request.authorization_code.evicted")
		p.wantOver(t, tokens)
	}
	later := p.login(t, "feed:read")
	_, err = p.redeem(t, code)
	wantCode(t, err, "bad_request.authorization_code.evicted")
	p.wantLive(t, later.GetAccessToken())
}

func TestACodeIsGoodForWhoeverAskedForItAndForNobodyElse(t *testing.T) {
	b := newBank(t, nil)
	p, other, app := b.program(t), b.program(t), b.app(t)
	code, appCode := p.code(t, "feed:read"), app.code(t, "feed:read")
	const invalid, missing = "bad_request.authorization_code.invalid", "bad_request.missing_param."
	type request = *authproto.RedeemRequest
	for name, c := range map[string]struct {
		of     *program
		code   string
		change func(request)
		want   string
	}{
		"another client's code":   {other, code, func(request) {}, invalid},
		"an app's code":           {other, appCode, func(r request) { r.CodeVerifier = verifier }, invalid},
		"one letter more":         {p, code, func(r request) { r.RedirectUri += "/" }, invalid},
		"one letter less":         {p, code, func(r request) { r.RedirectUri = callback[:len(callback)-1] }, invalid},
		"another letter":          {p, code, func(r request) { r.RedirectUri = "H" + callback[1:] }, invalid},
		"no redirect":             {p, code, func(r request) { r.RedirectUri = "" }, missing + "redirect_uri"},
		"a verifier without need": {p, code, func(r request) { r.CodeVerifier = verifier }, invalid},
		"no verifier":             {app, appCode, func(r request) { r.CodeVerifier = "" }, invalid},
		"another verifier":        {app, appCode, func(r request) { r.CodeVerifier += "x" }, invalid},
		"the challenge":           {app, appCode, func(r request) { r.CodeVerifier = logic.ChallengeOf(verifier) }, invalid},
		"a wrong code":            {p, code + "x", func(request) {}, invalid},
		"no code":                 {p, "", func(request) {}, missing + "code"},
		"no client":               {p, code, func(r request) { r.Credentials = nil }, missing + "client_id"},
	} {
		req := c.of.redemption(c.code)
		c.change(req)
		if _, err := b.auth.Redeem(t.Context(), req); err == nil || errs.Of(err).Code != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
	for p, code := range map[*program]string{p: code, app: appCode} { // None of that has harmed them.
		if _, err := p.redeem(t, code); err != nil {
			t.Errorf("as it must be: %v", err)
		}
	}
}

func TestACodeIsGoodForFiveMinutes(t *testing.T) {
	p := newBank(t, nil).program(t)
	early, late := p.code(t), p.code(t)
	p.pass(5*time.Minute - 10*time.Second)
	if _, err := p.redeem(t, early); err != nil {
		t.Errorf("within its time: %v", err)
	}
	p.pass(10 * time.Second)
	_, err := p.redeem(t, late)
	wantCode(t, err, "bad_request.authorization_code.expired")
}

func TestWhoIsNotTheClientGetsNothing(t *testing.T) {
	b := newBank(t, nil)
	p, other, app := b.program(t), b.program(t), b.app(t)
	for name, credentials := range map[string]*authproto.Credentials{
		"no secret":             {ClientId: p.id},
		"a wrong secret":        {ClientId: p.id, ClientSecret: p.secret + "x"},
		"another's secret":      {ClientId: p.id, ClientSecret: other.secret},
		"nobody":                {ClientId: "oauth2client_00009zIcpb1TB4yeIFXMzx", ClientSecret: p.secret},
		"no client's id":        {ClientId: strings.Repeat("x", 9_000), ClientSecret: p.secret},
		"a secret of an app's":  {ClientId: app.id, ClientSecret: p.secret},
		"the hash of a secret":  {ClientId: p.id, ClientSecret: string([]rune(p.secret)[:20])},
		"the secret in capital": {ClientId: p.id, ClientSecret: strings.ToUpper(p.secret)},
	} {
		req := p.redemption(p.code(t))
		req.Credentials = credentials
		if _, err := b.auth.Redeem(t.Context(), req); !errs.Is(err, "unauthorized.bad_client_credentials") {
			t.Errorf("%s: got %v", name, err)
		}
		_, err := b.auth.Refresh(t.Context(), &authproto.RefreshRequest{
			Credentials: credentials, RefreshToken: p.login(t).GetRefreshToken(),
		})
		if !errs.Is(err, "unauthorized.bad_client_credentials") {
			t.Errorf("%s: refreshing got %v", name, err)
		}
	}
}

func TestANewApprovalEndsWhatTheClientHadOfThatUser(t *testing.T) {
	b := newBank(t, nil)
	p, other := b.program(t), b.program(t)
	first, elsewhere := p.login(t, "feed:read"), other.login(t, "feed:read")
	second := p.login(t, "feed:read")
	p.wantOver(t, first)
	p.wantLive(t, second.GetAccessToken())
	p.wantLive(t, elsewhere.GetAccessToken())
	if _, err := p.refresh(t, second.GetRefreshToken()); err != nil {
		t.Errorf("the old refresh token has harmed the new one: %v", err)
	}
}

func TestOfManyWhoRedeemOneCodeOneGetsTokens(t *testing.T) {
	p := newBank(t, nil).program(t)
	code := p.code(t, "feed:read")
	var given atomic.Int64
	race(8, func() {
		if _, err := p.redeem(t, code); err == nil {
			given.Add(1)
		} else if !errs.Is(err, "bad_request.authorization_code.evicted") {
			t.Errorf("got %v", err)
		}
	})
	if given.Load() != 1 {
		t.Errorf("%d got tokens", given.Load())
	}
}

func TestWhoIsBeatenToACodeTakesNothingFromWhoWasQuicker(t *testing.T) {
	var meanwhile func() // Before the next conditional write.
	p := newBank(t, func(op faults.Op) faults.Fault {
		if do := meanwhile; op == faults.Apply && do != nil {
			meanwhile = nil
			do()
		}
		return faults.None
	}).app(t)
	code := p.code(t, "feed:read")
	var tokens *authproto.Tokens
	meanwhile = func() {
		var err error
		if tokens, err = p.redeem(t, code); err != nil {
			t.Errorf("the quicker one got %v", err)
		}
	}
	_, err := p.redeem(t, code)
	wantCode(t, err, "bad_request.authorization_code.evicted")
	p.wantLive(t, tokens.GetAccessToken())
}

func TestOfManyLoginsAtOnceOneLives(t *testing.T) {
	p := newBank(t, nil).program(t)
	var mu sync.Mutex
	var given []*authproto.Tokens
	race(6, func() {
		tokens, err := p.redeem(t, p.code(t, "feed:read"))
		if err != nil {
			t.Errorf("got %v", err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		given = append(given, tokens)
	})
	live := 0
	for _, tokens := range given {
		if _, err := p.check(t, tokens.GetAccessToken()); err == nil {
			live++
		}
	}
	if len(given) != 6 || live != 1 {
		t.Errorf("of %d access tokens %d live", len(given), live)
	}
}

func race(n int, do func()) {
	var racing sync.WaitGroup
	for range n {
		racing.Go(do)
	}
	racing.Wait()
}

func TestWhatCannotBeAClientIsNamed(t *testing.T) {
	b := newBank(t, nil)
	good := &authproto.CreateClientRequest{Name: "Lens", RedirectUris: []string{callback}}
	type request = *authproto.CreateClientRequest
	for name, c := range map[string]struct {
		change func(request)
		want   string
	}{
		"no name":       {func(r request) { r.Name = "" }, "missing_param.name"},
		"no redirect":   {func(r request) { r.RedirectUris = nil }, "missing_param.redirect_uris"},
		"a bad scope":   {func(r request) { r.Scopes = []string{"all"} }, "bad_param.scopes"},
		"a bad owner":   {func(r request) { r.OwnerUserId = "ada" }, "bad_param.owner_user_id"},
		"a http server": {func(r request) { r.RedirectUris = []string{"http://a.example"} }, "bad_param.redirect_uris"},
	} {
		req := proto.CloneOf(good)
		c.change(req)
		_, err := b.auth.CreateClient(t.Context(), req)
		if err == nil || errs.Of(err).Code != "bad_request."+c.want {
			t.Errorf("%s: got %v", name, err)
		}
	}
	listed, err := b.auth.ListClients(t.Context(), &authproto.ListClientsRequest{Limit: 10})
	if err != nil || len(listed.GetClients()) > 0 {
		t.Errorf("registered are %v, %v", listed, err)
	}
}

func TestClientsAreListedWithoutTheirSecrets(t *testing.T) {
	b := newBank(t, nil)
	p, app := b.program(t), b.app(t)
	if !strings.HasPrefix(p.secret, "farthing_cs_") || app.secret != "" {
		t.Error("the one has no secret, or the other has")
	}
	var ids []string
	for token := ""; ; {
		rsp, err := b.auth.ListClients(t.Context(), &authproto.ListClientsRequest{Limit: 1, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range rsp.GetClients() {
			ids = append(ids, each.GetId())
		}
		if token = rsp.GetNextPageToken(); token == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{p.id, app.id}, ids); diff != "" {
		t.Error(diff)
	}
	for _, limit := range []int32{0, 101} {
		_, err := b.auth.ListClients(t.Context(), &authproto.ListClientsRequest{Limit: limit})
		wantCode(t, err, "bad_request.bad_param.limit")
	}
}
