package archive_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"farthing/pkg/store"
	"farthing/pkg/store/archive"
)

// names ends the test unless the error names the table, or whatever it must name.
func names(t *testing.T, err error, what string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), what) {
		t.Fatalf("got %v, want an error that names %s", err, what)
	}
}

// The table singles as it might be declared elsewhere, and numbers.
type (
	singleTyped struct {
		ID   string `store:"1,partition"`
		Note []byte `store:"2"`
	}
	singleRenamed struct {
		ID     string `store:"1,partition"`
		Remark string `store:"2"`
	}
	singleRetagged struct {
		ID   string `store:"1,partition"`
		Note string `store:"3"`
	}
	singleLess struct {
		ID string `store:"1,partition"`
	}
	singleKeyed struct {
		ID   string `store:"1,partition"`
		Note string `store:"2"`
		More int64  `store:"3,clustering"`
	}
	singleMore struct {
		ID   string `store:"1,partition"`
		Note string `store:"2"`
		More int64  `store:"3"`
	}
	singleTurned struct {
		ID   string `store:"1,partition"`
		Note string `store:"2,clustering"`
	}
)

// with is the schemas with another declaration of one table of the first keyspace, or none.
func with(name string, table store.Table) []store.Schema {
	all := schemas()
	var kept []store.Table
	for _, t := range all[0].Tables {
		switch {
		case t.Spec().Name != name:
			kept = append(kept, t)
		case table != nil:
			kept = append(kept, table)
		}
	}
	all[0].Tables = kept
	return all
}

func TestASchemaThatDiffersIsRefusedByName(t *testing.T) {
	dir, _ := exported(t, sample(t, 20))
	for name, other := range map[string]store.Table{
		"no such table": nil,
		"another class": store.ConditionalTable[single]("singles"),
		"another type":  store.PlainTable[singleTyped]("singles"),
		"another name":  store.PlainTable[singleRenamed]("singles"),
		"another tag":   store.PlainTable[singleRetagged]("singles"),
		"a column less": store.PlainTable[singleLess]("singles"),
		"a longer key":  store.PlainTable[singleKeyed]("singles"),
		"another role":  store.PlainTable[singleTurned]("singles"),
		"expiring":      store.ExpiringTable[single]("singles"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := archive.Import(t.Context(), dir, target(untouchable{}), with("singles", other), nil)
			if !errors.Is(err, archive.ErrForeign) {
				t.Fatalf("got %v, want ErrForeign", err)
			}
			names(t, err, "bank.singles")
		})
	}
	t.Run("a table that was not exported", func(t *testing.T) {
		all := schemas()
		all[1].Tables = append(all[1].Tables, store.PlainTable[bare]("added"))
		_, err := archive.Import(t.Context(), dir, target(untouchable{}), all, nil)
		names(t, err, "cards.added")
	})
}

// untouchable panics when it is asked for anything.
type untouchable struct{ store.Store }

func TestAColumnMoreIsNoContradiction(t *testing.T) {
	from := sample(t, 20)
	dir, _ := exported(t, from)
	newer, to := with("singles", store.PlainTable[singleMore]("singles")), memory(t)
	for _, schema := range newer {
		must(t, to.Migrate(t.Context(), schema))
	}
	_, err := archive.Import(t.Context(), dir, target(to), newer, nil)
	must(t, err)
	sameBank(t, from, to)
	found, err := archive.Verify(t.Context(), dir, to, newer, nil)
	if err != nil || !found.None() {
		t.Fatalf("verifying: %v, %v", found, err)
	}
}

func TestAStoreThatWasNotMigratedIsRefused(t *testing.T) {
	dir, _ := exported(t, sample(t, 5))
	to := memory(t)
	added := with("singles", store.PlainTable[singleMore]("singles"))
	_, err := archive.Import(t.Context(), dir, target(to), added, nil)
	names(t, err, "singles")
	_, err = archive.Export(t.Context(), archive.Source{Name: "test", Store: to}, added, t.TempDir(), nil)
	names(t, err, "singles")
}

func TestAFolderOfAnotherBankIsRefused(t *testing.T) {
	from := sample(t, 20)
	unfinished, _ := cutExport(t, from, 4)
	finished, _ := exported(t, from)
	for name, dir := range map[string]string{"unfinished": unfinished, "finished": finished} {
		for why, c := range map[string]struct {
			source  string
			schemas []store.Schema
			names   string
		}{
			"another source": {"other", schemas(), `"other"`},
			"a table less":   {"test", with("singles", nil), "bank.singles"},
			"another table":  {"test", with("singles", store.PlainTable[singleMore]("singles")), "bank.singles"},
		} {
			t.Run(name+", "+why, func(t *testing.T) {
				s := memory(t)
				for _, schema := range c.schemas {
					must(t, s.Migrate(t.Context(), schema))
				}
				_, err := archive.Export(t.Context(), archive.Source{Name: c.source, Store: s}, c.schemas, dir, nil)
				if !errors.Is(err, archive.ErrForeign) {
					t.Fatalf("got %v, want ErrForeign", err)
				}
				names(t, err, c.names)
			})
		}
	}
}

func TestAFolderWithSomethingElseIsRefused(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "thesis.txt"), []byte("mine"), 0o600))
	_, err := archive.Export(t.Context(), archive.Source{Name: "test", Store: memory(t)}, schemas(), dir, nil)
	if !errors.Is(err, archive.ErrForeign) {
		t.Fatalf("got %v, want ErrForeign", err)
	}
}

func TestAnUnfinishedExportIsNotImported(t *testing.T) {
	dir, _ := cutExport(t, sample(t, 20), 4)
	_, err := archive.Import(t.Context(), dir, target(untouchable{memory(t)}), schemas(), nil)
	if !errors.Is(err, archive.ErrUnfinished) {
		t.Fatalf("got %v, want ErrUnfinished", err)
	}
}

func TestAnImportsStateFitsItsExportOnly(t *testing.T) {
	first, _ := exported(t, sample(t, 20))
	second, _ := exported(t, write(t, memory(t), bookOf("cards", "bares", store.Row{"o", int64(1)})))
	to := memory(t)
	_, err := archive.Import(t.Context(), second, target(to), schemas(), nil)
	must(t, err)
	state, err := os.ReadFile(filepath.Join(second, "import-test.json"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(first, "import-test.json"), state, 0o600))
	_, err = archive.Import(t.Context(), first, target(to), schemas(), nil)
	if !errors.Is(err, archive.ErrForeign) {
		t.Fatalf("got %v, want ErrForeign", err)
	}
}

func TestATargetThatMakesNoSenseIsRefused(t *testing.T) {
	dir, _ := exported(t, memory(t))
	for name, bad := range map[string]archive.Target{
		"no name": {}, "a path": {Name: "../x"}, "a long name": {Name: strings.Repeat("x", 65)},
		"too short a life": {Name: "x", ExpiringTTL: time.Millisecond},
		"too long a life":  {Name: "x", ExpiringTTL: 11 * 365 * 24 * time.Hour},
	} {
		if _, err := archive.Import(t.Context(), dir, bad, schemas(), nil); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// ttls notes how long rows are asked to live, by table.
type ttls struct {
	store.Store

	mu    sync.Mutex // Guards asked.
	asked map[string][]time.Duration
}

// Open is a keyspace whose TTLs are noted.
func (s *ttls) Open(keyspace string) store.Engine { return ttlEngine{s.Store.Open(keyspace), s} }

type ttlEngine struct {
	store.Engine
	noted *ttls
}

// Apply notes the batch's TTL.
func (e ttlEngine) Apply(ctx context.Context, b store.ConditionalBatch) (store.Applied, error) {
	e.noted.mu.Lock()
	defer e.noted.mu.Unlock()
	if e.noted.asked == nil {
		e.noted.asked = make(map[string][]time.Duration)
	}
	e.noted.asked[b.Table.Name] = append(e.noted.asked[b.Table.Name], b.TTL)
	return e.Engine.Apply(ctx, b)
}
