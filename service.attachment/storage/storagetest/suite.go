// Package storagetest is what service.attachment's storage promises, on any engine.
package storagetest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	"farthing/pkg/store/worklist"
	"farthing/service.attachment/blobs"
	"farthing/service.attachment/blobs/blobstest"
	"farthing/service.attachment/logic"
	"farthing/service.attachment/storage"
)

// Run proves it on a keyspace that was just migrated. Every engine must pass it, word for word.
func Run(t *testing.T, k *store.Keyspace) {
	s := suite{
		storage.New(k, seal.Ephemeral("persons")),
		storage.NewPieces(map[string]blobs.Store{"tables": blobs.NewTables(k)}),
	}
	for name, test := range map[string]func(t *testing.T, name string){
		"a file is found as it was written, and changed once": s.files,
		"of a removed file nothing personal is left":          s.removed,
		"attachments are listed by their transactions":        s.listed,
		"a deleted attachment is nowhere":                     s.deleted,
		"a piece opens in its own place only":                 s.pieces,
	} {
		t.Run(name, func(t *testing.T) { test(t, name) })
	}
	t.Run("pieces in tables", func(t *testing.T) { blobstest.Run(t, blobs.NewTables(k)) })
}

type suite struct {
	kept   *storage.Attachments
	places *storage.Pieces
}

func at() time.Time { return time.UnixMilli(1_790_000_000_123).UTC() }

func fileNamed(name string) logic.File {
	return logic.File{
		ID: id.Derived("file", at(), name), User: "user_alice", Kind: "image/png", Declared: 1_000, Store: "tables",
		Created: at(), Name: "lunch.png", Secret: strings.Repeat("S", 26), State: logic.Begun, Version: 1,
	}
}

func (s suite) insert(t *testing.T, f logic.File) {
	t.Helper()
	if err := s.kept.InsertFile(t.Context(), f); err != nil {
		t.Fatalf("inserting: %v", err)
	}
}

func (s suite) change(t *testing.T, was, next logic.File) bool {
	t.Helper()
	changed, err := s.kept.ChangeFile(t.Context(), was, next, at().Add(time.Minute))
	if err != nil {
		t.Fatalf("changing: %v", err)
	}
	return changed
}

func (s suite) want(t *testing.T, want logic.File) {
	t.Helper()
	got, found, err := s.kept.FindFile(t.Context(), want.ID)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || !found || diff != "" {
		t.Errorf("found: %v, %v\n%s", found, err, diff)
	}
	want.Name, want.Secret = "", ""
	got, found, err = s.kept.FileState(t.Context(), want.ID)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || !found || diff != "" {
		t.Errorf("its state: %v, %v\n%s", found, err, diff)
	}
}

func (s suite) files(t *testing.T, name string) {
	f := fileNamed(name)
	if got, found, err := s.kept.FindFile(t.Context(), f.ID); err != nil || found {
		t.Errorf("before it is there: %v, %v, %v", got, found, err)
	}
	for range 2 {
		s.insert(t, f)
		s.want(t, f)
	}
	uploaded := f
	uploaded.State, uploaded.Attempt, uploaded.Bytes, uploaded.SHA256 = logic.Uploaded, "a", 1_000, []byte("sum")
	if !s.change(t, f, uploaded) || s.change(t, f, uploaded) {
		t.Error("a change is not made once")
	}
	uploaded.Version = 2
	s.want(t, uploaded)
	attached := uploaded
	attached.State, attached.Attachment = logic.Attached, attachmentOf(f, name)
	s.change(t, uploaded, attached)
	attached.Version = 3
	s.want(t, attached)
	if got := s.due(t, f); len(got) != 1 || got[0] != f.ID+"/" {
		t.Errorf("listed is %v", got)
	}
	if err := s.kept.StrikeOff(t.Context(), at().Add(logic.AttachWithin), f.ID, ""); err != nil || len(s.due(t, f)) != 0 {
		t.Errorf("struck off: %v, %v", s.due(t, f), err)
	}
}

// due is what is listed about a file.
func (s suite) due(t *testing.T, f logic.File) (items []string) {
	t.Helper()
	late := at().Add(logic.AttachWithin)
	err := s.kept.Due().Each(t.Context(), late, late, func(_ context.Context, item worklist.Item) error {
		if file, _ := storage.Listed(item); file == f.ID {
			items = append(items, item.Name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return items
}

// attachmentOf is a file's own, as the file keeps it.
func attachmentOf(f logic.File, name string) logic.Attachment {
	return logic.Attachment{
		ID: id.Derived("attach", at(), name), User: f.User, Account: id.Derived("acc", at(), name),
		Transaction: id.Derived("tx", at(), name), Type: "image/png", File: f.ID,
	}
}

func (s suite) removed(t *testing.T, name string) {
	f := fileNamed(name)
	s.insert(t, f)
	gone := f
	gone.State = logic.Removed
	s.change(t, f, gone)
	gone.Version, gone.Name, gone.Secret = 2, "", ""
	s.want(t, gone)
}

// attach writes what lies elsewhere.
func (s suite) attach(t *testing.T, account string, when time.Time, url string) logic.Attachment {
	t.Helper()
	a := logic.Attachment{
		ID: id.Derived("attach", when, account+url), User: "user_alice", Account: account,
		Transaction: id.Derived("tx", when, account), Type: "image/png", Created: at(), URL: "https://example.com/" + url,
	}
	for range 2 {
		if err := s.kept.Put(t.Context(), a); err != nil {
			t.Fatalf("putting: %v", err)
		}
	}
	return a
}

func (s suite) listed(t *testing.T, name string) {
	account := id.Derived("acc", at(), name)
	var all []logic.Attachment
	for n := range 4 {
		when := at().AddDate(0, 0, 20*n) // Over several months.
		first, second := s.attach(t, account, when, "a"), s.attach(t, account, when, "b")
		if first.ID > second.ID {
			first, second = second, first
		}
		all = append(all, first, second)
	}
	s.attach(t, id.Derived("acc", at(), "other"), at(), "c")
	list := func(w storage.Window) []logic.Attachment {
		got, err := s.kept.Between(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for first := range all {
		for last := first; last < len(all); last++ {
			w := storage.Window{
				Account: account, First: all[first].Transaction, Last: all[last].Transaction, Limit: 1_000,
			}
			if diff := cmp.Diff(all[first/2*2:last/2*2+2], list(w)); diff != "" {
				t.Errorf("from %d to %d:\n%s", first, last, diff)
			}
		}
		w := storage.Window{
			Account: account, First: all[0].Transaction, Last: all[len(all)-1].Transaction, Limit: 2,
			After: storage.Place{Transaction: all[first].Transaction, Attachment: all[first].ID},
		}
		if got := list(w); len(got) != min(2, len(all)-1-first) || len(got) > 0 && got[0] != all[first+1] {
			t.Errorf("after %d: %v", first, got)
		}
	}
	of, err := s.kept.Of(t.Context(), account, all[0].Transaction)
	if err != nil || len(of) != 2 || of[0].ID != all[0].ID {
		t.Errorf("of a transaction: %v, %v", of, err)
	}
}

func (s suite) deleted(t *testing.T, name string) {
	a := s.attach(t, id.Derived("acc", at(), name), at(), "a")
	got, found, err := s.kept.Find(t.Context(), a.ID)
	if diff := cmp.Diff(a, got); err != nil || !found || diff != "" {
		t.Errorf("found: %v, %v\n%s", found, err, diff)
	}
	for range 2 {
		if err := s.kept.Delete(t.Context(), a); err != nil {
			t.Fatalf("deleting: %v", err)
		}
		if got, found, err := s.kept.Find(t.Context(), a.ID); err != nil || found {
			t.Errorf("it is found: %v, %v, %v", got, found, err)
		}
		if of, err := s.kept.Of(t.Context(), a.Account, a.Transaction); err != nil || len(of) != 0 {
			t.Errorf("it is listed: %v, %v", of, err)
		}
	}
}

func (s suite) pieces(t *testing.T, name string) {
	f := fileNamed(name)
	s.insert(t, f)
	key, err := s.kept.Key(t.Context(), f.User)
	if err != nil {
		t.Fatal(err)
	}
	whole := bytes.Repeat([]byte("lunch"), logic.PieceBytes/5)
	here := storage.Piece{Store: "tables", File: f.ID, Attempt: "a"}
	next := here
	next.Number = 1
	for _, p := range []storage.Piece{here, next} {
		if err := s.places.Write(t.Context(), p, key, fmt.Append(whole, p.Number)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.places.Read(t.Context(), next, key); err != nil || !bytes.Equal(got, fmt.Append(whole, 1)) {
		t.Errorf("of %d bytes there are %d, %v", len(whole)+1, len(got), err)
	}
	if _, err := s.places.Read(t.Context(), here, keyOf(t, "user_bob")); err == nil {
		t.Error("another customer's key opens it")
	}
	if err := s.places.Delete(t.Context(), "tables", f.ID, "a", 2); err != nil {
		t.Fatal(err)
	}
	if _, err := s.places.Read(t.Context(), here, key); !errs.Is(err, "not_found.piece") {
		t.Errorf("once it is deleted: %v", err)
	}
	here.Store = "elsewhere"
	if _, err := s.places.Read(t.Context(), here, key); !errs.Is(err, "unavailable.attachments") {
		t.Errorf("of a store that is not configured: %v", err)
	}
}

// keyOf is a key of some customer.
func keyOf(t *testing.T, user string) *seal.DataKey {
	t.Helper()
	ring := seal.Ephemeral("others")
	key, err := ring.WithDataKey(ring.NewDataKey(user), user)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
