package archive_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"farthing/pkg/store"
	"farthing/pkg/store/archive"
	"farthing/pkg/store/cassandra/cassandratest"
	"farthing/pkg/store/faults"
)

// crowded is a bank with partitions larger than any batch and any piece of a walk.
func crowded() book {
	b := books(40, 40).Example(5)
	for n := range int64(1_100) {
		id, large := fmt.Sprint("entry ", n), strings.Repeat("x", int(n%2)*2_000)
		entry := store.Row{"crowded", int64(1), nil, nil, nil, nil, n % 2, id, n, large}
		b["bank.accounts"].rows = append(b["bank.accounts"].rows, entry)
		b["cards.bares"].rows = append(b["cards.bares"].rows, store.Row{"crowded", n})
		b["bank.singles"].rows = append(b["bank.singles"].rows, store.Row{id, large})
	}
	statics := store.Row{"crowded", int64(1), int64(9), []byte{}, false, time.UnixMilli(-1).UTC(), nil, nil, nil, nil}
	b["bank.accounts"].statics = append(b["bank.accounts"].statics, statics)
	return b
}

// One body of checks, whatever engine the bank moves to: there, and back into memory.
func movesThereAndBack(t *testing.T, from, there store.Store) {
	t.Helper()
	out, first := exported(t, from)
	_, err := archive.Import(t.Context(), out, target(there), schemas(), nil)
	must(t, err)
	sameBank(t, from, there)
	agreeing(t, out, from, there)

	back, second := exported(t, there)
	for n, table := range first.Tables {
		if table.Digest != second.Tables[n].Digest {
			t.Errorf("%s has another digest", table.Table)
		}
	}
	home := memory(t)
	_, err = archive.Import(t.Context(), back, target(home), schemas(), nil)
	must(t, err)
	sameBank(t, from, home)

	again := archive.Target{Name: "again", Store: there}
	_, err = archive.Import(t.Context(), out, again, schemas(), nil)
	must(t, err)
	sameBank(t, from, there)
}

func TestABankMovesToPebbleAndBack(t *testing.T) {
	movesThereAndBack(t, write(t, memory(t), crowded()), memory(t))
}

func TestABankMovesToCassandraAndBack(t *testing.T) {
	movesThereAndBack(t, write(t, memory(t), crowded()), migrated(t, cassandratest.Open(t)))
}

func TestAMoveToAndFromCassandraGoesOnAfterCuts(t *testing.T) {
	from, there, home := sample(t, 10), migrated(t, cassandratest.Open(t)), memory(t)
	out, _ := exported(t, from)
	cuts := 0
	for importCut(t, out, there, 3+cuts, faults.UnknownApplied) { // A later cut each time, for each start takes reads.
		cuts++
	}
	sameBank(t, from, there)
	back := t.TempDir()
	for cutExportIn(t, there, back, 4) {
		tear(t, back)
		cuts++
	}
	for n := 3; importCut(t, back, home, n, faults.UnknownLost); n++ {
		cuts++
	}
	sameBank(t, from, home)
	if cuts < 20 {
		t.Errorf("only %d cuts", cuts)
	}
}
