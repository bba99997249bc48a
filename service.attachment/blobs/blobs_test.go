package blobs_test

import (
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"farthing/pkg/store"
	"farthing/pkg/store/faults"
	"farthing/pkg/store/storetest"
	"farthing/service.attachment/blobs"
	"farthing/service.attachment/blobs/blobstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func schema() store.Schema {
	return store.Schema{Keyspace: "attachment", Tables: []store.Table{blobs.PiecesTable}}
}

// On Cassandra it is service.attachment/storage that passes it, in the keyspace of its own contract.
func TestTablesKeepPieces(t *testing.T) {
	blobstest.Run(t, blobs.NewTables(storetest.Keyspace(t, schema())))
}

// A writing that fails anywhere, also one whose writes come late, never mixes with the one before it or after it.
func TestPiecesThatAreCutShortNeverMix(t *testing.T) {
	for name, fault := range map[string]faults.Fault{
		"unavailable": faults.Unavailable, "applied": faults.UnknownApplied, "lost": faults.UnknownLost,
		"late": faults.UnknownLate,
	} {
		for at := range int64(partsOf) {
			var writes atomic.Int64
			engine := faults.Wrap(storetest.Memory(t, schema()).Open("attachment"), func(op faults.Op) faults.Fault {
				if op == faults.Write && writes.Add(1) == partsOf+at+1 { // Of the second piece.
					return fault
				}
				return faults.None
			})
			s := blobs.NewTables(store.NewKeyspace("attachment", engine))
			first, second, third := piece(1), piece(2), piece(3)
			if err := s.Put(t.Context(), "p", first); err != nil {
				t.Fatal(err)
			}
			failed := s.Put(t.Context(), "p", second) != nil
			if got, err := s.Get(t.Context(), "p"); err != nil || string(got) != string(first) && string(got) != string(second) {
				t.Errorf("%s at %d: neither is there, %v", name, at, err)
			}
			if err := s.Put(t.Context(), "p", third); err != nil {
				t.Fatal(err)
			}
			if err := engine.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			got, err := s.Get(t.Context(), "p")
			if err != nil || string(got) != string(third) && (!failed || string(got) != string(second)) {
				t.Errorf("%s at %d: in the end there are %d bytes of nobody's, %v", name, at, len(got), err)
			}
			if err := s.Delete(t.Context(), "p"); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// partsOf is how many writes a piece takes.
const partsOf = 5

func piece(seed byte) []byte {
	out := make([]byte, blobs.BytesMax)
	for i := range out {
		out[i] = byte(i%251) ^ seed
	}
	return out
}
