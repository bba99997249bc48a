package id_test

import (
	"regexp"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/id"
)

func TestNewIDsAreWellFormedAndSortByTheOrderTheyWereMade(t *testing.T) {
	maker := id.NewMaker(clock.Fixed(time.UnixMilli(1_700_000_000_000)))
	shape := regexp.MustCompile(`^tx_[0-9A-Za-z]{22}$`)
	last := ""
	for range 200_000 { // More than one millisecond holds.
		made := maker.New("tx")
		if !shape.MatchString(made) || made <= last {
			t.Fatalf("%q after %q", made, last)
		}
		last = made
	}
}

func TestAnIDTellsItsTime(t *testing.T) {
	maker := id.NewMaker(clock.Real{})
	rapid.Check(t, func(t *rapid.T) {
		want := time.UnixMilli(rapid.Int64Range(0, 253402300799999).Draw(t, "ms")).UTC()
		got, err := id.Time("id", "acc", maker.At("acc", want))
		if err != nil || !got.Equal(want) {
			t.Fatalf("got %v, %v, want %v", got, err, want)
		}
	})
}

func TestIDsSortByTime(t *testing.T) {
	maker := id.NewMaker(clock.Real{})
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Int64Range(0, 1<<47)
		a, b := at.Draw(t, "a"), at.Draw(t, "b")
		x, y := maker.At("p", time.UnixMilli(a)), maker.At("p", time.UnixMilli(b))
		if a != b && (a < b) != (x < y) {
			t.Fatalf("%d and %d sort otherwise than %s and %s", a, b, x, y)
		}
	})
}

func TestConcurrentMakersNeverMakeTheSameID(t *testing.T) {
	maker := id.NewMaker(clock.Fixed(time.UnixMilli(1)))
	var mu sync.Mutex
	seen := make(map[string]bool)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 2_000 {
				a, b := maker.New("x"), maker.At("x", time.UnixMilli(1))
				mu.Lock()
				if seen[a] || seen[b] {
					t.Errorf("%s or %s was made twice", a, b)
				}
				seen[a], seen[b] = true, true
				mu.Unlock()
			}
		})
	}
	group.Wait()
}

func TestDerivedAndHashAreStable(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_000)
	if a, b := id.Derived("hold", at, "k"), id.Derived("hold", at, "k"); a != b {
		t.Errorf("%s and %s for one key", a, b)
	}
	if a, b := id.Hash("merch", "k"), id.Hash("merch", "l"); a == b {
		t.Errorf("%s for two keys", a)
	}
}

func TestAMalformedIDIsRefusedByName(t *testing.T) {
	for _, bad := range []string{"", "tx", "tx_", "acc_0000000000000000000000", "tx_000000000000000000000",
		"tx_00000000000000000000!!", "tx_zzzzzzzzzzzzzzzzzzzzzz"} {
		if err := id.Check("transaction_id", "tx", bad); !errs.Is(err, errs.BadRequest) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzTime(f *testing.F) {
	f.Add("tx_00008zIcpb1TB4yeIFXMzx")
	f.Add("tx_zzzzzzzzzzzzzzzzzzzzzz")
	f.Fuzz(func(t *testing.T, s string) {
		at, err := id.Time("id", "tx", s)
		if err == nil && at.Year() > 9999 {
			t.Fatalf("%q is at %v", s, at)
		}
	})
}
