package handler

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"farthing/pkg/audit"
	"farthing/pkg/store"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.balance/storage"
)

// audited is a bank with a past: money in, holds, a decline, what was given back, and fences.
func audited(t *testing.T, options ...logic.Option) (*bank, *auditor) {
	t.Helper()
	b := newBank(t, 100_00, options...)
	for n, minor := range []int64{3_50, 1_000_00, 12_00} {
		if _, err := b.reserve(t.Context(), holdNamed("a", n), minor); err != nil {
			t.Fatalf("reserving: %v", err)
		}
	}
	hold := holdNamed("a", 0)
	b.settle(t, holdNamed("never made", 0), 0)
	b.controlled(t, 5)
	b.release(t, hold, 1, 1_00)
	b.settle(t, hold, 2) // A change that never was.
	if _, err := b.Extend(t.Context(), &balanceproto.ExtendRequest{
		AccountId: b.account, HoldId: hold, Change: 3, Amount: pounds(50),
	}); err != nil {
		t.Fatalf("extending: %v", err)
	}
	b.clear(t, "some", 2_10, hold, 4, 2_00)
	b.release(t, hold, 5, 0)
	b.clear(t, "forced", 1_11, "", 0, 0)
	b.payIn(t, 7_77, "more")
	pot := b.opens(t)
	b.transfer(t, toAccount("moved", b.account, pot, 1_50))
	b.transfer(t, toOwn("paid", b.account, balanceproto.OwnAccount_OWN_ACCOUNT_PAYMENT_SCHEME, 2_25))
	b.transfer(t, toAccount("too much", pot, b.account, 1_51))
	return b, b.auditor()
}

func (b *bank) auditor() *auditor {
	return &auditor{
		books:  storage.NewBooks(storage.NewAccounts(b.keyspace), storage.NewJournals(b.keyspace)),
		london: time.UTC, log: slog.New(slog.DiscardHandler),
		mismatches: prometheus.NewCounter(prometheus.CounterOpts{Name: "mismatches"}),
	}
}

// sound fails a test unless the bank's books are.
func (b *bank) sound(t *testing.T) {
	t.Helper()
	if faults, _ := b.auditor().faults(t); len(faults) > 0 {
		t.Errorf("the books have the faults %v", faults)
	}
}

// faults are those of a whole audit, in pages of one.
func (a *auditor) faults(t *testing.T) (found []audit.Fault, entries int64) {
	t.Helper()
	for _, part := range []walk{a.accounts, a.journals} {
		for after := ""; ; {
			page, err := part(t.Context(), window{audit.Window{After: after, Limit: 1}, math.MaxInt64})
			if err != nil {
				t.Fatalf("auditing: %v", err)
			}
			found, entries = append(found, page.Faults...), entries+page.Entries
			if after = page.Next; after == "" {
				break
			}
		}
	}
	return found, entries
}

// rolling is how buckets roll in tests of all that is asked of a ledger: never, as far as these go, and all the time.
func rolling() map[string]logic.Option {
	return map[string]logic.Option{"in one bucket": logic.RollingAt(logic.BucketEntries), "rolling": logic.RollingAt(3)}
}

func TestSoundBooksHaveNoFault(t *testing.T) {
	for name, buckets := range rolling() {
		t.Run(name, func(t *testing.T) {
			_, a := audited(t, buckets)
			found, entries := a.faults(t)
			if len(found) != 0 || entries != 21 { // Six journals on both sides, six decisions alone, three changes of a hold.
				t.Fatalf("%d entries with the faults %v", entries, found)
			}
		})
	}
}

func TestBooksMayBeAuditedWhileTheyAreWritten(t *testing.T) {
	for name, buckets := range rolling() {
		t.Run(name, func(t *testing.T) { auditedWhileWritten(t, buckets) })
	}
}

func auditedWhileWritten(t *testing.T, buckets logic.Option) {
	b, a := audited(t, buckets)
	var writers sync.WaitGroup
	for n := range 8 {
		writers.Go(func() {
			for m := range 20 {
				if _, err := b.reserve(t.Context(), holdNamed(fmt.Sprint("busy", n), m), 1); err != nil {
					t.Errorf("reserving: %v", err)
				}
				b.payIn(t, 1, fmt.Sprint("busy", n, "/", m))
			}
		})
	}
	written := make(chan struct{})
	go func() {
		defer close(written)
		writers.Wait()
	}()
	audits := 0
	for done := false; !done; audits++ {
		select {
		case <-written:
			done = true
		default:
		}
		if found, _ := a.faults(t); len(found) != 0 {
			t.Fatalf("found %v", found)
		}
	}
	if audits < 3 {
		t.Errorf("only %d audits were made meanwhile", audits)
	}
}

// notProved are columns that nothing else in the ledger says again: they serve to tell others, or say when something
// was listed or fenced, and no money hangs on them.
var notProved = map[string]bool{
	"accounts.traceparent": true, "accounts.offset_millis": true, "journals.opened_at": true,
	"accounts.fence.at": true, "accounts.fence.reason": true, "accounts.fence.transaction_id": true,
}

// Whatever single byte of the ledger changes, the audit finds it, and says where.
func TestOneChangedByteIsFoundAndLocated(t *testing.T) {
	for name, buckets := range rolling() {
		t.Run(name, func(t *testing.T) { changedByteIsFound(t, buckets) })
	}
}

func changedByteIsFound(t *testing.T, buckets logic.Option) {
	b, a := audited(t, buckets)
	changed := 0
	for _, table := range storage.Schema().Tables[:3] {
		spec := table.Spec()
		for _, row := range walked(t, b.engine.Walk, spec) {
			for _, column := range spec.Regular {
				changed += a.changed(t, b.engine, spec, row, column, false)
			}
		}
		for _, row := range walked(t, b.engine.WalkPartitions, spec) {
			for _, column := range spec.Static {
				changed += a.changed(t, b.engine, spec, row, column, true)
			}
		}
	}
	if changed < 150 {
		t.Errorf("only %d columns were changed: it proves little", changed)
	}
	if found, _ := a.faults(t); len(found) != 0 {
		t.Errorf("changed back, the books have the faults %v", found)
	}
}

// changed changes one column of a row, audits, and changes it back. It is 1 if there was something to change.
func (a *auditor) changed(
	t *testing.T, engine store.Engine, spec *store.Spec, row store.Row, column int, static bool,
) int {
	t.Helper()
	name := spec.Name + "." + spec.Columns[column].Name
	if isFenceRow(spec, row) {
		name = spec.Name + ".fence." + spec.Columns[column].Name
	}
	if row[column] == nil || notProved[name] {
		return 0
	}
	wrong := append(store.Row(nil), row...)
	wrong[column] = flipped(row[column])
	overwrite(t, engine, spec, wrong, static)
	defer overwrite(t, engine, spec, row, static)
	found, _ := a.faults(t)
	if len(found) == 0 {
		t.Errorf("%s of %v became %v, and nothing was found", name, row, wrong[column])
		return 1
	}
	if at := rowPlaceOf(spec, row); !static && at != "" && at != fmt.Sprint(found[0].Account, "/", found[0].Sequence) {
		t.Errorf("%s of %s changed, and the fault is %+v", name, at, found[0])
	}
	return 1
}

// placeOf is the account and sequence that a row of an entry is about; empty for others.
func rowPlaceOf(spec *store.Spec, row store.Row) string {
	if spec.Name != "accounts" || isFenceRow(spec, row) {
		return ""
	}
	return fmt.Sprint(value(spec, row, "account"), "/", value(spec, row, "entry_sequence"))
}

func isFenceRow(spec *store.Spec, row store.Row) bool {
	return spec.Name == "accounts" && value(spec, row, "kind") != nil && value(spec, row, "entry_sequence") == int64(0)
}

func value(spec *store.Spec, row store.Row, name string) store.Value {
	for i, column := range spec.Columns {
		if column.Name == name {
			return row[i]
		}
	}
	return nil
}

// flipped is a value with one bit turned over.
func flipped(v store.Value) store.Value {
	switch v := v.(type) {
	case string:
		if v == "" {
			return "x"
		}
		return string([]byte{v[0] ^ 1}) + v[1:]
	case int64:
		return v ^ 1
	case bool:
		return !v
	case []byte:
		if len(v) == 0 {
			return []byte{1}
		}
		other := bytes.Clone(v)
		other[len(other)/2] ^= 1
		return other
	case time.Time:
		return time.UnixMilli(v.UnixMilli() ^ 1).UTC()
	}
	return nil
}

// overwrite writes a row as it is, past all rules.
func overwrite(t *testing.T, engine store.Engine, spec *store.Spec, row store.Row, static bool) {
	t.Helper()
	partition, rest := make(store.Row, len(row)), append(store.Row(nil), row...)
	for _, column := range spec.Partition {
		partition[column] = row[column]
	}
	batch := store.ConditionalBatch{Table: spec, Partition: partition}
	if static {
		for _, column := range spec.Partition {
			rest[column] = nil
		}
		batch.Statics = rest
	} else {
		batch.Rows = []store.ConditionalRow{{Row: rest}}
	}
	if answer, err := engine.Apply(t.Context(), batch); err != nil || !answer.OK {
		t.Fatalf("overwriting: %v, %v", answer, err)
	}
}

// walked is all that a walk over a small table finds.
func walked(
	t *testing.T, walk func(context.Context, *store.Spec, string, int) ([]store.Row, string, error), spec *store.Spec,
) []store.Row {
	t.Helper()
	rows, next, err := walk(t.Context(), spec, "", store.MaxRows)
	if err != nil || next != "" {
		t.Fatalf("walking: %q, %v", next, err)
	}
	return rows
}
