package pebblestore_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"farthing/pkg/store"
	pebblestore "farthing/pkg/store/pebble"
	"farthing/pkg/store/storetest"
)

func folders(t *testing.T, dir string) *pebblestore.Folders {
	t.Helper()
	f := pebblestore.NewFolders(dir, pebblestore.Options{
		Cache: 1 << 20, MemTable: 1 << 20, Log: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return f
}

type noteRow struct {
	ID   string `store:"1,partition"`
	Text string `store:"2"`
}

func noteSchema(keyspace string) store.Schema {
	return store.Schema{Keyspace: keyspace, Tables: []store.Table{store.PlainTable[noteRow]("notes")}}
}

func TestAKeyspaceInAFolderOfItsOwnKeepsTheContract(t *testing.T) {
	files := vfs.NewMem()
	storetest.Run(t, func(*testing.T) store.Store {
		return pebblestore.NewFolders("bank", pebblestore.Options{
			FS: files, Cache: 1 << 20, MemTable: 1 << 20, Log: slog.New(slog.DiscardHandler),
		})
	})
}

func TestProcessesShareAFolderOfFoldersButNotAKeyspace(t *testing.T) {
	dir := t.TempDir()
	one, other := folders(t, dir), folders(t, dir)
	if err := one.Migrate(t.Context(), noteSchema("feed")); err != nil {
		t.Fatal(err)
	}
	if err := other.Migrate(t.Context(), noteSchema("cards")); err != nil {
		t.Errorf("another keyspace: %v", err)
	}
	err := other.Check(t.Context(), noteSchema("feed"))
	if err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("the same keyspace: %v", err)
	}
	notes := store.PlainTable[noteRow]("notes").On(store.NewKeyspace("feed", other.Open("feed")))
	if _, _, err := notes.In("a").Find(t.Context(), store.Recent); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("reading what another process has: %v", err)
	}
}
