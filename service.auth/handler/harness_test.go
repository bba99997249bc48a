package handler

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/store/faults"
	"farthing/service.auth/logic"
	authproto "farthing/service.auth/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Of the right shape, and nothing else.
const user = "user_00009zIcpb1TB4yeIFXMzx"

// bank is service.auth, called as service.api.
type bank struct {
	*foundationtest.Bank
	handler *Handler
	auth    authproto.AuthClient
}

func newBank(t *testing.T, pick faults.Pick) *bank {
	t.Helper()
	b := &bank{}
	service := foundation.Service{Name: Service.Name, Schema: Service.Schema, Register: func(env *foundation.Env) error {
		b.handler = newHandler(env)
		authproto.RegisterAuthServer(env.GRPC, b.handler)
		return nil
	}}
	b.Bank = foundationtest.RunOn(t, pick, service)
	b.auth = authproto.NewAuthClient(b.Dial(t, "service.api", Service.Name))
	return b
}

func (b *bank) check(t testing.TB, token string) (*authproto.CheckResponse, error) {
	t.Helper()
	return b.auth.Check(t.Context(), &authproto.CheckRequest{AccessToken: token})
}

func (b *bank) revoke(t testing.TB, token string) error {
	t.Helper()
	_, err := b.auth.Revoke(t.Context(), &authproto.RevokeRequest{AccessToken: token})
	return err
}

// pass has business time pass.
func (b *bank) pass(d time.Duration) { b.Clock.AdvanceTo(b.Clock.Now().Add(d)) }

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if err == nil || errs.Of(err).Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
}

// program is a client, and what it keeps.
type program struct {
	*bank
	id, secret string
}

const callback = "https://app.example/callback?from=bank"

// program registers a client that keeps its secret.
func (b *bank) program(t testing.TB) *program {
	t.Helper()
	return b.register(t, &authproto.CreateClientRequest{Name: "Ledger Lens", RedirectUris: []string{callback}})
}

// app registers a client that can keep none.
func (b *bank) app(t testing.TB) *program {
	t.Helper()
	return b.register(t, &authproto.CreateClientRequest{
		Name: "Pocket", Public: true, RedirectUris: []string{"app.pocket:/callback", callback},
	})
}

func (b *bank) register(t testing.TB, req *authproto.CreateClientRequest) *program {
	t.Helper()
	rsp, err := foundationtest.Until(func() (*authproto.CreateClientResponse, error) {
		return b.auth.CreateClient(t.Context(), req)
	})
	if err != nil {
		t.Fatalf("registering a client: %v", err)
	}
	return &program{b, rsp.GetClient().GetId(), rsp.GetClientSecret()}
}

func (p *program) credentials() *authproto.Credentials {
	return &authproto.Credentials{ClientId: p.id, ClientSecret: p.secret}
}

// verifier is PKCE's, of an app.
const verifier = "the-verifier-that-only-whoever-asked-for-the-code-has"

// code is a code that the user lets the program have, as the login door makes it.
func (p *program) code(t testing.TB, scopes ...string) string {
	t.Helper()
	asked := logic.Authorisation{Client: p.id, RedirectURI: callback, Scopes: scopes}
	if p.secret == "" {
		asked.Challenge = logic.ChallengeOf(verifier)
	}
	code := logic.NewSecret(logic.CodePrefix)
	err := p.handler.codes.Insert(t.Context(), logic.Hash(code),
		logic.NewCode(asked, user, p.handler.ids.New("fam"), p.Clock.Now()))
	if err != nil {
		t.Fatalf("making a code: %v", err)
	}
	return code
}

// redemption is what the program sends for a code.
func (p *program) redemption(code string) *authproto.RedeemRequest {
	req := &authproto.RedeemRequest{Credentials: p.credentials(), Code: code, RedirectUri: callback}
	if p.secret == "" {
		req.CodeVerifier = verifier
	}
	return req
}

func (p *program) redeem(t testing.TB, code string) (*authproto.Tokens, error) {
	t.Helper()
	rsp, err := p.auth.Redeem(t.Context(), p.redemption(code))
	return rsp.GetTokens(), err
}

func (p *program) refresh(t testing.TB, token string) (*authproto.Tokens, error) {
	t.Helper()
	rsp, err := p.auth.Refresh(t.Context(), &authproto.RefreshRequest{
		Credentials: p.credentials(), RefreshToken: token,
	})
	return rsp.GetTokens(), err
}

// login is tokens of a fresh approval.
func (p *program) login(t testing.TB, scopes ...string) *authproto.Tokens {
	t.Helper()
	tokens, err := p.redeem(t, p.code(t, scopes...))
	if err != nil {
		t.Fatalf("redeeming: %v", err)
	}
	return tokens
}

// wantLive fails unless an access token is good.
func (b *bank) wantLive(t testing.TB, token string) {
	t.Helper()
	if _, err := b.check(t, token); err != nil {
		t.Errorf("the token is not good: %v", err)
	}
}

// wantDead fails unless an access token was evicted.
func (b *bank) wantDead(t testing.TB, token string) {
	t.Helper()
	_, err := b.check(t, token)
	if err == nil || errs.Of(err).Code != "unauthorized.bad_access_token.evicted" {
		t.Errorf("the token is not dead: %v", err)
	}
}

// wantOver fails unless both of a pair are good for nothing any more.
func (p *program) wantOver(t testing.TB, tokens *authproto.Tokens) {
	t.Helper()
	p.wantDead(t, tokens.GetAccessToken())
	_, err := p.refresh(t, tokens.GetRefreshToken())
	wantCode(t, err, "bad_request.refresh_token.evicted")
}
