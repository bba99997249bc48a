package cassandra_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"farthing/pkg/store"
	"farthing/pkg/store/cassandra"
	"farthing/pkg/store/cassandra/cassandratest"
)

type firstRow struct {
	ID   string `store:"1,partition"`
	At   int64  `store:"2,clustering"`
	Name string `store:"3"`
}

type widerRow struct {
	ID    string `store:"1,partition"`
	At    int64  `store:"2,clustering"`
	Name  string `store:"3"`
	Email string `store:"4"`
}

func schemaOf(tables ...store.Table) store.Schema { return store.Schema{Keyspace: "m", Tables: tables} }

func TestMigratingTwiceIsHarmlessAndAColumnCanBeAdded(t *testing.T) {
	s, ctx := cassandratest.Open(t), t.Context()
	narrow, wide := store.PlainTable[firstRow]("people"), store.PlainTable[widerRow]("people")
	for range 2 {
		if err := s.Migrate(ctx, schemaOf(narrow)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Check(ctx, schemaOf(wide)); !errors.Is(err, store.ErrInvalid) || !strings.Contains(err.Error(), "people.email") {
		t.Errorf("checking before the column is there: %v", err)
	}
	if err := s.Migrate(ctx, schemaOf(wide)); err != nil {
		t.Fatal(err)
	}
	for _, either := range []store.Table{wide, narrow} { // The older program goes on.
		if err := s.Check(ctx, schemaOf(either)); err != nil {
			t.Error(err)
		}
	}
}

func TestAChangedTableIsRefusedByNameAndNothingIsChanged(t *testing.T) {
	s, ctx := cassandratest.Open(t), t.Context()
	if err := s.Migrate(ctx, schemaOf(store.PlainTable[firstRow]("people"))); err != nil {
		t.Fatal(err)
	}
	for change, table := range map[string]store.Table{
		"key": store.PlainTable[struct {
			ID   string `store:"1,partition"`
			At   int64  `store:"2"`
			Name string `store:"3"`
		}]("people"),
		"longer key": store.PlainTable[struct {
			ID   string `store:"1,partition"`
			At   int64  `store:"2,clustering"`
			Name string `store:"3"`
			Turn int64  `store:"4,clustering"`
		}]("people"),
		"order": store.PlainTable[struct {
			ID   string `store:"1,partition"`
			At   int64  `store:"2,clustering,desc"`
			Name string `store:"3"`
		}]("people"),
		"type": store.PlainTable[struct {
			ID   string `store:"1,partition"`
			At   int64  `store:"2,clustering"`
			Name []byte `store:"3"`
		}]("people"),
		"tag": store.PlainTable[struct {
			ID   string `store:"1,partition"`
			At   int64  `store:"2,clustering"`
			Name string `store:"5"`
		}]("people"),
		"tag of another": store.PlainTable[struct {
			ID   string `store:"1,partition"`
			At   int64  `store:"2,clustering"`
			Text string `store:"3"`
		}]("people"),
		"class": store.ExpiringTable[firstRow]("people"),
	} {
		fresh := store.PlainTable[firstRow]("fresh_table")
		err := s.Migrate(ctx, schemaOf(fresh, table))
		if !errors.Is(err, store.ErrInvalid) || !strings.Contains(err.Error(), "table people") {
			t.Errorf("a changed %s: %v", change, err)
		}
		if err := s.Check(ctx, schemaOf(fresh)); err == nil {
			t.Errorf("a changed %s: the other table was created", change)
		}
	}
}

func TestSeveralProcessesMayMigrateAtOnce(t *testing.T) {
	prefix := cassandratest.Prefix(t)
	var group sync.WaitGroup
	for range 3 {
		s := cassandratest.OpenAs(t, prefix)
		group.Go(func() {
			if err := s.Migrate(t.Context(), schema); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestABadNameIsRefused(t *testing.T) {
	s := cassandratest.Open(t)
	for _, bad := range []store.Schema{
		{Keyspace: "card-processing"},
		{Keyspace: "m", Tables: []store.Table{store.PlainTable[firstRow]("People")}},
	} {
		if err := s.Migrate(t.Context(), bad); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%v", err)
		}
	}
}

func TestTheSchemaIsShownAsCQL(t *testing.T) {
	got := strings.Join(cassandra.CQL(schema, cassandra.Replication{"eu": 3, "us": 3}), ";\n")
	for _, want := range []string{
		`CREATE KEYSPACE IF NOT EXISTS "bank" WITH replication = {'class': 'NetworkTopologyStrategy', 'eu': 3, 'us': 3}`,
		`CREATE TABLE IF NOT EXISTS "bank"."accounts" (`,
		`"version" bigint STATIC`,
		`PRIMARY KEY (("owner", "month"), "day", "name", "turn")`,
		`CLUSTERING ORDER BY ("day" DESC, "name" ASC, "turn" DESC)`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
