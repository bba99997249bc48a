package archive_test

import (
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"farthing/pkg/store"
	"farthing/pkg/store/archive"
	"farthing/pkg/store/cassandra/cassandratest"
	pebblestore "farthing/pkg/store/pebble"
)

// benched are banks with one table full of rows of some 200 bytes.
func benched() map[string]book {
	const rows = 20_000
	plain, crowded, lone := bookOf("bank", "singles"), bookOf("bank", "accounts"), bookOf("cards", "numbers")
	text := strings.Repeat("x", 180)
	for n := range int64(rows) {
		id := fmt.Sprintf("id %08d", n)
		plain["bank.singles"].rows = append(plain["bank.singles"].rows, store.Row{id, text})
		entry := store.Row{fmt.Sprint("account ", n/200), int64(1), nil, nil, nil, nil, n % 2, id, n, text}
		crowded["bank.accounts"].rows = append(crowded["bank.accounts"].rows, entry)
		lone["cards.numbers"].rows = append(lone["cards.numbers"].rows, store.Row{id, text})
	}
	return map[string]book{"plain": plain, "conditional, 200 to a partition": crowded, "conditional, alone": lone}
}

// onDisk is a bank that syncs to a disk.
func onDisk(b *testing.B) store.Store {
	b.Helper()
	options := pebblestore.Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	s, err := pebblestore.Open(filepath.Join(b.TempDir(), "bank"), options)
	must(b, err)
	b.Cleanup(func() { must(b, s.Close()) })
	return migrated(b, s)
}

func BenchmarkExportPebble(b *testing.B) {
	for name, full := range benched() {
		b.Run(name, func(b *testing.B) {
			dir, _ := exported(b, filled(b, memory(b), full))
			from, rows := onDisk(b), int64(0)
			_, err := archive.Import(b.Context(), dir, target(from), schemas(), nil)
			must(b, err)
			for b.Loop() {
				_, summary := exported(b, from)
				rows += summary.Rows()
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkImportPebble(b *testing.B) { benchmarkImport(b, onDisk) }

func BenchmarkImportCassandra(b *testing.B) {
	benchmarkImport(b, func(b *testing.B) store.Store { return migrated(b, cassandratest.Open(b)) })
}

func benchmarkImport(b *testing.B, open func(*testing.B) store.Store) {
	for name, full := range benched() {
		b.Run(name, func(b *testing.B) {
			dir, summary := exported(b, filled(b, memory(b), full))
			rows, n := int64(0), 0
			for b.Loop() {
				b.StopTimer()
				to := archive.Target{Name: fmt.Sprint("target-", n), Store: open(b)}
				n++
				b.StartTimer()
				_, err := archive.Import(b.Context(), dir, to, schemas(), nil)
				must(b, err)
				rows += summary.Rows()
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// filled is write for many rows: each partition's in batches.
func filled(b *testing.B, s store.Store, full book) store.Store {
	b.Helper()
	eachTable(func(keyspace string, spec *store.Spec) {
		engine, rows := s.Open(keyspace), full[nameOf(keyspace, spec)].rows
		for len(rows) > 0 {
			n := min(50, len(rows))
			if spec.Class == store.PlainClass {
				writes := make([]store.Mutation, n)
				for k := range n {
					writes[k] = store.Mutation{Table: spec, Row: rows[k]}
				}
				must(b, engine.Write(b.Context(), writes))
			} else {
				for _, row := range rows[:n] {
					writeRow(b, engine, spec, row)
				}
			}
			rows = rows[n:]
		}
	})
	return s
}
