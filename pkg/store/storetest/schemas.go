package storetest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"farthing/pkg/store"
)

// The same table as it might be declared over the years, rightly and wrongly.
type (
	ageRow struct {
		Owner string `store:"1,partition"`
		ID    int64  `store:"2,clustering"`
		Note  string `store:"3"`
	}
	ageMore struct {
		Owner string    `store:"1,partition"`
		ID    int64     `store:"2,clustering"`
		Note  string    `store:"3"`
		At    time.Time `store:"4"`
	}
	ageLess struct {
		Owner string `store:"1,partition"`
		ID    int64  `store:"2,clustering"`
	}
	ageTurned struct {
		Owner string `store:"1,partition"`
		ID    int64  `store:"2,clustering,desc"`
		Note  string `store:"3"`
	}
	ageKeyed struct {
		Owner string `store:"1,partition"`
		ID    int64  `store:"2,partition"`
		Note  string `store:"3"`
	}
	ageWider struct {
		Owner string `store:"1,partition"`
		ID    int64  `store:"2,clustering"`
		Note  string `store:"3,clustering"`
	}
	ageTyped struct {
		Owner string `store:"1,partition"`
		ID    string `store:"2,clustering"`
		Note  string `store:"3"`
	}
	ageOther struct {
		Owner string `store:"1,partition"`
		ID    int64  `store:"2,clustering"`
		Note  int64  `store:"3"`
	}
	ageRetagged struct {
		Owner string `store:"1,partition"`
		ID    int64  `store:"2,clustering"`
		Note  string `store:"7"`
		Other int64  `store:"3"`
	}
)

const ageName = "ages"

func runSchemas(t *testing.T, s store.Store) {
	keyspace := freshName()
	schema := func(tables ...store.Table) store.Schema { return store.Schema{Keyspace: keyspace, Tables: tables} }
	first := store.PlainTable[ageRow](ageName)
	second := store.PlainTable[ageMore](ageName)
	third := store.PlainTable[ageLess](ageName)
	other := store.PlainTable[single]("others")

	t.Run("a schema that was never migrated fails its check", func(t *testing.T) {
		if err := s.Check(t.Context(), schema(first)); err == nil {
			t.Error("the check passed")
		}
	})
	k := store.NewKeyspace(keyspace, s.Open(keyspace))
	t.Run("migrating twice is migrating once", func(t *testing.T) {
		migrate(t, s, schema(first))
		migrate(t, s, schema(first))
		must(t, s.Check(t.Context(), schema(first)))
		must(t, k.Write(t.Context(), first.On(k).Put(ageRow{"a", 1, "first"})))
	})
	t.Run("a missing table and a missing column fail the check, naming the table", func(t *testing.T) {
		names(t, s.Check(t.Context(), schema(first, other)), "others")
		names(t, s.Check(t.Context(), schema(second)), ageName)
	})
	t.Run("a column and a table are added, and rows stay", func(t *testing.T) {
		migrate(t, s, schema(second, other))
		must(t, s.Check(t.Context(), schema(second, other)))
		got, err := second.On(k).In("a").Get(t.Context(), store.Latest, int64(1))
		if err != nil || got.Note != "first" || !got.At.IsZero() {
			t.Errorf("the old row: %+v, %v", got, err)
		}
	})
	t.Run("an older program keeps what it does not know", func(t *testing.T) {
		must(t, s.Check(t.Context(), schema(first)))
		must(t, s.Check(t.Context(), schema(third)))
		migrate(t, s, schema(first))
		must(t, k.Write(t.Context(), second.On(k).Put(ageMore{"a", 2, "newer", noon()})))
		must(t, k.Write(t.Context(), first.On(k).Put(ageRow{"a", 2, "older"})))
		got, err := second.On(k).In("a").Get(t.Context(), store.Latest, int64(2))
		if err != nil || got != (ageMore{"a", 2, "older", noon()}) {
			t.Errorf("the row after an older program: %+v, %v", got, err)
		}
	})
	runContradictions(t, s, keyspace)
}

func runContradictions(t *testing.T, s store.Store, keyspace string) {
	for name, table := range map[string]store.Table{
		"another order":       store.PlainTable[ageTurned](ageName),
		"another partition":   store.PlainTable[ageKeyed](ageName),
		"a longer key":        store.PlainTable[ageWider](ageName),
		"a key's type":        store.PlainTable[ageTyped](ageName),
		"a column's type":     store.PlainTable[ageOther](ageName),
		"a column's tag":      store.PlainTable[ageRetagged](ageName),
		"the class":           store.ConditionalTable[ageRow](ageName),
		"the class, expiring": store.ExpiringTable[ageRow](ageName),
	} {
		t.Run("a change is refused and changes nothing: "+name, func(t *testing.T) {
			beside := store.PlainTable[single]("beside")
			schema := store.Schema{Keyspace: keyspace, Tables: []store.Table{beside, table}}
			names(t, s.Check(t.Context(), store.Schema{Keyspace: keyspace, Tables: []store.Table{table}}), ageName)
			names(t, s.Migrate(t.Context(), schema), ageName)
			names(t, s.Check(t.Context(), store.Schema{Keyspace: keyspace, Tables: []store.Table{beside}}), "beside")
		})
	}
	t.Run("names that no engine could use are refused", func(t *testing.T) {
		for _, bad := range []string{"", "Balance", "service.balance", "card-api", "1st", strings.Repeat("x", 49)} {
			err := s.Migrate(t.Context(), store.Schema{Keyspace: bad})
			if !errors.Is(err, store.ErrInvalid) {
				t.Errorf("keyspace %q: got %v, want ErrInvalid", bad, err)
			}
		}
	})
	t.Run("keyspaces see nothing of each other", func(t *testing.T) { isolated(t, s) })
}

func names(t *testing.T, err error, table string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), table) {
		t.Errorf("got %v, want an error that names %s", err, table)
	}
}

func isolated(t *testing.T, s store.Store) {
	table := store.PlainTable[single]("ones")
	var spaces []*store.Keyspace
	// The second name begins with the first: that must not be confused either.
	for first := freshName(); len(spaces) < 2; first += "_2" {
		migrate(t, s, store.Schema{Keyspace: first, Tables: []store.Table{table}})
		spaces = append(spaces, store.NewKeyspace(first, s.Open(first)))
	}
	must(t, spaces[0].Write(t.Context(), table.On(spaces[0]).Put(single{"id", "first"})))
	must(t, spaces[1].Write(t.Context(), table.On(spaces[1]).Put(single{"id", "second"})))
	for n, want := range []string{"first", "second"} {
		rows, _, err := table.On(spaces[n]).Walk(t.Context(), "", 10)
		if err != nil || len(rows) != 1 || rows[0].Note != want {
			t.Errorf("keyspace %d holds %+v, %v", n, rows, err)
		}
	}
}

// runReopened proves that rows, schemas, page tokens and places of a walk outlive the store's being closed.
func runReopened(t *testing.T, open func(*testing.T) store.Store) {
	table, name := store.PlainTable[walkedRow]("rows"), freshName()
	schema := store.Schema{Keyspace: name, Tables: []store.Table{table}}
	s := open(t)
	migrate(t, s, schema)
	k := store.NewKeyspace(name, s.Open(name))
	for seq := range int64(10) {
		must(t, k.Write(t.Context(), table.On(k).Put(walkedRow{"a", seq})))
	}
	_, token, err := table.On(k).In("a").Range().Limit(4).List(t.Context(), store.Recent)
	must(t, err)
	walked, place, err := table.On(k).Walk(t.Context(), "", 7)
	must(t, err)
	must(t, s.Close())

	s = open(t)
	defer func() { must(t, s.Close()) }()
	must(t, s.Check(t.Context(), schema))
	k = store.NewKeyspace(name, s.Open(name))
	rest, _, err := table.On(k).In("a").Range().Resume(token).List(t.Context(), store.Recent)
	if err != nil || len(rest) != 6 || rest[0].Seq != 4 {
		t.Errorf("resumed: %+v, %v", rest, err)
	}
	more := walk(t, 100, func(next string) ([]walkedRow, string, error) {
		if next == "" {
			next = place
		}
		return table.On(k).Walk(t.Context(), next, 100)
	})
	if len(walked)+len(more) != 10 {
		t.Errorf("walked %d and %d rows of 10", len(walked), len(more))
	}
}
