// Package storagetest is what service.card-processing's storage promises, on any engine.
package storagetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/store"
	cardprocessingproto "farthing/service.card-processing/proto"
	"farthing/service.card-processing/storage"
)

// Run proves it on a keyspace that was just migrated. Every engine must pass it, word for word.
func Run(t *testing.T, k *store.Keyspace) {
	s := suite{
		register: storage.NewUnmatched(k, "unm"), matches: storage.NewMatches(k), clearings: storage.NewClearings(k),
	}
	for name, test := range map[string]func(*testing.T){
		"what is registered is found and listed, the newest first": s.lists,
		"what is closed moves to the other list, once":             s.closes,
		"a message has what was found for it first":                s.matchesOnce,
		"a piece of a file stays what it was":                      s.keepsPieces,
		"a file's id stands for one file":                          s.claimsOnce,
		"a file goes on from where it is, and nobody else does":    s.advances,
	} {
		t.Run(name, test)
	}
}

type suite struct {
	register  *storage.Register
	matches   *storage.Matches
	clearings *storage.Clearings
}

func now() time.Time { return time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC) }

// registered are so many things, a month apart, the newest first.
func registered(name string, n int) []storage.Registered {
	all := make([]storage.Registered, n)
	for i := range all {
		all[i] = storage.Registered{
			ID:      id.Derived("unm", now().AddDate(0, -i, 0), fmt.Sprint(name, i)),
			Payment: fmt.Sprint("hold_", name, i),
		}
	}
	return all
}

func (s suite) open(t *testing.T, all ...storage.Registered) {
	t.Helper()
	for _, each := range all {
		for range 2 { // Repeating it is harmless.
			if err := s.register.Open(t.Context(), each); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// listed is what a list has, without what other tests have put there.
func (s suite) listed(t *testing.T, list, before string, limit int) []storage.Registered {
	t.Helper()
	found, err := s.register.List(t.Context(), list, before, limit, now())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func (s suite) lists(t *testing.T) {
	all := registered("lists", 5)
	s.open(t, all...)
	if diff := cmp.Diff(all, s.listed(t, storage.ListOpen, "", 5)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(all[2:4], s.listed(t, storage.ListOpen, all[1].ID, 2)); diff != "" {
		t.Errorf("the page after the second: %s", diff)
	}
	for _, each := range all {
		payment, found, err := s.register.Find(t.Context(), each.ID)
		if err != nil || !found || payment != each.Payment {
			t.Errorf("%s is found as %q, %v, %v", each.ID, payment, found, err)
		}
	}
	if _, found, err := s.register.Find(t.Context(), id.Derived("unm", now(), "nothing")); err != nil || found {
		t.Errorf("what was never registered is found: %v, %v", found, err)
	}
	s.end(t, all...)
}

// end closes what a test has opened, so that others find an empty list.
func (s suite) end(t *testing.T, all ...storage.Registered) {
	t.Helper()
	for _, each := range all {
		if err := s.register.Close(t.Context(), each); err != nil {
			t.Fatal(err)
		}
	}
}

func (s suite) closes(t *testing.T) {
	all := registered("closes", 2)
	s.open(t, all...)
	s.end(t, all[0])
	s.end(t, all[0])
	if diff := cmp.Diff(all[1:], s.listed(t, storage.ListOpen, "", 9)); diff != "" {
		t.Error(diff)
	}
	closed := s.listed(t, storage.ListClosed, "", 100)
	times := 0
	for _, each := range closed {
		if each == all[0] {
			times++
		}
	}
	if times != 1 {
		t.Errorf("it is closed %d times in %v", times, closed)
	}
	s.end(t, all[1])
}

func (s suite) matchesOnce(t *testing.T) {
	first := storage.Match{Payment: "hold_1", Doubt: &cardprocessingproto.Doubt{
		Reason:     cardprocessingproto.UnmatchedReason_UNMATCHED_REASON_AMBIGUOUS,
		Candidates: []string{"auth_1", "auth_2"},
	}}
	if _, found, err := s.matches.Find(t.Context(), "m"); err != nil || found {
		t.Fatalf("nothing was found for it yet: %v, %v", found, err)
	}
	for _, found := range []storage.Match{first, {Payment: "hold_2"}} {
		got, err := s.matches.Match(t.Context(), "m", found)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, got, protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	}
	got, found, err := s.matches.Find(t.Context(), "m")
	if err != nil || !found {
		t.Fatal(found, err)
	}
	if diff := cmp.Diff(first, got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func (s suite) keepsPieces(t *testing.T) {
	for range 2 {
		if err := s.clearings.PutPiece(t.Context(), "pieces", 3, []byte("a\n")); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.clearings.PutPiece(t.Context(), "pieces", 3, []byte("b\n")); !errs.Is(err, "conflict.piece") {
		t.Errorf("another piece: %v", err)
	}
	if body, err := s.clearings.Piece(t.Context(), "pieces", 3); err != nil || string(body) != "a\n" {
		t.Errorf("the piece is %q, %v", body, err)
	}
	if _, err := s.clearings.Piece(t.Context(), "pieces", 4); !errs.Is(err, "not_found.piece") {
		t.Errorf("a piece that was not sent: %v", err)
	}
	if _, taken, err := s.clearings.Find(t.Context(), "pieces"); err != nil || taken {
		t.Errorf("a file of which there are pieces is taken: %v, %v", taken, err)
	}
}

func (s suite) claimsOnce(t *testing.T) {
	for _, digest := range []string{"one", "two", "one"} {
		owner, err := s.clearings.Claim(t.Context(), "mastercard", "file", digest)
		if err != nil || owner != "one" {
			t.Errorf("claimed by %s it is %s, %v", digest, owner, err)
		}
	}
	if owner, err := s.clearings.Claim(t.Context(), "visa", "file", "two"); err != nil || owner != "two" {
		t.Errorf("another scheme's is %s, %v", owner, err)
	}
}

func (s suite) advances(t *testing.T) {
	state := &cardprocessingproto.ClearingFile{Digest: "advances", FileId: "f", PieceLines: []int64{1, 9}}
	for range 2 {
		if err := s.clearings.Take(t.Context(), state); err != nil {
			t.Fatal(err)
		}
	}
	begun, taken, err := s.clearings.Find(t.Context(), "advances")
	if err != nil || !taken {
		t.Fatal(taken, err)
	}
	next := &cardprocessingproto.ClearingFile{Digest: "advances", FileId: "f", PieceLines: []int64{1, 9}, PostedPieces: 1}
	of := &cardprocessingproto.ClearingOutcome{Posted: 8}
	for n, want := range []bool{true, false} { // The second comes from where the file is no more.
		ours, err := s.clearings.Posted(t.Context(), begun, next, of)
		if err != nil || ours != want {
			t.Errorf("the %d. time: %v, %v", n+1, ours, err)
		}
	}
	further, _, err := s.clearings.Find(t.Context(), "advances")
	if err != nil || further.State.GetPostedPieces() != 1 {
		t.Fatal(further, err)
	}
	missing := &cardprocessingproto.ClearingOutcome{Breaks: []*cardprocessingproto.Break{{AuthorisationId: "auth_1"}}}
	if ours, err := s.clearings.Reconciled(t.Context(), further, next, missing); err != nil || !ours {
		t.Fatal(ours, err)
	}
	all, err := s.clearings.Outcomes(t.Context(), "advances")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]*cardprocessingproto.ClearingOutcome{of, missing}, all, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}
