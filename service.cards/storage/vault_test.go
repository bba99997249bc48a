package storage_test

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"farthing/pkg/pan"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	"farthing/pkg/store/storetest"
	"farthing/service.cards/storage"
)

func number(t testing.TB, digits string) pan.Number {
	t.Helper()
	n, err := pan.Complete("999900" + digits)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func claim(t testing.TB, v *storage.Vault, n pan.Number, card string) bool {
	t.Helper()
	claimed, err := v.Claim(t.Context(), n, card)
	if err != nil {
		t.Fatal(err)
	}
	return claimed
}

func wantFound(t testing.TB, v *storage.Vault, n pan.Number, card string) {
	t.Helper()
	if got, found, err := v.Find(t.Context(), n); err != nil || !found || got != card {
		t.Errorf("%v finds %q, %v, %v, want %q", n, got, found, err, card)
	}
}

func TestRotatingTheKeysLosesNoCard(t *testing.T) {
	ring := seal.Ephemeral("vault")
	v := storage.NewVault(storetest.Keyspace(t, storage.Schema()), ring)
	old, fresh := number(t, "000000001"), number(t, "000000002")
	if _, err := v.Keep(t.Context(), "card_old", 0, old); err != nil {
		t.Fatal(err)
	}
	claim(t, v, old, "card_old")
	if err := ring.Rotate(); err != nil {
		t.Fatal(err)
	}
	claim(t, v, fresh, "card_new")
	wantFound(t, v, old, "card_old")
	wantFound(t, v, fresh, "card_new")
	if claim(t, v, old, "card_new") {
		t.Error("after a rotation a number was used twice")
	}
	if kept, err := v.Keep(t.Context(), "card_old", 0, fresh); err != nil || !kept.Equal(old) {
		t.Errorf("after a rotation the card's number is %v, %v, want %v", kept, err, old)
	}
}

// openRings are the keys of one folder as a process has them that started before a rotation, and one that did after.
func openRings(t *testing.T) (before, after *seal.Keyring) {
	t.Helper()
	dir := t.TempDir()
	open := func() *seal.Keyring {
		ring, err := seal.Open(dir, "vault", true)
		if err != nil {
			t.Fatal(err)
		}
		return ring
	}
	before, after = open(), open()
	if err := after.Rotate(); err != nil {
		t.Fatal(err)
	}
	return before, after
}

func TestProcessesThatKnowDifferentKeysFindEachOthersCards(t *testing.T) {
	before, after := openRings(t)
	keyspace := storetest.Keyspace(t, storage.Schema())
	older, newer := storage.NewVault(keyspace, before), storage.NewVault(keyspace, after)
	n, m := number(t, "000000001"), number(t, "000000002")
	claim(t, older, n, "card_1")
	claim(t, newer, m, "card_2")
	for _, v := range []*storage.Vault{older, newer} {
		wantFound(t, v, n, "card_1")
		wantFound(t, v, m, "card_2")
	}
}

func TestOneOfManyClaimsWins(t *testing.T) {
	before, after := openRings(t)
	keyspace := storetest.Keyspace(t, storage.Schema())
	vaults := []*storage.Vault{storage.NewVault(keyspace, before), storage.NewVault(keyspace, after)}
	n := number(t, "000000001")
	var won atomic.Int64
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			if claim(t, vaults[i%2], n, fmt.Sprint("card_", i)) {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d cards have the number, want 1", won.Load())
	}
}

func TestTheFirstNumberOfAnAttemptStays(t *testing.T) {
	v := storage.NewVault(storetest.Keyspace(t, storage.Schema()), seal.Ephemeral("vault"))
	first, second := number(t, "000000001"), number(t, "000000002")
	for _, drawn := range []pan.Number{first, second} {
		kept, err := v.Keep(t.Context(), "card_1", 0, drawn)
		if err != nil || !kept.Equal(first) {
			t.Errorf("kept %v, %v, want %v", kept, err, first)
		}
	}
	if kept, err := v.Keep(t.Context(), "card_1", 1, second); err != nil || !kept.Equal(second) {
		t.Errorf("the next attempt kept %v, %v", kept, err)
	}
}

func TestNoStoredValueHoldsANumber(t *testing.T) {
	engine := storetest.Memory(t, storage.Schema()).Open("cards")
	n := number(t, "123456789")
	v := storage.NewVault(store.NewKeyspace("cards", engine), seal.Ephemeral("vault"))
	if _, err := v.Keep(t.Context(), "card_1", 0, n); err != nil {
		t.Fatal(err)
	}
	claim(t, v, n, "card_1")
	seen := 0
	for _, values := range stored(t, engine) {
		seen++
		if bytes.Contains(values, []byte(n.Reveal()[6:15])) {
			t.Errorf("stored in clear: %q", values)
		}
	}
	if seen != 2 {
		t.Errorf("looked at %d rows, want the sealed number and its index", seen)
	}
}

// stored is every row of every table as text.
func stored(t *testing.T, engine store.Engine) [][]byte {
	t.Helper()
	var rows [][]byte
	for _, table := range storage.Schema().Tables {
		found, _, err := engine.Walk(t.Context(), table.Spec(), "", store.MaxRows)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range found {
			rows = append(rows, fmt.Appendf(nil, "%s %v %+q", row, row, row))
		}
	}
	return rows
}
