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

func schemaOf(tables ...store.Table) store.Schema { return store.Schema{Keyspace: "m", Tables: tables} }

func TestARenamedColumnIsRefused(t *testing.T) {
	s, ctx := cassandratest.Open(t), t.Context()
	if err := s.Migrate(ctx, schemaOf(store.PlainTable[firstRow]("people"))); err != nil {
		t.Fatal(err)
	}
	type renamedRow struct {
		ID    string `store:"1,partition"`
		At    int64  `store:"2,clustering"`
		Title string `store:"3"` // It was Name.
	}
	err := s.Migrate(ctx, schemaOf(store.PlainTable[renamedRow]("people")))
	if !errors.Is(err, store.ErrInvalid) ||
		!strings.Contains(err.Error(), "table people: tag 3 is column name, not title") {
		t.Errorf("got %v", err)
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
