// Package storagetest is what service.signup's storage promises, on any engine.
package storagetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	customerproto "farthing/service.customer/proto"
	signupproto "farthing/service.signup/proto"
	"farthing/service.signup/storage"
)

// Run proves it on a keyspace that was just migrated. Every engine must pass it, word for word.
func Run(t *testing.T, k *store.Keyspace) {
	s := suite{storage.New(k, seal.Ephemeral("persons"))}
	for name, test := range map[string]func(*testing.T, *signupproto.Application){
		"a caller's id belongs to one request":               s.begunOnce,
		"an application is written once":                     s.writtenOnce,
		"a change on what is no longer so changes nothing":   s.staleChange,
		"each change is kept with what was said of it":       s.history,
		"whoever is forgotten is gone, and the rest is not":  s.forgotten,
		"a list has what is in its state, however it is cut": s.lists,
	} {
		t.Run(name, func(t *testing.T) { test(t, Ada(name)) })
	}
}

type suite struct{ kept *storage.Applications }

func at() time.Time { return time.UnixMilli(1_790_000_000_123).UTC() }

// Ada is an application that is told from others by its key.
func Ada(key string) *signupproto.Application { return applied(key, at()) }

func applied(key string, created time.Time) *signupproto.Application {
	return &signupproto.Application{
		Id: id.Derived("signup", created, key), State: signupproto.State_STATE_APPLIED, CreatedMs: created.UnixMilli(),
		UpdatedMs: created.UnixMilli(), NextMs: created.UnixMilli(), Person: &signupproto.Person{
			PreferredName: "Ada Lovelace", PreferredFirstName: "Ada", Email: "ada@example.com", DateOfBirth: "1990-12-10",
			Address: &customerproto.Address{
				Lines: []string{"12 St James's Square"}, City: "London", Postcode: "SW1Y 4JH", Country: "GBR",
			},
		},
	}
}

// in is an application in another state.
func in(a *signupproto.Application, state signupproto.State) *signupproto.Application {
	next := proto.CloneOf(a)
	next.State, next.Reason, next.UpdatedMs = state, "because", a.GetUpdatedMs()+1
	return next
}

// Live is an application that is taken, gets into review, and is refused.
func Live(t *testing.T, kept *storage.Applications, a *signupproto.Application) storage.Kept {
	t.Helper()
	if _, err := kept.Begin(t.Context(), a.GetId(), a.GetId(), []byte("Ada Lovelace")); err != nil {
		t.Fatalf("beginning: %v", err)
	}
	if err := kept.Due.Add(t.Context(), at(), a.GetId()); err != nil {
		t.Fatalf("listing: %v", err)
	}
	now, isNew, err := kept.Insert(t.Context(), a)
	if err != nil || !isNew {
		t.Fatalf("inserting: new %v, %v", isNew, err)
	}
	for _, step := range []struct {
		to   signupproto.State
		said *signupproto.Said
	}{
		{signupproto.State_STATE_CHECKING, nil}, {signupproto.State_STATE_REVIEW, nil},
		{signupproto.State_STATE_REFUSED, &signupproto.Said{By: "Olive Quist", Reason: "the passport is not hers"}},
	} {
		var changed bool
		if now, changed, err = kept.Change(t.Context(), now, in(now.State, step.to), step.said); err != nil || !changed {
			t.Fatalf("changing to %v: %v, %v", step.to, changed, err)
		}
	}
	return now
}

func (s suite) want(t *testing.T, want storage.Kept) {
	t.Helper()
	got, found, err := s.kept.Find(t.Context(), want.State.GetId())
	if err != nil || !found {
		t.Fatalf("finding: %v, %v", found, err)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func (s suite) begunOnce(t *testing.T, a *signupproto.Application) {
	for _, application := range []string{a.GetId(), "signup_other"} {
		got, err := s.kept.Begin(t.Context(), "a caller's", application, []byte("this"))
		if err != nil || got != a.GetId() {
			t.Errorf("%s got %s, %v", application, got, err)
		}
	}
	if _, err := s.kept.Begin(t.Context(), "a caller's", a.GetId(), []byte("that")); !errs.Is(err, "conflict.dedupe_id") {
		t.Errorf("another request: %v", err)
	}
}

func (s suite) writtenOnce(t *testing.T, a *signupproto.Application) {
	if _, found, err := s.kept.Find(t.Context(), a.GetId()); err != nil || found {
		t.Fatalf("before it is there: %v, %v", found, err)
	}
	other := in(a, signupproto.State_STATE_OPENED)
	other.Person.PreferredName = "Augusta"
	for i, each := range []*signupproto.Application{a, other} {
		got, isNew, err := s.kept.Insert(t.Context(), each)
		if err != nil || isNew != (i == 0) {
			t.Fatalf("inserting: new %v, %v", isNew, err)
		}
		if diff := cmp.Diff(storage.Kept{Revision: 1, State: a}, got, protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	}
	s.want(t, storage.Kept{Revision: 1, State: a})
}

func (s suite) staleChange(t *testing.T, a *signupproto.Application) {
	first, _, err := s.kept.Insert(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	second, changed, err := s.kept.Change(t.Context(), first, in(a, signupproto.State_STATE_CHECKING), nil)
	if err != nil || !changed || second.Revision != 2 {
		t.Fatalf("changing: %v, %v, %v", second, changed, err)
	}
	got, changed, err := s.kept.Change(t.Context(), first, in(a, signupproto.State_STATE_REFUSED), nil)
	if err != nil || changed {
		t.Fatalf("changing what is no longer so: %v, %v", changed, err)
	}
	if diff := cmp.Diff(second, got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	s.want(t, second)
}

func (s suite) history(t *testing.T, a *signupproto.Application) {
	last := Live(t, s.kept, a)
	got, err := s.kept.Changes(t.Context(), a.GetId())
	if err != nil {
		t.Fatal(err)
	}
	var want []*signupproto.Change
	for i, state := range []signupproto.State{1, 2, 3, 6} {
		change := &signupproto.Change{State: state, Reason: "because", AtMs: at().UnixMilli() + int64(i)}
		if i == 0 {
			change.Reason = ""
		}
		want = append(want, change)
	}
	want[3].Said = &signupproto.Said{By: "Olive Quist", Reason: "the passport is not hers"}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	s.want(t, last)
}

func (s suite) forgotten(t *testing.T, a *signupproto.Application) {
	last := Live(t, s.kept, a)
	for range 2 { // Repeating it is harmless.
		if err := s.kept.Forget(t.Context(), a.GetId()); err != nil {
			t.Fatal(err)
		}
	}
	last.State.Person = nil
	s.want(t, last)
	changes, err := s.kept.Changes(t.Context(), a.GetId())
	if err != nil || len(changes) != 4 || changes[3].GetSaid() != nil {
		t.Errorf("its changes are %v, %v", changes, err)
	}
	if _, _, err := s.kept.Change(t.Context(), last, last.State, &signupproto.Said{By: "a", Reason: "b"}); err == nil {
		t.Error("something was said of somebody who was forgotten")
	}
}

// Five applications of three months, of which one has gone on and another was listed and never came.
func (s suite) lists(t *testing.T, a *signupproto.Application) {
	var want []string
	for i := range 5 {
		each := applied(strings.Repeat("x", i+1), at().AddDate(0, 0, 20*i))
		each.State = signupproto.State_STATE_APPROVED
		kept, _, err := s.kept.Insert(t.Context(), each)
		if err != nil {
			t.Fatal(err)
		}
		if i != 2 {
			want = append(want, each.GetId())
			continue
		}
		if _, _, err := s.kept.Change(t.Context(), kept, in(each, signupproto.State_STATE_OPENED), nil); err != nil {
			t.Fatal(err)
		}
	}
	waiting, _, err := s.kept.Insert(t.Context(), in(a, signupproto.State_STATE_CHECKING))
	if err != nil {
		t.Fatal(err)
	}
	// A rival is faster.
	if _, _, err := s.kept.Change(t.Context(), waiting, in(a, signupproto.State_STATE_REFUSED), nil); err != nil {
		t.Fatal(err)
	}
	_, changed, err := s.kept.Change(t.Context(), waiting, in(a, signupproto.State_STATE_APPROVED), nil)
	if err != nil || changed {
		t.Fatalf("changing what is no longer so: %v, %v", changed, err)
	}
	slices.Reverse(want)
	for _, limit := range []int{1, 2, 100} {
		s.wantListed(t, signupproto.State_STATE_APPROVED, limit, want)
	}
}

func (s suite) wantListed(t *testing.T, state signupproto.State, limit int, want []string) {
	t.Helper()
	var found []string
	for before := ""; ; {
		page, err := s.kept.List(t.Context(), state, before, limit)
		if err != nil {
			t.Fatalf("listing: %v", err)
		}
		for _, a := range page {
			found = append(found, a.GetId())
		}
		if len(page) < limit {
			break
		}
		before = found[len(found)-1]
	}
	if !slices.Equal(found, want) {
		t.Errorf("by %d they are %v, want %v", limit, found, want)
	}
}
