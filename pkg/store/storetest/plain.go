package storetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/store"
)

func runPlain(t *testing.T, k *suite) {
	t.Run("one batch writes tables and partitions and deletes", func(t *testing.T) { batchOverTables(t, k) })
	t.Run("writing a batch again changes nothing", func(t *testing.T) { batchAgain(t, k) })
	t.Run("a row deleted and put again is only what was put", func(t *testing.T) { deletedAndPut(t, k) })
	t.Run("a batch over the limits is refused", func(t *testing.T) { plainLimits(t, k) })
	t.Run("a batch that names a row twice is refused", func(t *testing.T) { rowTwice(t, k) })
	t.Run("one bad row refuses the whole batch", func(t *testing.T) { oneBadRow(t, k) })
	t.Run("an ended context before the send does nothing", func(t *testing.T) { endedBefore(t, k) })
	t.Run("a row with a TTL goes, and one written again without stays", func(t *testing.T) { timeToLive(t, k) })
}

func batchOverTables(t *testing.T, k *suite) {
	table, ones, owner := things.On(k.Keyspace), singles.On(k.Keyspace), freshName()
	put(t, k, table.Put(thing{Owner: owner, ID: "old"}))
	put(t, k,
		table.Put(thing{Owner: owner, ID: "new"}), table.Delete(thing{Owner: owner, ID: "old"}),
		table.Put(thing{Owner: owner + "2", ID: "other"}), ones.Put(single{owner, "one"}))
	for _, want := range []struct {
		owner, id string
		there     bool
	}{{owner, "new", true}, {owner, "old", false}, {owner + "2", "other", true}} {
		_, there, err := table.In(want.owner).Find(t.Context(), store.Recent, want.id)
		must(t, err)
		if there != want.there {
			t.Errorf("row %s: there is %v, want %v", want.id, there, want.there)
		}
	}
	if _, err := ones.In(owner).Get(t.Context(), store.Recent); err != nil {
		t.Error(err)
	}
}

func batchAgain(t *testing.T, k *suite) {
	table, owner := events.On(k.Keyspace), freshName()
	batch := []store.Put{
		table.Put(event{owner, "a", 1, noon(), "x"}), table.Delete(event{owner, "a", 2, noon(), ""}),
	}
	put(t, k, batch...)
	put(t, k, batch...)
	sameEvents(t, table.In(owner).Range(), []event{{owner, "a", 1, noon(), "x"}})
}

func deletedAndPut(t *testing.T, k *suite) {
	table, owner := things.On(k.Keyspace), freshName()
	put(t, k, table.Put(thing{owner, "1", "first", 1, true, []byte("x"), noon()}))
	put(t, k, table.Delete(thing{Owner: owner, ID: "1"}))
	if _, there, err := table.In(owner).Find(t.Context(), store.Latest, "1"); there || err != nil {
		t.Fatalf("a deleted row: there is %v, %v", there, err)
	}
	put(t, k, table.Put(thing{Owner: owner, ID: "1", Count: 2}, "count"))
	got, err := table.In(owner).Get(t.Context(), store.Latest, "1")
	must(t, err)
	if got.Count != 2 || got.Text != "" || got.Done {
		t.Errorf("the row came back as %+v", got)
	}
}

func plainLimits(t *testing.T, k *suite) {
	table, owner := things.On(k.Keyspace), freshName()
	rows := func(n, bytes int) []store.Put {
		var puts []store.Put
		for i := range n {
			puts = append(puts, table.Put(thing{Owner: owner, ID: string(rune('A' + i)), Body: make([]byte, bytes)}))
		}
		return puts
	}
	for name, c := range map[string]struct {
		puts []store.Put
		err  error
	}{
		"no row":           {rows(0, 0), store.ErrTooLarge},
		"64 rows":          {rows(64, 10), nil},
		"65 rows":          {rows(65, 10), store.ErrTooLarge},
		"nearly 48 KiB":    {rows(2, 23<<10), nil},
		"more than 48 KiB": {rows(2, 24<<10), store.ErrTooLarge},
	} {
		if err := k.Write(t.Context(), c.puts...); !errors.Is(err, c.err) {
			t.Errorf("%s: got %v, want %v", name, err, c.err)
		}
	}
}

func rowTwice(t *testing.T, k *suite) {
	table, owner := things.On(k.Keyspace), freshName()
	row := thing{Owner: owner, ID: "1"}
	for name, puts := range map[string][]store.Put{
		"two puts":         {table.Put(row), table.Put(row)},
		"put and delete":   {table.Put(row), table.Delete(row)},
		"delete and put":   {table.Delete(row), table.Put(row, "text")},
		"apart in a batch": {table.Put(row), table.Put(thing{Owner: owner, ID: "2"}), table.Put(row)},
	} {
		if err := k.Write(t.Context(), puts...); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
}

func oneBadRow(t *testing.T, k *suite) {
	table, owner := things.On(k.Keyspace), freshName()
	err := k.Write(t.Context(), table.Put(thing{Owner: owner, ID: "good"}),
		table.Put(thing{Owner: owner, ID: strings.Repeat("x", 10_000)}))
	if !errors.Is(err, store.ErrInvalid) {
		t.Fatalf("got %v, want ErrInvalid", err)
	}
	if _, there, err := table.In(owner).Find(t.Context(), store.Latest, "good"); there || err != nil {
		t.Errorf("the good row: there is %v, %v", there, err)
	}
}

func endedBefore(t *testing.T, k *suite) {
	table, owner := things.On(k.Keyspace), freshName()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := k.Write(ended, table.Put(thing{Owner: owner, ID: "1"})); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a write: got %v, want ErrUnavailable", err)
	}
	if _, _, err := table.In(owner).Find(ended, store.Latest, "1"); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a read: got %v, want ErrUnavailable", err)
	}
	opening := accounts.On(k.Keyspace).Batch(owner, int64(0)).IfNull("version").SetStatics(account{Version: 1})
	if _, err := opening.Apply(ended); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a conditional batch: got %v, want ErrUnavailable", err)
	}
	if _, there, err := table.In(owner).Find(t.Context(), store.Latest, "1"); there || err != nil {
		t.Errorf("the row: there is %v, %v", there, err)
	}
}

func timeToLive(t *testing.T, k *suite) {
	table, owner := things.On(k.Keyspace), freshName()
	put(t, k,
		table.PutFor(time.Second, thing{Owner: owner, ID: "goes", Text: "x"}),
		table.PutFor(time.Second, thing{Owner: owner, ID: "written again", Text: "x"}),
		table.PutFor(time.Hour, thing{Owner: owner, ID: "not yet", Text: "x"}))
	if _, err := table.In(owner).Get(t.Context(), store.Recent, "not yet"); err != nil {
		t.Error(err)
	}
	put(t, k, table.Put(thing{Owner: owner, ID: "written again", Text: "y"}))
	eventually(t, "the row with a TTL of a second goes", func() bool {
		_, there, err := table.In(owner).Find(t.Context(), store.Recent, "goes")
		must(t, err)
		return !there
	})
	rows, _, err := table.In(owner).Range().List(t.Context(), store.Recent)
	must(t, err)
	if len(rows) != 2 || rows[0].ID != "not yet" || rows[1].Text != "y" {
		t.Errorf("what is left: %+v", rows)
	}
	for _, ttl := range []time.Duration{-time.Second, 0, time.Millisecond, 100 * 365 * 24 * time.Hour} {
		if err := k.Write(t.Context(), table.PutFor(ttl, thing{Owner: owner, ID: "1"})); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("a TTL of %v: got %v, want ErrInvalid", ttl, err)
		}
	}
}

// eventually waits for what real time brings about.
func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	started := clock.Start()
	for !happened() {
		if started.Elapsed() > 20*time.Second {
			t.Fatalf("%s: not within 20 s", what)
		}
		must(t, clock.Wait(t.Context(), 50*time.Millisecond))
	}
}
