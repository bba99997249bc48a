// Package storetest is the contract of pkg/store as tests, which every engine passes word for word, and a store in
// memory for the tests of others.
package storetest

import (
	"crypto/rand"
	"strings"
	"testing"

	"farthing/pkg/store"
)

// Run proves the store that open opens. It opens one at a time, closes it, and may open it again: then everything must
// still be there. Keyspaces are new ones, with names that nobody used before; it leaves them behind.
func Run(t *testing.T, open func(*testing.T) store.Store) {
	name := freshName()
	s := open(t)
	migrate(t, s, store.Schema{Keyspace: name, Tables: tables()})
	k := &suite{engine: s.Open(name)}
	k.Keyspace = store.NewKeyspace(name, k.engine)
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) { group.run(t, k) })
	}
	t.Run("schemas", func(t *testing.T) { runSchemas(t, s) })
	if err := s.Close(); err != nil {
		t.Fatalf("closing the store: %v", err)
	}
	t.Run("a store opened again", func(t *testing.T) { runReopened(t, open) })
}

var groups = []struct {
	name string
	run  func(*testing.T, *suite)
}{
	{"values", runValues},
	{"ranges", runRanges},
	{"pages", runPages},
	{"plain batches", runPlain},
	{"conditional batches", runConditional},
	{"expiring tables", runExpiring},
	{"walks", runWalks},
	{"ledger", runLedger},
	{"resolving", runResolve},
	{"a model", runModel},
}

// suite is the keyspace that most cases share.
type suite struct {
	*store.Keyspace
	engine store.Engine
}

func migrate(t *testing.T, s store.Store, schema store.Schema) {
	t.Helper()
	if err := s.Migrate(t.Context(), schema); err != nil {
		t.Fatalf("migrating %s: %v", schema.Keyspace, err)
	}
}

// freshName is a keyspace's or a partition's name that nobody has used.
func freshName() string { return "suite_" + strings.ToLower(rand.Text()[:16]) }

// must ends the test on an error of something that has to work.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// put writes plain rows that have to be written.
func put(t testing.TB, k *suite, puts ...store.Put) {
	t.Helper()
	if err := k.Write(t.Context(), puts...); err != nil {
		t.Fatalf("writing: %v", err)
	}
}
