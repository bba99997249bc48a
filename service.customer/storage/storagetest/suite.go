// Package storagetest is what service.customer's storage promises of email addresses, on any engine.
package storagetest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	"farthing/service.customer/logic"
	"farthing/service.customer/storage"
)

// Run proves it on a keyspace that was just migrated. Every engine must pass it, word for word.
func Run(t *testing.T, k *store.Keyspace) {
	before, after := rings(t)
	s := suite{storage.New(k, before), storage.New(k, after)}
	for name, test := range map[string]func(*testing.T, string){
		"an address finds whose it is, under any key":           s.found,
		"an address is one customer's, whoever knows which key": s.taken,
		"one of many who claim an address at once has it":       s.raced,
		"whoever is destroyed leaves it to one other":           s.left,
		"whom a release without addresses has made is found":    s.filled,
		"a caller's id belongs to one request":                  s.begunOnce,
	} {
		t.Run(name, func(t *testing.T) {
			test(t, "ada+"+strings.NewReplacer(" ", "-", ",", "").Replace(name)+"@example.com")
		})
	}
}

// suite is two processes, of which one started before the keys were rotated and the other after.
type suite struct{ older, newer *storage.Customers }

func rings(t *testing.T) (before, after *seal.Keyring) {
	t.Helper()
	dir := t.TempDir()
	open := func() *seal.Keyring {
		ring, err := seal.Open(dir, "persons", true)
		if err != nil {
			t.Fatal(err)
		}
		return ring
	}
	before, after = open(), open()
	if err := after.Rotate(); err != nil {
		t.Fatal(err)
	}
	return before, after
}

func at() time.Time { return time.UnixMilli(1_790_000_000_123).UTC() }

func customer(key string) string { return id.Derived("user", at(), key) }

// make makes a customer with an address, as a handler does.
func (s suite) make(t *testing.T, by *storage.Customers, email, key string) logic.Customer {
	t.Helper()
	c := logic.Customer{ID: customer(email + key), Created: at(), Details: logic.Details{PreferredName: key, Email: email}}
	if err := by.ClaimEmail(t.Context(), email, c.ID); err != nil {
		t.Fatalf("claiming: %v", err)
	}
	if _, _, err := by.Insert(t.Context(), c); err != nil {
		t.Fatalf("inserting: %v", err)
	}
	return c
}

func (s suite) wantFound(t *testing.T, email, want string) {
	t.Helper()
	for _, by := range []*storage.Customers{s.older, s.newer} {
		got, err := by.FindByEmail(t.Context(), email)
		if (err != nil) != (want == "") || got.ID != want {
			t.Errorf("found %q, %v, want %q", got.ID, err, want)
		}
	}
}

func wantTaken(t *testing.T, err error) {
	t.Helper()
	if !errs.Is(err, "conflict.email_taken") {
		t.Errorf("got %v", err)
	}
}

func (s suite) found(t *testing.T, email string) {
	s.wantFound(t, email, "")
	s.wantFound(t, email, "")
	if err := s.older.ClaimEmail(t.Context(), email, customer(email+"first")); err != nil {
		t.Fatal(err)
	}
	s.wantFound(t, email, "") // Claimed, and not a customer yet.
	s.wantFound(t, strings.ToUpper(email), s.make(t, s.older, email, "first").ID)
	other := "other+" + email
	s.wantFound(t, other, s.make(t, s.newer, other, "second").ID)
}

func (s suite) taken(t *testing.T, email string) {
	for i, by := range []*storage.Customers{s.older, s.newer} {
		email := fmt.Sprint(i) + email
		first := s.make(t, by, email, "first")
		for range 2 { // The first may claim it again.
			if err := s.newer.ClaimEmail(t.Context(), email, first.ID); err != nil {
				t.Error(err)
			}
		}
		for _, rival := range []*storage.Customers{s.older, s.newer} {
			wantTaken(t, rival.CheckEmailFree(t.Context(), email))
			wantTaken(t, rival.ClaimEmail(t.Context(), email, customer(email+"second")))
		}
		s.wantFound(t, email, first.ID)
	}
}

func (s suite) raced(t *testing.T, email string) {
	var won atomic.Int64
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			by := []*storage.Customers{s.older, s.newer}[i%2]
			switch err := by.ClaimEmail(t.Context(), email, customer(fmt.Sprint(email, i))); {
			case err == nil:
				won.Add(1)
			case !errs.Is(err, errs.Conflict):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d customers have the address, want 1", won.Load())
	}
}

func (s suite) left(t *testing.T, email string) {
	first := s.make(t, s.newer, email, "first")
	if err := s.older.Destroy(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	s.wantFound(t, email, "")
	if err := s.older.CheckEmailFree(t.Context(), email); err != nil {
		t.Error(err)
	}
	// Who does not know the newest key leaves the first customer there under it.
	second := s.make(t, s.older, email, "second")
	s.wantFound(t, email, second.ID)
	wantTaken(t, s.newer.ClaimEmail(t.Context(), email, customer(email+"third")))
	if err := s.newer.ClaimEmail(t.Context(), email, first.ID); !errs.Is(err, "not_found.customer") {
		t.Errorf("whoever was destroyed claims it: %v", err)
	}
	s.wantFound(t, email, second.ID)
}

// filled is the only test that may fill: it is done once.
func (s suite) filled(t *testing.T, email string) {
	ctx := t.Context()
	insert := func(email, key string) logic.Customer {
		c := logic.Customer{ID: customer(email + key), Created: at(), Details: logic.Details{Email: email}}
		if _, _, err := s.older.Insert(ctx, c); err != nil {
			t.Fatal(err)
		}
		return c
	}
	old, shared := insert(email, "old"), s.make(t, s.newer, "shared+"+email, "first")
	twin, gone := insert("shared+"+email, "twin"), insert("gone+"+email, "gone")
	if err := s.older.Destroy(ctx, gone.ID); err != nil {
		t.Fatal(err)
	}
	without, err := s.newer.FillEmails(ctx, at())
	if err != nil || !slices.Equal(without, []string{twin.ID}) {
		t.Errorf("without an address are %v, %v, want %s", without, err, twin.ID)
	}
	s.wantFound(t, email, old.ID)
	s.wantFound(t, "shared+"+email, shared.ID)
	insert("later+"+email, "later")
	if without, err := s.newer.FillEmails(ctx, at()); err != nil || len(without) > 0 {
		t.Errorf("the second time: %v, %v", without, err)
	}
	s.wantFound(t, "later+"+email, "") // It was done, and is not done again.
}

func (s suite) begunOnce(t *testing.T, dedupeID string) {
	ctx, request := t.Context(), []byte("this")
	if _, found, err := s.older.Begun(ctx, dedupeID, request); err != nil || found {
		t.Fatalf("before it began: %v, %v", found, err)
	}
	begin := func(by *storage.Customers, customer string, request string) (string, error) {
		return by.Begin(ctx, dedupeID, customer, []byte(request))
	}
	for _, each := range []struct {
		by       *storage.Customers
		customer string
	}{{s.newer, "first"}, {s.older, "second"}, {s.newer, "third"}} {
		if got, err := begin(each.by, each.customer, "this"); err != nil || got != "first" {
			t.Errorf("%s got %s, %v", each.customer, got, err)
		}
		if got, found, err := each.by.Begun(ctx, dedupeID, request); err != nil || !found || got != "first" {
			t.Errorf("%s finds %s, %v, %v", each.customer, got, found, err)
		}
	}
	if _, err := begin(s.older, "fourth", "that"); !errs.Is(err, "conflict.dedupe_id") {
		t.Errorf("another request: %v", err)
	}
	if _, _, err := s.newer.Begun(ctx, dedupeID, []byte("that")); !errs.Is(err, "conflict.dedupe_id") {
		t.Errorf("another request finds: %v", err)
	}
}
