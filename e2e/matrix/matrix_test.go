// Package matrix asks every operation of the public API's document in the name of everybody who may not: it is made of
// the document, so that an operation that is added there is in it.
package matrix

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"farthing/e2e/seeded"
	"farthing/e2e/world"
	"farthing/service.api/openapi/openapitest"
	authproto "farthing/service.auth/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bank is a world in which alice has everything, and bob too.
type bank struct {
	*world.World

	receiver   *world.Receiver
	operations []openapitest.Operation
	alice, bob *seeded.Customer
}

func newBank(t *testing.T) *bank {
	t.Helper()
	document, err := openapitest.Load()
	if err != nil {
		t.Fatal(err)
	}
	w := world.New(t, world.Options{Webhooks: true})
	r := w.Receiver(t)
	return &bank{w, r, document.Operations(), seeded.New(t, w, r, "alice"), seeded.New(t, w, r, "bob")}
}

// answer is what matters of an answer.
type answer struct {
	Status int
	Code   string // Of an error.
	Body   string // "" of a stream, which has no end.
	Header http.Header
}

// differing are headers that are not the same from one answer to the next.
func differing() []string {
	return []string{"Date", "Trace-Id", "Ratelimit-Remaining", "Ratelimit-Reset"}
}

func (b *bank) ask(t *testing.T, token string, r seeded.Request) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), r.Method, "http://public"+r.Path+"?"+r.Query,
		bytes.NewReader(r.Body))
	if err != nil {
		t.Fatal(err)
	}
	if r.Media != "" {
		req.Header.Set("Content-Type", r.Media)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	rsp, err := b.HTTP().Do(req)
	if err != nil {
		t.Fatalf("asking %s %s: %v", r.Method, r.Path, err)
	}
	defer rsp.Body.Close()
	got := answer{Status: rsp.StatusCode, Header: rsp.Header}
	for _, name := range differing() {
		got.Header.Del(name)
	}
	if strings.HasPrefix(rsp.Header.Get("Content-Type"), "text/event-stream") {
		return got
	}
	body, err := io.ReadAll(rsp.Body)
	if err != nil {
		t.Fatal(err)
	}
	got.Body = string(body)
	var fault struct{ Code string }
	if json.Unmarshal(body, &fault) == nil {
		got.Code = fault.Code
	}
	return got
}

// first is an operation's request in a customer's name, with the first of its examples for a body, and all that names
// an account.
func first(t *testing.T, o openapitest.Operation, c *seeded.Customer) seeded.Request {
	t.Helper()
	accounts := slices.DeleteFunc(slices.Clone(o.Queries), func(name string) bool {
		return !strings.HasSuffix(name, "account_id")
	})
	if len(o.Requests) == 0 {
		return c.Request(t, o, nil, accounts...)
	}
	return c.Request(t, o, &o.Requests[0], accounts...)
}

// token is one of alice's, which ends so soon, permits this, and may be as if just approved for ever.
func (b *bank) token(t *testing.T, lifetime time.Duration, staysApproved bool, scopes ...string) string {
	t.Helper()
	issued, err := authproto.NewAuthClient(b.Dial(t, "service.console", "service.auth")).Issue(t.Context(),
		&authproto.IssueRequest{
			UserId: b.alice.UserID, ClientId: "test", Scopes: scopes, LifetimeSeconds: int64(lifetime / time.Second),
			StaysApproved: staysApproved,
		})
	if err != nil {
		t.Fatal(err)
	}
	return issued.GetAccessToken()
}

const badToken = "unauthorized.bad_access_token"

// TestNobodyButItsOwnerMayDoAnything asks each operation with tokens that are no good, and with one that permits all
// else. Only then its owner does it.
func TestNobodyButItsOwnerMayDoAnything(t *testing.T) {
	b := newBank(t)
	before := b.seen(t)
	expired := b.token(t, time.Minute, true, authproto.Scopes()...)
	stale := b.token(t, time.Hour, false, authproto.Scopes()...)
	revoked := b.token(t, time.Hour, true, authproto.Scopes()...)
	b.ask(t, revoked, seeded.Request{Method: http.MethodPost, Path: "/oauth2/logout"})
	b.Clock.AdvanceTo(b.Clock.Now().Add(6 * time.Minute))
	for _, o := range b.operations {
		if o.Open {
			continue
		}
		r := first(t, o, b.alice)
		for who, token := range map[string]string{
			"nobody": "", "a stranger": "farthing_at_of_nobody", "who was here": expired, "who has logged out": revoked,
		} {
			got := b.ask(t, token, r)
			if got.Status != http.StatusUnauthorized || !strings.HasPrefix(got.Code, badToken) {
				t.Errorf("%s, asked by %s: got %d %s", o.ID, who, got.Status, got.Body)
			}
		}
		if len(o.Scopes) > 0 {
			others := slices.DeleteFunc(authproto.Scopes(), func(s string) bool { return slices.Contains(o.Scopes, s) })
			wantRefused(t, o.ID+", without its scope", b.ask(t, b.token(t, time.Hour, true, others...), r),
				"forbidden.insufficient_permissions")
		}
		if o.Sensitive {
			wantRefused(t, o.ID+", long after the approval", b.ask(t, stale, r), "forbidden.verification_required")
		} else if o.Method == http.MethodGet {
			if got := b.ask(t, stale, r); got.Status != http.StatusOK {
				t.Errorf("%s, long after the approval: got %d %s", o.ID, got.Status, got.Body)
			}
		}
	}
	b.wantUnchanged(t, before)
	for n, o := range b.operations {
		if o.Open {
			continue
		}
		owner := seeded.New(t, b.World, b.receiver, fmt.Sprintf("owner%d", n))
		if got := b.ask(t, owner.Token, first(t, o, owner)); got.Status != http.StatusOK {
			t.Errorf("%s, asked by its owner: got %d %s", o.ID, got.Status, got.Body)
		}
	}
}

func wantRefused(t *testing.T, what string, got answer, code string) {
	t.Helper()
	if got.Status != http.StatusForbidden || got.Code != code {
		t.Errorf("%s: got %d %s", what, got.Status, got.Body)
	}
}

// TestWhatIsAnothersIsAnsweredAsWhatDoesNotExist has bob ask for each thing of alice's that a request can name, alone
// among things of his own, and for one that does not exist in its place. The answers must be the same, byte for byte.
func TestWhatIsAnothersIsAnsweredAsWhatDoesNotExist(t *testing.T) {
	b := newBank(t)
	before, tried := b.seen(t), make(map[string]bool)
	for _, o := range b.operations {
		if o.Open { // Files: who knows such a URL has what it is for.
			continue
		}
		own := first(t, o, b.bob)
		for _, thing := range b.bob.Things() {
			r := first(t, o, b.bob.With(thing, b.alice))
			if cmp.Equal(own, r) || isNamedByItsOwner(o, thing) {
				continue
			}
			tried[o.ID] = true
			anothers := b.ask(t, b.bob.Token, r)
			nobodys := b.ask(t, b.bob.Token, first(t, o, b.bob.With(thing, nil)))
			if diff := cmp.Diff(nobodys, anothers); diff != "" || anothers.Status < http.StatusBadRequest {
				t.Errorf("%s, of %s, answers %d; what does not exist (-) and what is another's (+):\n%s",
					o.ID, thing, anothers.Status, diff)
			}
		}
	}
	b.wantUnchanged(t, before)
	for _, o := range b.operations {
		if !o.Open && !tried[o.ID] && !slices.Contains(namesNothing, o.ID) {
			t.Errorf("%s names nothing of a customer's", o.ID)
		}
	}
}

// namesNothing are the operations that are about whoever asks.
var namesNothing = []string{"listAccounts", "whoAmI", "logOut", "logOutByPing", "beginUpload"}

// isNamedByItsOwner is a name that everybody gives to things of their own: a receipt that is put under the name of
// another's is another receipt.
func isNamedByItsOwner(o openapitest.Operation, thing string) bool {
	return o.ID == "putReceipt" && thing == "order-12345678"
}

// seen is all that alice is shown, by operation.
func (b *bank) seen(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for _, o := range b.operations {
		if o.Method == http.MethodGet && !o.Open {
			all[o.ID] = b.ask(t, b.alice.Token, first(t, o, b.alice)).Body
		}
	}
	return all
}

func (b *bank) wantUnchanged(t *testing.T, before map[string]string) {
	t.Helper()
	if diff := cmp.Diff(before, b.seen(t)); diff != "" {
		t.Errorf("who may not has changed what alice is shown:\n%s", diff)
	}
}
