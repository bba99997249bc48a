package storetest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/store"
)

func runExpiring(t *testing.T, k *suite) {
	t.Run("a row is inserted once", func(t *testing.T) { insertedOnce(t, k) })
	t.Run("a row is replaced if a column has a value", func(t *testing.T) { comparedAndReplaced(t, k) })
	t.Run("nothing is replaced where nothing is", func(t *testing.T) { nothingToReplace(t, k) })
	t.Run("of concurrent replacements one wins", func(t *testing.T) { oneReplaces(t, k) })
	t.Run("an expired row is as if it had never been", func(t *testing.T) { expires(t, k) })
	t.Run("a replacement brings its own TTL", func(t *testing.T) { replacedForLonger(t, k) })
	t.Run("what makes no sense is refused", func(t *testing.T) { senselessExpiring(t, k) })
}

func insertedOnce(t *testing.T, k *suite) {
	table, id := codes.On(k.Keyspace), freshName()
	first := code{id, "issued", 0}
	answer, err := table.Insert(t.Context(), time.Hour, first)
	if err != nil || !answer.OK {
		t.Fatalf("the first insert: %+v, %v", answer, err)
	}
	answer, err = table.Insert(t.Context(), time.Hour, code{id, "other", 9})
	must(t, err)
	if diff := cmp.Diff(store.Answer[code]{Present: []code{first}}, answer); diff != "" {
		t.Errorf("the second insert:\n%s", diff)
	}
	got, err := table.In(id).Get(t.Context(), store.Latest)
	must(t, err)
	if got != first {
		t.Errorf("got %+v, want %+v", got, first)
	}
}

func comparedAndReplaced(t *testing.T, k *suite) {
	table, owner := marks.On(k.Keyspace), freshName()
	for _, id := range []string{"a", "b"} {
		_, err := table.Insert(t.Context(), time.Hour, mark{owner, id, "issued"})
		must(t, err)
	}
	answer, err := table.Replace(t.Context(), time.Hour, mark{owner, "a", "used"}, "state", "issued")
	if err != nil || !answer.OK {
		t.Fatalf("replacing: %+v, %v", answer, err)
	}
	answer, err = table.Replace(t.Context(), time.Hour, mark{owner, "a", "used twice"}, "state", "issued")
	must(t, err)
	if diff := cmp.Diff(store.Answer[mark]{Present: []mark{{owner, "a", "used"}}}, answer); diff != "" {
		t.Errorf("replacing again:\n%s", diff)
	}
	rows, _, err := table.In(owner).Range().List(t.Context(), store.Latest)
	must(t, err)
	if diff := cmp.Diff([]mark{{owner, "b", "issued"}, {owner, "a", "used"}}, rows); diff != "" {
		t.Error(diff)
	}
}

func nothingToReplace(t *testing.T, k *suite) {
	table, id := codes.On(k.Keyspace), freshName()
	for _, is := range []string{"issued", ""} {
		answer, err := table.Replace(t.Context(), time.Hour, code{id, "used", 1}, "state", is)
		must(t, err)
		if answer.OK || len(answer.Present) > 0 {
			t.Errorf("replacing %q: %+v", is, answer)
		}
	}
	if _, there, err := table.In(id).Find(t.Context(), store.Latest); there || err != nil {
		t.Errorf("there is %v, %v", there, err)
	}
}

func oneReplaces(t *testing.T, k *suite) {
	table, id := codes.On(k.Keyspace), freshName()
	_, err := table.Insert(t.Context(), time.Hour, code{id, "issued", 0})
	must(t, err)
	var group sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for user := range int64(8) {
		group.Go(func() {
			answer, err := table.Replace(t.Context(), time.Hour, code{id, "used", user}, "state", "issued")
			mu.Lock()
			defer mu.Unlock()
			if err == nil && answer.OK {
				won++
			}
		})
	}
	group.Wait()
	got, err := table.In(id).Get(t.Context(), store.Latest)
	must(t, err)
	if won > 1 || got.State != "used" {
		t.Errorf("%d were told that they had used it; it is %+v", won, got)
	}
}

func expires(t *testing.T, k *suite) {
	table, id := codes.On(k.Keyspace), freshName()
	_, err := table.Insert(t.Context(), time.Second, code{id, "issued", 0})
	must(t, err)
	eventually(t, "the row expires", func() bool {
		_, there, err := table.In(id).Find(t.Context(), store.Latest)
		must(t, err)
		return !there
	})
	answer, err := table.Replace(t.Context(), time.Hour, code{id, "used", 0}, "state", "issued")
	must(t, err)
	if answer.OK || len(answer.Present) > 0 {
		t.Errorf("replacing what has expired: %+v", answer)
	}
	answer, err = table.Insert(t.Context(), time.Hour, code{id, "issued again", 0})
	if err != nil || !answer.OK {
		t.Errorf("inserting where one has expired: %+v, %v", answer, err)
	}
}

func replacedForLonger(t *testing.T, k *suite) {
	table, owner := codes.On(k.Keyspace), freshName()
	longer, shorter, control := owner+"longer", owner+"shorter", owner+"control"
	for id, ttl := range map[string]time.Duration{
		longer: time.Second, shorter: time.Hour, control: time.Second,
	} {
		_, err := table.Insert(t.Context(), ttl, code{id, "issued", 0})
		must(t, err)
	}
	for id, ttl := range map[string]time.Duration{longer: time.Hour, shorter: time.Second} {
		answer, err := table.Replace(t.Context(), ttl, code{id, "used", 0}, "state", "issued")
		if err != nil || !answer.OK {
			t.Fatalf("replacing %s: %+v, %v", id, answer, err)
		}
	}
	for _, id := range []string{shorter, control} {
		eventually(t, "the row expires", func() bool {
			_, there, err := table.In(id).Find(t.Context(), store.Recent)
			must(t, err)
			return !there
		})
	}
	if got, err := table.In(longer).Get(t.Context(), store.Latest); err != nil || got.State != "used" {
		t.Errorf("the row that was replaced for longer: %+v, %v", got, err)
	}
	if answer, err := table.Insert(t.Context(), time.Hour, code{shorter, "again", 0}); err != nil || !answer.OK {
		t.Errorf("inserting after a shorter life: %+v, %v", answer, err)
	}
}

func senselessExpiring(t *testing.T, k *suite) {
	table, id := codes.On(k.Keyspace), freshName()
	_, tooShort := table.Insert(t.Context(), time.Millisecond, code{ID: id})
	_, noColumn := table.Replace(t.Context(), time.Hour, code{ID: id}, "nothing", "x")
	_, keyColumn := table.Replace(t.Context(), time.Hour, code{ID: id}, "id", "x")
	_, wrongType := table.Replace(t.Context(), time.Hour, code{ID: id}, "uses", "x")
	_, noName := table.Insert(t.Context(), time.Hour, code{})
	for name, err := range map[string]error{
		"a short TTL": tooShort, "no such column": noColumn, "a key column": keyColumn, "another type": wrongType,
		"an empty partition": noName,
	} {
		if !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
}
