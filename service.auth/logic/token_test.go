package logic_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"farthing/pkg/errs"
	"farthing/service.auth/logic"
	authproto "farthing/service.auth/proto"
)

func TestTokensAreLongAndNeverTheSame(t *testing.T) {
	seen := make(map[string]bool)
	for range 1000 {
		token := logic.NewSecret(logic.AccessPrefix)
		secret, ok := strings.CutPrefix(token, "farthing_at_")
		if !ok || len(secret) != 43 { // 256 bits at 6 a character.
			t.Fatalf("a token has the prefix: %v, and %d characters after it", ok, len(secret))
		}
		if bytes.Contains(logic.Hash(token), []byte(secret[:8])) {
			t.Fatal("a hash shows its token")
		}
		seen[token] = true
	}
	if len(seen) != 1000 {
		t.Errorf("only %d of 1000 tokens differ", len(seen))
	}
}

func TestAGrantHoldsUntilItsTimeIsOverOrItIsRevoked(t *testing.T) {
	expires := time.Date(2026, time.March, 14, 9, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		early := time.Duration(rapid.Int64Range(-5, 5).Draw(t, "ms early")) * time.Millisecond
		grant := logic.Grant{Expires: expires, Revoked: rapid.Bool().Draw(t, "revoked")}
		want := ""
		switch {
		case grant.Revoked:
			want = "unauthorized.bad_access_token.evicted"
		case early <= 0:
			want = "unauthorized.bad_access_token.expired"
		}
		got := errs.Of(grant.Check(expires.Add(-early)))
		if (got == nil) != (want == "") || got != nil && got.Code != want {
			t.Fatalf("%v before its end, revoked %v: got %v, want %q", early, grant.Revoked, got, want)
		}
	})
}

func TestRefusalsDifferInNothingButTheirCodes(t *testing.T) {
	now := time.Date(2026, time.March, 14, 9, 0, 0, 0, time.UTC)
	unknown := errs.Of(logic.ErrUnknownToken())
	for _, grant := range []logic.Grant{{Revoked: true}, {Expires: now}} {
		got := errs.Of(grant.Check(now))
		if got.Message != unknown.Message || len(got.Params) != 0 || !errs.Is(got, unknown.Code) {
			t.Errorf("%v %v is told apart from %v", got, got.Params, unknown)
		}
	}
}

func TestWhatCannotBeGrantedIsNamed(t *testing.T) {
	const user, day = "user_00009zIcpb1TB4yeIFXMzx", 24 * 60 * 60
	read := []string{"accounts:read"}
	for _, each := range []struct {
		user, client string
		scopes       []string
		seconds      int64
		code         string
	}{
		{user, "oauth2client_1", authproto.Scopes(), 1, ""},
		{user, "cli", read, 400 * day, ""},
		{"", "cli", read, day, "missing_param.user_id"},
		{"ada", "cli", read, day, "bad_param.user_id"},
		{user, "", read, day, "missing_param.client_id"},
		{user, "a client", read, day, "bad_param.client_id"},
		{user, strings.Repeat("c", 65), read, day, "bad_param.client_id"},
		{user, "cli", nil, day, "missing_param.scopes"},
		{user, "cli", []string{"accounts:write"}, day, "bad_param.scopes"},
		{user, "cli", []string{"accounts:read feed:read"}, day, "bad_param.scopes"},
		{user, "cli", []string{"feed:read", "accounts:read", "feed:read"}, day, "bad_param.scopes"},
		{user, "cli", read, 0, "bad_param.lifetime_seconds"},
		{user, "cli", read, -day, "bad_param.lifetime_seconds"},
		{user, "cli", read, 400*day + 1, "bad_param.lifetime_seconds"},
		{user, "cli", read, 1 << 62, "bad_param.lifetime_seconds"},
	} {
		got := errs.Of(logic.CheckIssue(each.user, each.client, each.scopes, each.seconds))
		if (got == nil) != (each.code == "") || got != nil && got.Code != "bad_request."+each.code {
			t.Errorf("%v: got %v", each, got)
		}
	}
}
