package storage_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/store"
	"farthing/pkg/store/cassandra/cassandratest"
	"farthing/pkg/store/storetest"
	"farthing/service.api/storage"
)

func TestOnPebble(t *testing.T) { run(t, storetest.Keyspace(t, storage.Schema())) }

func TestOnCassandra(t *testing.T) { run(t, cassandratest.Keyspace(t, storage.Schema())) }

// run is what holds on every engine.
func run(t *testing.T, k *store.Keyspace) {
	t.Helper()
	answers := storage.NewAnswers(k)
	attempt := func(name, holder string) storage.Attempt {
		return storage.Attempt{
			Request: bytes.Repeat([]byte(name), 4), Content: []byte("content"), Holder: holder,
			Begun: time.Date(2026, time.March, 14, 9, 26, 53, 0, time.UTC),
		}
	}
	want := func(t *testing.T, want storage.Attempt, got storage.Attempt, err error) {
		t.Helper()
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("%v\n%s", err, diff)
		}
	}
	t.Run("the first attempt stays, and finds itself", func(t *testing.T) {
		first, second := attempt("a", "one"), attempt("a", "two")
		for _, each := range []storage.Attempt{first, second, first} {
			got, err := answers.Begin(t.Context(), each)
			want(t, first, got, err)
		}
	})
	t.Run("an answer takes its attempt's place, once", func(t *testing.T) {
		first, second := attempt("b", "one"), attempt("b", "two")
		_, err := answers.Begin(t.Context(), first)
		want(t, storage.Attempt{}, storage.Attempt{}, err)
		first.Answer = []byte("sealed")
		for range 2 {
			got, err := answers.Follow(t.Context(), first, "one")
			want(t, first, got, err)
		}
		got, err := answers.Begin(t.Context(), second)
		want(t, first, got, err)
	})
	t.Run("who was followed cannot answer", func(t *testing.T) {
		first, second := attempt("c", "one"), attempt("c", "two")
		_, err := answers.Begin(t.Context(), first)
		want(t, storage.Attempt{}, storage.Attempt{}, err)
		got, err := answers.Follow(t.Context(), second, "one")
		want(t, second, got, err)
		first.Answer = []byte("sealed")
		got, err = answers.Follow(t.Context(), first, "one")
		want(t, second, got, err)
	})
	t.Run("who follows what was forgotten begins it", func(t *testing.T) {
		got, err := answers.Follow(t.Context(), attempt("d", "two"), "one")
		want(t, attempt("d", "two"), got, err)
	})
}
