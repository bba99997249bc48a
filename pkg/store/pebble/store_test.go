package pebblestore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"farthing/pkg/clock"
	"farthing/pkg/store"
	pebblestore "farthing/pkg/store/pebble"
)

type token struct {
	ID    string `store:"1,partition"`
	State string `store:"2"`
}

type item struct {
	Owner string `store:"1,partition"`
	ID    int64  `store:"2,clustering"`
	Note  string `store:"3"`
}

var (
	tokens     = store.ExpiringTable[token]("tokens")
	items      = store.PlainTable[item]("items")
	testSchema = store.Schema{Keyspace: "bank", Tables: []store.Table{tokens, items, postings}}
)

func openStore(t *testing.T, dir string, options pebblestore.Options) (*pebblestore.Store, *store.Keyspace) {
	t.Helper()
	s, err := pebblestore.Open(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(t.Context(), testSchema); err != nil {
		t.Fatal(err)
	}
	return s, store.NewKeyspace("bank", s.Open("bank"))
}

func TestAFolderInUseIsRefusedByName(t *testing.T) {
	dir := t.TempDir()
	s, keys := openStore(t, dir, pebblestore.Options{})
	if err := keys.Write(t.Context(), items.On(keys).Put(item{"a", 1, "x"})); err != nil {
		t.Fatal(err)
	}
	_, err := pebblestore.Open(dir, pebblestore.Options{})
	if want := fmt.Sprintf("the data folder %s is in use by another process", dir); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, keys = openStore(t, dir, pebblestore.Options{})
	if _, err := items.On(keys).In("a").Get(t.Context(), store.Latest, int64(1)); err != nil {
		t.Errorf("after opening it again: %v", err)
	}
}

func TestAClosedStoreIsUnavailable(t *testing.T) {
	s, keys := openStore(t, "bank", pebblestore.Options{FS: vfs.NewMem()})
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := keys.Write(t.Context(), items.On(keys).Put(item{"a", 1, "x"})); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a write: got %v, want ErrUnavailable", err)
	}
	if _, _, err := items.On(keys).In("a").Range().List(t.Context(), store.Recent); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a read: got %v, want ErrUnavailable", err)
	}
}

func TestATableThatWasNotMigratedIsRefused(t *testing.T) {
	_, keys := openStore(t, "bank", pebblestore.Options{FS: vfs.NewMem()})
	err := keys.Write(t.Context(), notes.On(keys).Put(note{1, 1, 1, "x"}))
	if !errors.Is(err, store.ErrInvalid) || !strings.Contains(err.Error(), "bank.notes") {
		t.Errorf("got %v, want ErrInvalid that names bank.notes", err)
	}
}

func TestWhatCannotBeReadIsNotTakenForEmpty(t *testing.T) {
	s, keys := openStore(t, "bank", pebblestore.Options{FS: vfs.NewMem()})
	key := []byte("sbank\x00items\x00a\x00\x01\x01\x80\x00\x00\x00\x00\x00\x00\x01")
	if err := s.DB().Set(key, []byte{0xff}, pebble.Sync); err != nil {
		t.Fatal(err)
	}
	_, _, err := items.On(keys).In("a").Find(t.Context(), store.Latest, int64(1))
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a corrupt row: got %v, want ErrUnavailable", err)
	}
	if _, _, err := items.On(keys).Walk(t.Context(), "", 10); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a walk over it: got %v, want ErrUnavailable", err)
	}
}

// The context ends in the middle of the sync: the store had looked at it before, and looks again after.
func TestAContextThatEndsDuringTheCommitLeavesTheOutcomeUnknown(t *testing.T) {
	var cancel atomic.Pointer[context.CancelFunc]
	files := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if end := cancel.Load(); end != nil && op.Kind == errorfs.OpFileSyncData {
			(*end)()
		}
		return nil
	}))
	_, keys := openStore(t, "bank", pebblestore.Options{FS: files})
	for name, write := range map[string]func(context.Context) error{
		"a plain batch": func(ctx context.Context) error {
			return keys.Write(ctx, items.On(keys).Put(item{"a", 1, "x"}))
		},
		"a conditional batch": func(ctx context.Context) error {
			row := posting{Account: "a", Version: 1}
			_, err := postings.On(keys).Batch("a").IfNull("version").SetStatics(row).InsertNew(row).Apply(ctx)
			return err
		},
	} {
		ctx, end := context.WithCancel(t.Context())
		cancel.Store(&end)
		if err := write(ctx); !errors.Is(err, store.ErrUnknown) {
			t.Errorf("%s: got %v, want ErrUnknown", name, err)
		}
		cancel.Store(nil)
		end()
	}
	if _, err := postings.On(keys).In("a").Get(t.Context(), store.Latest, int64(0), int64(0)); err != nil {
		t.Errorf("the conditional batch is not there: %v", err)
	}
}

func TestAFailedSyncEndsTheProcessAndAcknowledgesNothing(t *testing.T) {
	var broken atomic.Bool
	files := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if broken.Load() && op.Kind == errorfs.OpFileSyncData {
			return errors.New("input/output error")
		}
		return nil
	}))
	said := make(chan string, 10)
	options := pebblestore.Options{FS: files}.OnExit(func(line string) {
		said <- line
		runtime.Goexit()
	})
	s, err := pebblestore.Open("bank", options)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context(), testSchema); err != nil {
		t.Fatal(err)
	}
	keys := store.NewKeyspace("bank", s.Open("bank"))
	broken.Store(true)
	acknowledged := make(chan error, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		acknowledged <- keys.Write(t.Context(), items.On(keys).Put(item{"a", 1, "x"}))
	}()
	<-done
	if line := <-said; !strings.Contains(line, "input/output error") {
		t.Errorf("the last words were %q", line)
	}
	if len(acknowledged) > 0 {
		t.Errorf("a write whose sync failed was answered with %v", <-acknowledged)
	}
	go func() { _ = s.Close() }() // Pebble refuses to close a broken log; its goroutines go.
}

func TestTheJanitorForgetsWhatHasExpiredAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, keys := openStore(t, "bank", pebblestore.Options{FS: vfs.NewMem()}.SweepingEvery(time.Hour))
		ctx := t.Context()
		for i := range int64(300) {
			put := items.On(keys).PutFor(time.Minute, item{"goes", i, "x"})
			if err := keys.Write(ctx, put, items.On(keys).Put(item{"stays", i, "x"})); err != nil {
				t.Fatal(err)
			}
		}
		again := items.On(keys).PutFor(2*time.Hour, item{"goes", 7, "written again"})
		if err := keys.Write(ctx, again); err != nil {
			t.Fatal(err)
		}
		if _, err := tokens.On(keys).Insert(ctx, time.Minute, token{"t", "issued"}); err != nil {
			t.Fatal(err)
		}
		count(t, s, "s", 601)
		if err := clock.Wait(ctx, 30*time.Minute); err != nil {
			t.Fatal(err)
		}
		rows, _, err := items.On(keys).In("goes").Range().List(ctx, store.Recent)
		if err != nil || len(rows) != 1 || rows[0].Note != "written again" {
			t.Errorf("before the janitor came: %+v, %v", rows, err)
		}
		count(t, s, "s", 601)
		if err := clock.Wait(ctx, 31*time.Minute); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		count(t, s, "s", 301)
		count(t, s, "x", 1)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func count(t *testing.T, s *pebblestore.Store, prefix string, want int) {
	t.Helper()
	got, err := s.Keys(prefix)
	if err != nil || got != want {
		t.Errorf("%d keys begin with %s, want %d (%v)", got, prefix, want, err)
	}
}

func TestTheStoreSaysNothingWhileAllIsWell(t *testing.T) {
	var said bytes.Buffer
	options := pebblestore.Options{FS: vfs.NewMem(), Log: slog.New(slog.NewTextHandler(&said, nil))}
	s, keys := openStore(t, "bank", options)
	if err := keys.Write(t.Context(), items.On(keys).Put(item{"a", 1, "x"})); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.DB().Flush(), s.Close()); err != nil || said.Len() > 0 {
		t.Errorf("it said %q, %v", said.String(), err)
	}
}

func TestAFolderThatCannotBeMadeSaysWhy(t *testing.T) {
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := pebblestore.Open(file, pebblestore.Options{})
	if err == nil || strings.Contains(err.Error(), "in use") || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v, want an error that names %s and does not call it in use", err, file)
	}
}
