package handler

import (
	"sync/atomic"
	"testing"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/store/faults"
	authproto "farthing/service.auth/proto"
)

func TestARefreshGivesNewTokensAndEndsTheOldAccessToken(t *testing.T) {
	p := newBank(t, nil).program(t)
	first := p.login(t, "feed:read")
	before, err := p.check(t, first.GetAccessToken())
	if err != nil {
		t.Fatal(err)
	}
	p.pass(5 * time.Hour)
	second, err := p.refresh(t, first.GetRefreshToken())
	if err != nil {
		t.Fatal(err)
	}
	p.wantDead(t, first.GetAccessToken())
	after, err := p.check(t, second.GetAccessToken())
	if err != nil {
		t.Fatal(err)
	}
	if after.GetUserId() != user || after.GetScopes()[0] != "feed:read" || second.GetExpiresInSeconds() != 21600 {
		t.Errorf("got %v", after)
	}
	if before.GetApprovedMs() != after.GetApprovedMs() {
		t.Error("a refresh counts as an approval")
	}
	third, err := p.refresh(t, second.GetRefreshToken())
	if err != nil {
		t.Fatal(err)
	}
	p.wantLive(t, third.GetAccessToken())
}

func TestARefreshTokenThatComesAgainEndsAllOfItsFamily(t *testing.T) {
	p := newBank(t, nil).program(t)
	first := p.login(t, "feed:read")
	second, err := p.refresh(t, first.GetRefreshToken())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err = p.refresh(t, first.GetRefreshToken())
		wantCode(t, err, "bad_request.refresh_token.evicted")
		p.wantOver(t, second)
	}
	p.wantLive(t, p.login(t, "feed:read").GetAccessToken())
}

func TestWhoIsToldToRepeatAReuseEndsItsFamilyByThat(t *testing.T) {
	writes := -100 // Of the reuse: the family ends, and then its access token.
	p := newBank(t, func(op faults.Op) faults.Fault {
		if op == faults.Apply {
			if writes++; writes == 2 {
				return faults.Unavailable
			}
		}
		return faults.None
	}).program(t)
	first := p.login(t, "feed:read")
	second, err := p.refresh(t, first.GetRefreshToken())
	if err != nil {
		t.Fatal(err)
	}
	writes = 0
	_, err = p.refresh(t, first.GetRefreshToken())
	if !errs.Is(err, errs.Unavailable) {
		t.Fatalf("got %v", err)
	}
	_, err = p.refresh(t, first.GetRefreshToken())
	wantCode(t, err, "bad_request.refresh_token.evicted")
	p.wantDead(t, second.GetAccessToken())
}

func TestALogoutEndsWhatIsBeingRefreshedMeanwhile(t *testing.T) {
	for writes := range 4 { // After so many of those that a refresh makes.
		var before func() // Each conditional write.
		p := newBank(t, func(op faults.Op) faults.Fault {
			if op == faults.Apply && before != nil {
				before()
			}
			return faults.None
		}).program(t)
		first, left := p.login(t, "feed:read"), writes
		before = func() {
			if left--; left < 0 {
				before = nil
				if err := p.revoke(t, first.GetAccessToken()); err != nil {
					t.Errorf("after %d writes: %v", writes, err)
				}
			}
		}
		_, err := p.refresh(t, first.GetRefreshToken())
		wantCode(t, err, "bad_request.refresh_token.evicted")
		p.wantOver(t, first)
	}
}

func TestARefreshTokenIsGoodForItsClientOnly(t *testing.T) {
	b := newBank(t, nil)
	p, other, app := b.program(t), b.program(t), b.app(t)
	tokens := p.login(t, "feed:read")
	for _, thief := range []*program{other, app} {
		_, err := thief.refresh(t, tokens.GetRefreshToken())
		wantCode(t, err, "bad_request.refresh_token.invalid")
	}
	for _, wrong := range []string{tokens.GetRefreshToken() + "x", tokens.GetAccessToken(), "x"} {
		_, err := p.refresh(t, wrong)
		wantCode(t, err, "bad_request.refresh_token.invalid")
	}
	_, err := p.refresh(t, "")
	wantCode(t, err, "bad_request.missing_param.refresh_token")
	if _, err := p.check(t, tokens.GetRefreshToken()); !errs.Is(err, "unauthorized.bad_access_token") {
		t.Errorf("a refresh token opens the API: %v", err)
	}
	p.wantLive(t, tokens.GetAccessToken())
}

func TestARefreshMayLeaveOutWhoseTokenItIsButNotTheSecret(t *testing.T) {
	p := newBank(t, nil).program(t)
	tokens := p.login(t, "feed:read")
	refresh := func(token, secret string) error {
		_, err := p.auth.Refresh(t.Context(), &authproto.RefreshRequest{
			Credentials: &authproto.Credentials{ClientSecret: secret}, RefreshToken: token,
		})
		return err
	}
	wantCode(t, refresh(tokens.GetRefreshToken(), ""), "unauthorized.bad_client_credentials")
	wantCode(t, refresh("x", p.secret), "bad_request.missing_param.client_id")
	if err := refresh(tokens.GetRefreshToken(), p.secret); err != nil {
		t.Error(err)
	}
}

func TestARefreshTokenIsGoodFor90Days(t *testing.T) {
	p := newBank(t, nil).program(t)
	tokens := p.login(t, "feed:read")
	p.pass(90*24*time.Hour - time.Minute)
	tokens, err := p.refresh(t, tokens.GetRefreshToken())
	if err != nil {
		t.Fatalf("within its time: %v", err)
	}
	p.pass(90 * 24 * time.Hour)
	_, err = p.refresh(t, tokens.GetRefreshToken())
	wantCode(t, err, "bad_request.refresh_token.evicted")
}

func TestOfManyWhoRefreshAtOnceOneGetsTokens(t *testing.T) {
	p := newBank(t, nil).program(t)
	tokens := p.login(t, "feed:read")
	var given atomic.Int64
	race(8, func() {
		if _, err := p.refresh(t, tokens.GetRefreshToken()); err == nil {
			given.Add(1)
		} else if !errs.Is(err, "bad_request.refresh_token.evicted") {
			t.Errorf("got %v", err)
		}
	})
	if given.Load() != 1 {
		t.Errorf("%d got tokens", given.Load())
	}
}

func TestLoggingOutEndsTheTokenAndItsRefreshToken(t *testing.T) {
	p := newBank(t, nil).program(t)
	first := p.login(t, "feed:read")
	second, err := p.refresh(t, first.GetRefreshToken())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := p.revoke(t, second.GetAccessToken()); err != nil {
			t.Fatal(err)
		}
		p.wantOver(t, second)
	}
	third := p.login(t, "feed:read")
	if err := p.revoke(t, second.GetAccessToken()); err != nil {
		t.Fatal(err)
	}
	p.wantLive(t, third.GetAccessToken())
}

// Whatever becomes of one write of an exchange, nobody has two access tokens that live, and who was told nothing can
// ask again with what they have.
func TestAnExchangeThatIsCutOffMayBeAskedForAgain(t *testing.T) {
	const writes = 4 // The pair, the revocation, the change.
	for _, fault := range []faults.Fault{
		faults.Unavailable, faults.UnknownApplied, faults.UnknownLost, faults.UnknownLate,
	} {
		for n := range writes {
			cut := &cut{}
			p := newBank(t, cut.pick).program(t)
			old := p.login(t, "feed:read")
			code := p.code(t, "feed:read")
			for what, ask := range map[string]func() (*authproto.Tokens, error){
				"refreshing": func() (*authproto.Tokens, error) { return p.refresh(t, old.GetRefreshToken()) },
				"redeeming":  func() (*authproto.Tokens, error) { return p.redeem(t, code) },
			} {
				old = p.login(t, "feed:read")
				cut.arm(n, fault)
				got, err := ask()
				cut.disarm()
				p.Settle(t)
				if err != nil {
					got, err = ask()
				}
				if err != nil {
					t.Errorf("%s, write %d, fault %d: %v", what, n, fault, err)
				}
				p.wantDead(t, old.GetAccessToken())
				p.wantLive(t, got.GetAccessToken())
			}
		}
	}
}

// cut is a store that fails once, at a write.
type cut struct {
	left  atomic.Int64
	fault atomic.Int64
}

func (c *cut) arm(n int, fault faults.Fault) {
	c.fault.Store(int64(fault))
	c.left.Store(int64(n) + 1)
}

func (c *cut) disarm() { c.left.Store(0) }

func (c *cut) pick(op faults.Op) faults.Fault {
	if op == faults.Apply && c.left.Load() > 0 && c.left.Add(-1) == 0 {
		return faults.Fault(c.fault.Load())
	}
	return faults.None
}
