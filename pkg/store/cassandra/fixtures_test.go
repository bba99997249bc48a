package cassandra_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"farthing/pkg/store"
	"farthing/pkg/store/cassandra/cassandratest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// accountRow is a ledger in small: statics that decide, id rows, entries.
type accountRow struct {
	Account string `store:"1,partition"`
	Version int64  `store:"2,static"`
	State   []byte `store:"3,static"`
	Closed  bool   `store:"4,static"`
	Kind    int64  `store:"5,clustering"`
	ID      string `store:"6,clustering"`
	Amount  int64  `store:"7"`
	Outcome string `store:"8"`
}

// itemRow has clustering columns that run in both directions.
type itemRow struct {
	Owner string    `store:"1,partition"`
	Month int64     `store:"2,partition"`
	Day   int64     `store:"3,clustering,desc"`
	Name  string    `store:"4,clustering"`
	Turn  int64     `store:"5,clustering,desc"`
	Body  []byte    `store:"6"`
	Seen  bool      `store:"7"`
	At    time.Time `store:"8"`
}

// codeRow lives for a while.
type codeRow struct {
	Code  string `store:"1,partition"`
	State string `store:"2"`
	User  string `store:"3"`
}

var (
	accounts = store.ConditionalTable[accountRow]("accounts")
	items    = store.PlainTable[itemRow]("items")
	codes    = store.ExpiringTable[codeRow]("codes")
	schema   = store.Schema{Keyspace: "bank", Tables: []store.Table{accounts, items, codes}}
)

// openBank is a migrated keyspace of this test's own.
func openBank(t *testing.T) *store.Keyspace {
	t.Helper()
	s := cassandratest.Open(t)
	if err := s.Migrate(t.Context(), schema); err != nil {
		t.Fatalf("migrating: %v", err)
	}
	return store.NewKeyspace("bank", s.Open("bank"))
}
