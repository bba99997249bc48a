package storage_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/errs"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	"farthing/pkg/store/storetest"
	"farthing/service.customer/logic"
	"farthing/service.customer/storage"
)

func ada() logic.Customer {
	return logic.Customer{
		ID: "user_ada", Created: time.Date(2026, time.March, 14, 9, 26, 53, 0, time.UTC),
		Details: logic.Details{
			PreferredName: "Ada Lovelace", PreferredFirstName: "Ada", Email: "ada@example.com", DateOfBirth: "1990-12-10",
			Address: logic.Address{Lines: []string{"12 St James's Square"}, City: "London", Country: "GBR"},
		},
	}
}

// kept is a store that ada is in.
func kept(t *testing.T) (*storage.Customers, *seal.Keyring, store.Engine) {
	t.Helper()
	engine, ring := storetest.Memory(t, storage.Schema()).Open("customer"), seal.Ephemeral("persons")
	customers := storage.New(store.NewKeyspace("customer", engine), ring)
	if _, err := customers.Begin(t.Context(), "one", ada().ID, []byte("Ada, of London")); err != nil {
		t.Fatal(err)
	}
	if err := customers.ClaimEmail(t.Context(), ada().Details.Email, ada().ID); err != nil {
		t.Fatal(err)
	}
	if _, isNew, err := customers.Insert(t.Context(), ada()); err != nil || !isNew {
		t.Fatalf("inserting: new %v, %v", isNew, err)
	}
	return customers, ring, engine
}

func wantAda(t *testing.T, customers *storage.Customers) {
	t.Helper()
	got, err := customers.Get(t.Context(), ada().ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ada(), got); diff != "" {
		t.Fatal(diff)
	}
}

func TestNoStoredValueHoldsPersonalData(t *testing.T) {
	customers, _, engine := kept(t)
	wantAda(t, customers)
	var all strings.Builder
	for _, table := range storage.Schema().Tables {
		rows, _, err := engine.Walk(t.Context(), table.Spec(), "", store.MaxRows)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			fmt.Fprintf(&all, "%s %+q\n", row, row)
		}
	}
	for _, secret := range []string{"Ada", "Lovelace", "ada@example.com", "1990", "James", "London"} {
		if strings.Contains(all.String(), secret) {
			t.Errorf("%q is stored in clear", secret)
		}
	}
	if !strings.Contains(all.String(), "user_ada") {
		t.Error("no row was seen: the test looks in the wrong place")
	}
}

func TestRotatingTheKeysLosesNobody(t *testing.T) {
	customers, ring, _ := kept(t)
	if err := ring.Rotate(); err != nil {
		t.Fatal(err)
	}
	wantAda(t, customers)
}

func TestWhoIsDestroyedIsGoneForEver(t *testing.T) {
	customers, _, engine := kept(t)
	for range 2 { // Repeating it is harmless.
		if err := customers.Destroy(t.Context(), ada().ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := customers.Get(t.Context(), ada().ID); !errs.Is(err, "not_found.customer") {
		t.Errorf("getting: %v", err)
	}
	if _, _, err := customers.Insert(t.Context(), ada()); !errs.Is(err, "not_found.customer") {
		t.Errorf("inserting again: %v", err)
	}
	for _, table := range storage.Schema().Tables {
		keys, _, err := engine.WalkPartitions(t.Context(), table.Spec(), "", store.MaxRows)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range keys {
			for i, value := range row {
				// The hash of her address stays: it tells only whoever has the ring and the address.
				if wrapped, ok := value.([]byte); ok && len(wrapped) > 0 && table.Spec().Columns[i].Name != "index" {
					t.Errorf("%s still holds %d bytes of %s", table.Spec().Name, len(wrapped), table.Spec().Columns[i].Name)
				}
			}
		}
	}
}

func TestAValueOpensInItsOwnColumnOnly(t *testing.T) {
	customers, _, engine := kept(t)
	spec := tableNamed(t, "customers")
	rows, _, err := engine.Walk(t.Context(), spec, "", 1)
	if err != nil || len(rows) != 1 {
		t.Fatalf("walking: %d rows, %v", len(rows), err)
	}
	// Somebody with the store in hand puts her email where her name was.
	const name, email = 2, 4
	moved := rows[0]
	moved[name] = moved[email]
	partition := make(store.Row, len(moved))
	partition[0] = moved[0]
	_, err = engine.Apply(t.Context(), store.ConditionalBatch{
		Table: spec, Partition: partition, Rows: []store.ConditionalRow{{Row: moved}},
	})
	if err != nil {
		t.Fatal(err)
	}
	switch got, err := customers.Get(t.Context(), ada().ID); {
	case err == nil:
		t.Errorf("a moved value opened: %q", got.Details.PreferredName)
	case strings.Contains(err.Error(), "ada@"):
		t.Errorf("the error quotes it: %v", err)
	}
}

func tableNamed(t *testing.T, name string) *store.Spec {
	t.Helper()
	for _, table := range storage.Schema().Tables {
		if table.Spec().Name == name {
			return table.Spec()
		}
	}
	t.Fatalf("there is no table %s", name)
	return nil
}
