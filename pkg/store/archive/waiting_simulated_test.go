package archive_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"farthing/pkg/store"
	"farthing/pkg/store/archive"
	"farthing/pkg/store/faults"
)

func TestAStoreThatFailsNowAndThenGetsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := sample(t, 30)
		dir := t.TempDir()
		rates := faults.Rates{
			Unavailable: 150, UnknownApplied: 100, UnknownLost: 100, UnknownLate: 100, Torn: 100, Arrive: 50,
		}
		flaky := faults.WrapStore(from, faults.Seeded(1, rates))
		_, err := archive.Export(t.Context(), archive.Source{Name: "test", Store: flaky}, schemas(), dir, nil)
		must(t, err)
		for seed := range uint64(5) {
			to := memory(t)
			failing := faults.WrapStore(to, faults.Seeded(seed, rates))
			_, err = archive.ImportInPieces(t.Context(), dir, archive.Target{
				Name: string(rune('a' + seed)), Store: failing,
			}, schemas(), 20)
			must(t, err)
			must(t, failing.Settle(t.Context()))
			sameBank(t, from, to)
			found, err := archive.Compare(t.Context(), from, failing, schemas(), nil)
			if err != nil || !found.None() {
				t.Fatalf("comparing: %v, %v", found, err)
			}
		}
	})
}

func TestAnImportWaitsForItsStoreAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, _ := exported(t, write(t, memory(t), bookOf("cards", "numbers", store.Row{"7", "me"})))
		to := faults.WrapStore(memory(t), func(op faults.Op) faults.Fault {
			if op == faults.Apply {
				return faults.Unavailable
			}
			return faults.None
		})
		ctx, end := context.WithTimeout(t.Context(), time.Hour)
		defer end()
		waited := 0
		_, err := archive.Import(ctx, dir, target(to), schemas(), func(p archive.Progress) {
			if errors.Is(p.Waiting, store.ErrUnavailable) {
				waited++
			}
		})
		if !errors.Is(err, context.DeadlineExceeded) || waited < 100 {
			t.Errorf("waited %d times, then %v", waited, err)
		}
	})
}

func TestAnExportGivesUpOnAStoreThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := faults.WrapStore(memory(t), func(faults.Op) faults.Fault { return faults.Unavailable })
		source := archive.Source{Name: "test", Store: gone}
		if _, err := archive.Export(t.Context(), source, schemas(), t.TempDir(), nil); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
	})
}
