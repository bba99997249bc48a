package ledger

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"farthing/pkg/store"
	"farthing/pkg/store/cassandra/cassandratest"
	"farthing/pkg/store/storetest"
	"farthing/service.balance/logic"
	"farthing/service.balance/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// engines are all that a ledger may be on.
func engines() map[string]func(*testing.T) store.Store {
	return map[string]func(*testing.T) store.Store{
		"Pebble": func(t *testing.T) store.Store { return storetest.Memory(t, storage.Schema()) },
		"Cassandra": func(t *testing.T) store.Store {
			s := cassandratest.Open(t)
			if err := s.Migrate(t.Context(), storage.Schema()); err != nil {
				t.Fatalf("migrating: %v", err)
			}
			return s
		},
	}
}

func keyspaceOf(s store.Store) *store.Keyspace {
	name := storage.Schema().Keyspace
	return store.NewKeyspace(name, s.Open(name))
}

// silent is a relay that tells nobody.
type silent struct{}

func (silent) Mark(context.Context, string) error { return nil }
func (silent) Committed(string, []logic.Entry)    {}

// standing is a clock that moves when it is told to.
type standing struct{ millis atomic.Int64 }

func (c *standing) Now() time.Time        { return time.UnixMilli(c.millis.Load()).UTC() }
func (c *standing) Offset() time.Duration { return 0 }

// noon is when everything begins: on a day of winter time.
func noon() time.Time { return time.Date(2026, 11, 9, 12, 0, 0, 0, time.UTC) }

func londonTime(t testing.TB) *time.Location {
	t.Helper()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return london
}

// replica is one of several processes that run the ledger, over one store.
type replica struct {
	*logic.Ledger
	books *logic.Bookkeeper
	kept  logic.Accounts
}

func newReplica(t testing.TB, kept logic.Accounts, k *store.Keyspace, clk logic.Clock, bucket int64) *replica {
	t.Helper()
	ledger := logic.NewLedger(kept, silent{}, clk, londonTime(t), func(int64, []logic.Entry) {},
		logic.RollingAt(bucket))
	t.Cleanup(ledger.Drain)
	return &replica{ledger, &logic.Bookkeeper{
		Ledger: ledger, Journals: storage.NewJournals(k), Accounts: kept, Clock: clk,
	}, kept}
}

// replicas are so many of them.
func replicas(t testing.TB, n int, k *store.Keyspace, bucket int64) []*replica {
	t.Helper()
	clk := &standing{}
	clk.millis.Store(noon().UnixMilli())
	all := make([]*replica, n)
	for i := range all {
		all[i] = newReplica(t, storage.NewAccounts(k), k, clk, bucket)
	}
	return all
}
