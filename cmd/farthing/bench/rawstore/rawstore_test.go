package rawstore

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"farthing/cmd/farthing/bench/loop"
	"farthing/pkg/store"
	"farthing/pkg/store/cassandra/cassandratest"
	"farthing/pkg/store/faults"
	"farthing/pkg/store/storetest"
	"farthing/service.balance/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const shortly = 50 * time.Millisecond

func TestTheTableIsShapedLikeTheLedgers(t *testing.T) {
	tables := storage.Schema().Tables
	i := slices.IndexFunc(tables, func(table store.Table) bool { return table.Spec().Name == "accounts" })
	if diff := cmp.Diff(tables[i].Spec().Columns, rows.Spec().Columns); diff != "" {
		t.Errorf("service.balance's accounts and this:\n%s", diff)
	}
}

func TestEveryWriteCountedIsAHoldInItsAccount(t *testing.T) {
	everyWriteCountedIsAHold(t, storetest.Memory(t))
}

func TestOnCassandraToo(t *testing.T) {
	everyWriteCountedIsAHold(t, cassandratest.Open(t))
}

func everyWriteCountedIsAHold(t *testing.T, s store.Store) {
	t.Helper()
	var counter faults.Counter
	b, err := Open(t.Context(), counter.Store(s), 3, 5)
	if err != nil {
		t.Fatal(err)
	}
	opening := counter.Counts()[faults.Apply]
	got := b.Run(t.Context(), loop.Load{Time: shortly})
	if got.Done == 0 || got.Failed != 0 || got.PerSecond <= 0 {
		t.Fatalf("got %+v", got)
	}
	if asked := counter.Counts()[faults.Apply]; opening != 5 || asked-opening != got.Done {
		t.Errorf("%d conditional writes opened 5 accounts, %d more are %d holds", opening, asked-opening, got.Done)
	}
	if held := holdsIn(t, b); held != got.Done {
		t.Errorf("the accounts hold %d entries, want %d", held, got.Done)
	}
}

// holdsIn is the sum of the versions of all accounts, as the store has them.
func holdsIn(t *testing.T, b *Bench) (held int64) {
	t.Helper()
	for _, c := range b.clients {
		for _, a := range c.accounts {
			statics, opened, err := b.rows.In(a.id, int64(0)).Statics(context.WithoutCancel(t.Context()), store.Latest)
			if err != nil || !opened {
				t.Fatalf("reading an account: opened %t, %v", opened, err)
			}
			held += statics.Version
		}
	}
	return held
}

func TestAClientGoesOnAfterAWriteThatHadNoAnswer(t *testing.T) {
	lost := []faults.Fault{faults.None, faults.None, faults.UnknownApplied} // After the account's opening and one write.
	s := faults.WrapStore(storetest.Memory(t), faults.Script(faults.Apply, lost...))
	b, err := Open(t.Context(), s, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := []error{nil, store.ErrUnknown, errStale, nil}
	for n, err := range want {
		if got := b.clients[0].write(t.Context()); !errors.Is(got, err) {
			t.Errorf("write %d: %v, want %v", n, got, err)
		}
	}
	if held := holdsIn(t, b); held != 3 {
		t.Errorf("the account holds %d entries, want 3", held)
	}
}

func TestMoreClientsThanAccountsAreRefused(t *testing.T) {
	if _, err := Open(t.Context(), storetest.Memory(t), 2, 1); err == nil {
		t.Error("two clients shared an account")
	}
}

func TestAnEmbeddedEngineLeavesNothingBehind(t *testing.T) {
	parent := t.TempDir()
	e, err := OpenEngine(nil, parent)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), e, 1, 1); err != nil || e.Name != "pebble" {
		t.Fatalf("on %s: %v", e.Name, err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(parent); err != nil || len(left) != 0 {
		t.Errorf("%v are left: %v", left, err)
	}
}

func TestAnAddressThatIsNoneIsRefused(t *testing.T) {
	if _, err := OpenEngine([]string{"nowhere"}, ""); err == nil {
		t.Error("an address without a port was taken")
	}
}
