package pebblestore_test

import (
	"strconv"
	"sync/atomic"
	"testing"

	"farthing/pkg/store"
	pebblestore "farthing/pkg/store/pebble"
)

// The benchmarks run on the disk under TMPDIR. -cpu has no say in how many write at once: SetParallelism has.

func benchStore(b *testing.B) *store.Keyspace {
	b.Helper()
	s, err := pebblestore.Open(b.TempDir(), pebblestore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(b.Context(), testSchema); err != nil {
		b.Fatal(err)
	}
	return store.NewKeyspace("bank", s.Open("bank"))
}

// inParallel runs b.N operations on this many goroutines (on two processors) and reports operations a second.
func inParallel(b *testing.B, writers int, do func(writer, n int64) error) {
	b.Helper()
	b.ReportAllocs()
	b.SetParallelism(max(1, writers/2))
	var next atomic.Int64
	b.ResetTimer()
	if writers == 1 {
		for n := range int64(b.N) {
			if err := do(0, n); err != nil {
				b.Fatal(err)
			}
		}
	} else {
		b.RunParallel(func(pb *testing.PB) {
			writer := next.Add(1)
			for n := int64(0); pb.Next(); n++ {
				if err := do(writer, n); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

func BenchmarkPlainWrite(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(strconv.Itoa(writers)+"_writers", func(b *testing.B) {
			keys := benchStore(b)
			inParallel(b, writers, func(writer, n int64) error {
				return keys.Write(b.Context(), items.On(keys).Put(item{strconv.Itoa(int(writer)), n, "a note of some length"}))
			})
		})
	}
}

func postOnce(b *testing.B, keys *store.Keyspace, account string, n int64) error {
	row := posting{Account: account, Version: n + 1, Seq: n + 1, Note: "a note of some length"}
	entry := row
	entry.Kind = 1
	batch := postings.On(keys).Batch(account).SetStatics(row).InsertNew(row).Insert(entry)
	if n == 0 {
		batch.IfNull("version")
	} else {
		batch.If("version", n)
	}
	answer, err := batch.Apply(b.Context())
	if err == nil && !answer.OK {
		b.Fatalf("refused: %+v", answer)
	}
	return err
}

func BenchmarkConditionalBatch(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(strconv.Itoa(writers)+"_accounts", func(b *testing.B) {
			keys := benchStore(b)
			inParallel(b, writers, func(writer, n int64) error {
				return postOnce(b, keys, "account "+strconv.Itoa(int(writer)), n)
			})
		})
	}
}

func BenchmarkGetLatest(b *testing.B) {
	keys := benchStore(b)
	for n := range int64(1000) {
		if err := postOnce(b, keys, "account", n); err != nil {
			b.Fatal(err)
		}
	}
	in := postings.On(keys).In("account")
	inParallel(b, 64, func(_, n int64) error {
		_, err := in.Get(b.Context(), store.Latest, int64(1), 1+n%1000)
		return err
	})
}
