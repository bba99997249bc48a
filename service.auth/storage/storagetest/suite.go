// Package storagetest is what service.auth's storage promises, on any engine.
package storagetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/id"
	"farthing/pkg/store"
	"farthing/service.auth/logic"
	"farthing/service.auth/storage"
)

// Run proves it on a keyspace that was just migrated. Every engine must pass it, word for word.
func Run(t *testing.T, k *store.Keyspace) {
	s := suite{
		storage.NewTokens(k), storage.NewFamilies(k), storage.NewCodes(k), storage.NewClients(k), storage.NewLogins(k),
		storage.NewLetters(k),
	}
	for name, test := range map[string]func(*testing.T){
		"a token is there until it is revoked":         s.token,
		"a family begins once":                         s.begunOnce,
		"a change of what is no longer so is refused":  s.staleChange,
		"of many who change a family one does":         s.oneChanges,
		"a refresh token leads to its family":          s.refreshToken,
		"a code is kept whole":                         s.code,
		"clients are kept whole and listed in order":   s.client,
		"a login moves once from each step":            s.login,
		"askings are counted to their limit, and over": s.askings,
		"a letter is known once it was sent":           s.letter,
	} {
		t.Run(name, test)
	}
}

type suite struct {
	tokens   *storage.Tokens
	families *storage.Families
	codes    *storage.Codes
	clients  *storage.Clients
	logins   *storage.Logins
	letters  *storage.Letters
}

func at() time.Time { return time.UnixMilli(1_790_000_000_123).UTC() }

func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(got T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("it differs:\n%s", diff)
	}
}

func (s suite) token(t *testing.T) {
	ctx, hash := t.Context(), logic.Hash("a token")
	want := logic.Grant{
		User: "user_1", Client: "client_1", Scopes: []string{"feed:read", "cards:read"}, Expires: at().Add(time.Hour),
		Family: "fam_1", Approved: at(), StaysApproved: true,
	}
	if _, found, err := s.tokens.Find(ctx, hash); err != nil || found {
		t.Fatalf("before: %v, %v", found, err)
	}
	noError(t, s.tokens.Insert(ctx, hash, want, at()))
	got, found, err := s.tokens.Find(ctx, hash)
	if err != nil || !found {
		t.Fatalf("finding: %v, %v", found, err)
	}
	same(t, want, got)
	for _, isNew := range []bool{true, false} {
		if got := must[bool](t)(s.tokens.Revoke(ctx, hash, at())); got != isNew {
			t.Errorf("revoking was news: %v, want %v", got, isNew)
		}
	}
	noError(t, s.tokens.Insert(ctx, hash, want, at())) // Late.
	if got, _, err := s.tokens.Find(ctx, hash); err != nil || !got.Revoked {
		t.Errorf("after: %+v, %v", got, err)
	}
}

// familyOf is a new family of a client that no other test has.
func familyOf(client, name string) logic.Family {
	f := logic.Family{
		User: "user_1", Client: client, ID: id.Derived("fam", at(), client+name), Scopes: []string{"feed:read"},
		Approved: at(),
	}
	return f.With(logic.Hash("access "+name), logic.Hash("refresh "+name), at())
}

func (s suite) find(t *testing.T, client string) logic.Family {
	t.Helper()
	return must[logic.Family](t)(s.families.Find(t.Context(), "user_1", client))
}

func (s suite) begunOnce(t *testing.T) {
	ctx, first, second := t.Context(), familyOf("once", "first"), familyOf("once", "second")
	none := s.find(t, "once")
	if none.Version != 0 || none.ID != "" {
		t.Errorf("before: %+v", none)
	}
	if begun := must[bool](t)(s.families.Begin(ctx, none, first, at())); !begun {
		t.Fatal("the first did not begin")
	}
	first.Version = 1
	same(t, first, s.find(t, "once"))
	if begun := must[bool](t)(s.families.Begin(ctx, first, second, at())); !begun {
		t.Fatal("the second did not begin")
	}
	for name, was := range map[string]logic.Family{"on what was": first, "on what is": s.find(t, "once")} {
		if begun := must[bool](t)(s.families.Begin(ctx, was, first, at())); begun {
			t.Errorf("the first began again %s", name)
		}
	}
	second.Version = 2
	same(t, second, s.find(t, "once"))
	for _, f := range []logic.Family{first, second, familyOf("once", "never")} {
		if got := must[bool](t)(s.families.HasBegun(ctx, f)); got != (f.Version > 0) {
			t.Errorf("%s has begun: %v", f.ID, got)
		}
	}
}

func (s suite) staleChange(t *testing.T) {
	ctx, f := t.Context(), familyOf("stale", "one")
	must[bool](t)(s.families.Begin(ctx, s.find(t, "stale"), f, at()))
	was := s.find(t, "stale")
	ended := was.End()
	if changed := must[bool](t)(s.families.Change(ctx, was, ended)); !changed {
		t.Fatal("it was not changed")
	}
	if changed := must[bool](t)(s.families.Change(ctx, was, f)); changed {
		t.Fatal("what was no longer so was changed")
	}
	got := s.find(t, "stale")
	if !got.Ended || len(got.Refresh) != 0 || got.Version != 2 || string(got.Access) != string(f.Access) {
		t.Errorf("it is %+v", got)
	}
}

func (s suite) oneChanges(t *testing.T) {
	const many = 4
	ctx := t.Context()
	must[bool](t)(s.families.Begin(ctx, s.find(t, "race"), familyOf("race", "one"), at()))
	was := s.find(t, "race")
	var won atomic.Int64
	var racing sync.WaitGroup
	for range many {
		racing.Go(func() {
			changed, err := s.families.Change(ctx, was, was.With(logic.Hash(logic.NewSecret("")), nil, at()))
			if err != nil {
				t.Errorf("changing: %v", err)
			}
			if changed {
				won.Add(1)
			}
		})
	}
	racing.Wait()
	if won.Load() != 1 {
		t.Errorf("%d changed it", won.Load())
	}
}

func (s suite) refreshToken(t *testing.T) {
	ctx := t.Context()
	want := logic.RefreshToken{Hash: logic.Hash("r"), User: "user_1", Client: "client_1", Family: "fam_1"}
	for range 2 {
		noError(t, s.families.InsertRefresh(ctx, want, at()))
	}
	got, found, err := s.families.FindRefresh(ctx, want.Hash)
	if err != nil || !found {
		t.Fatalf("finding: %v, %v", found, err)
	}
	same(t, want, got)
	if _, found, err := s.families.FindRefresh(ctx, logic.Hash("another")); err != nil || found {
		t.Errorf("another: %v, %v", found, err)
	}
}

func (s suite) code(t *testing.T) {
	ctx := t.Context()
	want := logic.NewCode(logic.Authorisation{
		Client: "client_1", RedirectURI: "https://app.example/cb?a=1", Scopes: []string{"a", "b"}, Challenge: "c",
	}, "user_1", "fam_1", at())
	noError(t, s.codes.Insert(ctx, logic.Hash("code"), want))
	got, found, err := s.codes.Find(ctx, logic.Hash("code"))
	if err != nil || !found {
		t.Fatalf("finding: %v, %v", found, err)
	}
	same(t, want, got)
	if _, found, err := s.codes.Find(ctx, logic.Hash("another")); err != nil || found {
		t.Errorf("another: %v, %v", found, err)
	}
}

func (s suite) client(t *testing.T) {
	ctx := t.Context()
	var want []logic.Client
	for n, name := range []string{"Ledger Lens", "Public", "Own"} {
		c := logic.Client{
			ID: id.Derived("oauth2client", at().Add(time.Duration(n)*time.Second), name), Name: name, Public: n == 1,
			FirstParty: n == 2, RedirectURIs: []string{"https://a.example/1", "https://a.example/2"},
			Scopes: []string{"feed:read"}, Owner: "user_1", SecretHash: logic.Hash(name), Created: at(),
		}
		want = append(want, c)
		for range 2 {
			noError(t, s.clients.Insert(ctx, c))
		}
		got, found, err := s.clients.Find(ctx, c.ID)
		if err != nil || !found {
			t.Fatalf("finding: %v, %v", found, err)
		}
		same(t, c, got)
	}
	first, token, err := s.clients.List(ctx, "", 2)
	noError(t, err)
	rest, token, err := s.clients.List(ctx, token, 2)
	noError(t, err)
	same(t, want, append(first, rest...))
	if token != "" {
		t.Error("there is more")
	}
	if _, found, err := s.clients.Find(ctx, "oauth2client_x"); err != nil || found {
		t.Errorf("another: %v, %v", found, err)
	}
}

func (s suite) login(t *testing.T) {
	ctx := t.Context()
	l := logic.NewLogin("login_1", "user_1", logic.Authorisation{
		Client: "client_1", RedirectURI: "https://a.example", State: "x y", Scopes: []string{"feed:read"}, Challenge: "c",
	}, "link", "browser", at())
	noError(t, s.logins.Insert(ctx, l))
	opened := l.At(logic.Opened, at().Add(time.Minute))
	for n, want := range []bool{true, false} {
		if got := must[bool](t)(s.logins.Move(ctx, l, opened)); got != want {
			t.Errorf("opening it for the %d. time: %v", n+1, got)
		}
	}
	got, found, err := s.logins.Find(ctx, l.ID)
	if err != nil || !found {
		t.Fatalf("finding: %v, %v", found, err)
	}
	same(t, opened, got)
	if moved := must[bool](t)(s.logins.Move(ctx, logic.Login{ID: "login_2", Step: logic.Mailed}, opened)); moved {
		t.Error("what is not there was moved")
	}
}

func (s suite) askings(t *testing.T) {
	const limit, many = 3, 5
	ctx := t.Context()
	var counted atomic.Int64
	var asking sync.WaitGroup
	for range many {
		asking.Go(func() {
			within, err := s.logins.Asking(ctx, []byte("who"), at().Truncate(time.Second), limit)
			if err != nil {
				t.Errorf("asking: %v", err)
			}
			if within {
				counted.Add(1)
			}
		})
	}
	asking.Wait()
	if counted.Load() != limit {
		t.Errorf("%d of %d were within %d", counted.Load(), many, limit)
	}
	for name, who := range map[string][]byte{"another": []byte("another"), "later": []byte("who")} {
		window := at().Truncate(time.Second)
		if name == "later" {
			window = window.Add(time.Minute)
		}
		if within := must[bool](t)(s.logins.Asking(ctx, who, window, limit)); !within {
			t.Errorf("%s is not within", name)
		}
	}
}

func (s suite) letter(t *testing.T) {
	ctx := t.Context()
	for _, want := range []bool{false, true} {
		if got := must[bool](t)(s.letters.Kept(ctx, "evt_1")); got != want {
			t.Errorf("it is known: %v", got)
		}
		noError(t, s.letters.Keep(ctx, "evt_1", at()))
	}
	noError(t, s.letters.Keep(ctx, "evt_1", at().Add(time.Hour)))
	if must[bool](t)(s.letters.Kept(ctx, "evt_2")) {
		t.Error("another one is known, too")
	}
}
