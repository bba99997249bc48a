package archive_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"farthing/pkg/store"
	"farthing/pkg/store/archive"
	"farthing/pkg/store/faults"
)

const rowsToAPiece = 4

// cut is a store that ends the context at its n-th operation, which meets this fault.
func cut(ctx context.Context, s store.Store, n int, fault faults.Fault) (context.Context, *faults.Store) {
	ctx, end := context.WithCancel(ctx)
	var asked atomic.Int64
	return ctx, faults.WrapStore(s, func(faults.Op) faults.Fault {
		if asked.Add(1) < int64(n) {
			return faults.None
		}
		end()
		return fault
	})
}

// cutExport is the folder of an export that is cut off at the n-th operation, and whether it was.
func cutExport(t *testing.T, from store.Store, n int) (dir string, was bool) {
	t.Helper()
	dir = t.TempDir()
	return dir, cutExportIn(t, from, dir, n)
}

func cutExportIn(t *testing.T, from store.Store, dir string, n int) (was bool) {
	t.Helper()
	ctx, dying := cut(t.Context(), from, n, faults.Unavailable)
	_, err := archive.ExportInPieces(ctx, archive.Source{Name: "test", Store: dying}, schemas(), dir, rowsToAPiece)
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return err != nil
}

// tear writes what a crash may leave behind what is durable.
func tear(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		if strings.HasSuffix(path, ".json") {
			must(t, os.WriteFile(path+".new", []byte("{"), 0o600))
			continue
		}
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		must(t, err)
		_, err = file.WriteString("half a rec")
		must(t, errors.Join(err, file.Close()))
	}
}

func sameFiles(t *testing.T, want, got string) {
	t.Helper()
	entries, err := os.ReadDir(want)
	must(t, err)
	for _, entry := range entries {
		wanted, err := os.ReadFile(filepath.Join(want, entry.Name()))
		must(t, err)
		found, err := os.ReadFile(filepath.Join(got, entry.Name()))
		must(t, err)
		if string(wanted) != string(found) {
			t.Fatalf("%s is not the same: %d bytes, want %d", entry.Name(), len(found), len(wanted))
		}
	}
}

func TestAnExportGoesOnWhereverItWasCutOff(t *testing.T) {
	from := sample(t, 10)
	whole, want := exported(t, from)
	for n := 1; ; n++ {
		dir, was := cutExport(t, from, n)
		if !was {
			if n < 20 {
				t.Fatalf("an export of %d operations proves little", n)
			}
			break
		}
		tear(t, dir)
		source := archive.Source{Name: "test", Store: from}
		got, err := archive.ExportInPieces(t.Context(), source, schemas(), dir, rowsToAPiece)
		if err != nil {
			t.Fatalf("after a cut at operation %d: %v", n, err)
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("after a cut at operation %d:\n%s", n, diff)
		}
		sameFiles(t, whole, dir)
	}
}

func TestAnExportThatIsCutOffAgainAndAgainIsWholeInTheEnd(t *testing.T) {
	from := sample(t, 10)
	whole, _ := exported(t, from)
	dir, cuts := t.TempDir(), 0
	for cutExportIn(t, from, dir, 3) {
		tear(t, dir)
		cuts++
	}
	if cuts < 5 {
		t.Fatalf("only %d cuts", cuts)
	}
	sameFiles(t, whole, dir)
}

func TestACrashBetweenTheManifestAndTheEndChangesNothing(t *testing.T) {
	from := sample(t, 10)
	dir, _ := cutExport(t, from, 5)
	state, err := os.ReadFile(filepath.Join(dir, "export.json"))
	must(t, err)
	source := archive.Source{Name: "test", Store: from}
	want, err := archive.Export(t.Context(), source, schemas(), dir, nil)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "export.json"), state, 0o600))
	got, err := archive.Export(t.Context(), source, schemas(), dir, nil)
	must(t, err)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAFileThatIsShorterThanItWasIsFound(t *testing.T) {
	from := sample(t, 10)
	dir, _ := cutExport(t, from, 5)
	must(t, os.Truncate(filepath.Join(dir, "bank.things.rows"), 10))
	_, err := archive.Export(t.Context(), archive.Source{Name: "test", Store: from}, schemas(), dir, nil)
	names(t, err, "bank.things.rows")
}

// The operation at the cut is done, or lost, or arrives after the import was repeated.
func TestAnImportGoesOnWhereverItWasCutOff(t *testing.T) {
	from := sample(t, 10)
	dir, _ := exported(t, from)
	ways := []faults.Fault{faults.UnknownApplied, faults.UnknownLost, faults.UnknownLate}
	for n := 1; ; n++ {
		to, name := memory(t), "cut-at-"+strconv.Itoa(n)
		ctx, dying := cut(t.Context(), to, n, ways[n%len(ways)])
		into := func(s store.Store) archive.Target { return archive.Target{Name: name, Store: s} }
		_, err := archive.ImportInPieces(ctx, dir, into(dying), schemas(), rowsToAPiece)
		if err == nil {
			if n < 40 {
				t.Fatalf("an import of %d operations proves little", n)
			}
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("cut at operation %d: %v", n, err)
		}
		if _, err = archive.ImportInPieces(t.Context(), dir, into(to), schemas(), rowsToAPiece); err != nil {
			t.Fatalf("after a cut at operation %d: %v", n, err)
		}
		must(t, dying.Settle(t.Context()))
		sameBank(t, from, to)
	}
}

func TestNoPartitionOpensBeforeAllRowsAreThere(t *testing.T) {
	from := sample(t, 40)
	dir, summary := exported(t, from)
	rows := int64(0)
	for _, table := range summary.Tables {
		if table.Table == "accounts" {
			rows = table.Rows
		}
	}
	if rows == 0 {
		t.Fatal("no account has rows")
	}
	kept := &ordered{Store: memory(t)}
	_, err := archive.Import(t.Context(), dir, target(kept), schemas(), nil)
	must(t, err)
	if kept.before != rows {
		t.Errorf("%d rows were there when the first partition opened, want %d", kept.before, rows)
	}
}

// ordered counts the rows with which accounts were written before the first statics.
type ordered struct {
	store.Store

	mu           sync.Mutex // Guards the rest.
	rows, before int64
	opened       bool
}

// Open is a keyspace that is counted.
func (s *ordered) Open(keyspace string) store.Engine { return orderedEngine{s.Store.Open(keyspace), s} }

type orderedEngine struct {
	store.Engine
	counted *ordered
}

// Apply counts what it writes to accounts.
func (e orderedEngine) Apply(ctx context.Context, b store.ConditionalBatch) (store.Applied, error) {
	answer, err := e.Engine.Apply(ctx, b)
	if b.Table.Name == "accounts" {
		e.counted.mu.Lock()
		defer e.counted.mu.Unlock()
		e.counted.rows += int64(len(b.Rows))
		if b.Statics != nil && !e.counted.opened {
			e.counted.opened, e.counted.before = true, e.counted.rows
		}
	}
	return answer, err
}

// importCut imports on, is cut off at the n-th operation, and tells whether it was.
func importCut(t *testing.T, dir string, to store.Store, n int, fault faults.Fault) (was bool) {
	t.Helper()
	ctx, dying := cut(t.Context(), to, n, fault)
	_, err := archive.ImportInPieces(ctx, dir, target(dying), schemas(), rowsToAPiece)
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return err != nil
}
