package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/errs"
	"farthing/pkg/store"
)

// eventsOf writes three kinds of events, five of each with two at the same sequence, and answers them in the table's
// order: kind up, sequence down, time up.
func eventsOf(t *testing.T, k *suite, owner string) []event {
	t.Helper()
	var rows []event
	var puts []store.Put
	for _, kind := range []string{"a", "b", "b\x00c"} {
		for _, seq := range []int64{20, 10, 0, -10} {
			rows = append(rows, event{owner, kind, seq, noon(), kind})
		}
		rows = append(rows, event{owner, kind, -10, noon().Add(time.Millisecond), kind})
	}
	for _, row := range rows {
		puts = append(puts, events.On(k.Keyspace).Put(row))
	}
	slices.Reverse(puts)
	put(t, k, puts...)
	return rows
}

func runRanges(t *testing.T, k *suite) {
	owner := freshName()
	all := eventsOf(t, k, owner)
	in := events.On(k.Keyspace).In(owner)
	b := all[5:10]
	later := noon().Add(time.Millisecond)
	cases := []struct {
		name  string
		query store.Range[event]
		want  []event
	}{
		{"everything", in.Range(), all},
		{"a prefix of one column", in.Range("b"), b},
		{"a prefix of two columns", in.Range("b", int64(-10)), b[3:]},
		{"a whole key", in.Range("b", int64(-10), later), b[4:]},
		{"a prefix that nothing has", in.Range("bb"), nil},
		{"from, on an ascending column", in.Range().From("b"), all[5:]},
		{"above, on an ascending column", in.Range().Above("b"), all[10:]},
		{"to, on an ascending column", in.Range().To("b"), all[:10]},
		{"below, on an ascending column", in.Range().Below("b"), all[:5]},
		{"both ends, on an ascending column", in.Range().From("b").Below("c"), all[5:]},
		{"from, on a descending column", in.Range("b").From(int64(10)), b[:2]},
		{"above, on a descending column", in.Range("b").Above(int64(10)), b[:1]},
		{"to, on a descending column", in.Range("b").To(int64(0)), b[2:]},
		{"below, on a descending column", in.Range("b").Below(int64(0)), b[3:]},
		{"both ends, on a descending column", in.Range("b").Above(int64(-10)).To(int64(10)), b[1:3]},
		{"a time after two columns", in.Range("b", int64(-10)).Above(noon()), b[4:]},
		{"bounds that cross", in.Range("b").From(int64(5)).To(int64(4)), nil},
		{"one value, both ends", in.Range("b").From(int64(0)).To(int64(0)), b[2:3]},
		{"one value, open ends", in.Range("b").Above(int64(0)).Below(int64(0)), nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			sameEvents(t, c.query, c.want)
			sameEvents(t, c.query.Limit(2), c.want[:min(2, len(c.want))])
			backwards := slices.Clone(c.want)
			slices.Reverse(backwards)
			sameEvents(t, c.query.Backwards(), backwards)
			sameEvents(t, c.query.Backwards().Limit(1), backwards[:min(1, len(backwards))])
		})
	}
	t.Run("another partition's rows are not seen", func(t *testing.T) {
		sameEvents(t, events.On(k.Keyspace).In(owner+"x").Range(), nil)
	})
	t.Run("a query that the table cannot answer is refused", func(t *testing.T) { refusedQueries(t, in) })
	t.Run("keys of every type sort as declared", func(t *testing.T) { orderOfTypes(t, k) })
}

func sameEvents(t *testing.T, query store.Range[event], want []event) {
	t.Helper()
	for _, c := range []store.Consistency{store.Latest, store.Recent} {
		got, _, err := query.List(t.Context(), c)
		must(t, err)
		if len(want)+len(got) > 0 && !slices.Equal(want, got) {
			t.Fatalf("at %d:\n%s", c, cmp.Diff(want, got))
		}
	}
}

func refusedQueries(t *testing.T, in store.Rows[event]) {
	for name, query := range map[string]store.Range[event]{
		"limit 0":                in.Range().Limit(0),
		"limit 1,001":            in.Range().Limit(1_001),
		"prefix of another type": in.Range(int64(1)),
		"bound of another type":  in.Range().From(int64(1)),
		"nothing left to bound":  in.Range("b", int64(1), noon()).From(noon()),
		"too long a prefix":      in.Range("b", int64(1), noon(), "x"),
	} {
		if _, _, err := query.List(t.Context(), store.Recent); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
}

// orderOfTypes writes every combination of some keys and reads them back in the declared order.
func orderOfTypes(t *testing.T, k *suite) {
	table, owner := keyedRows.On(k.Keyspace), freshName()
	var want []keyed
	for _, name := range []string{"", "a", "a\x00", "a\x00b", "ab", "é"} {
		for _, rank := range []int64{5, 0, -1} {
			for _, odd := range []bool{true, false} {
				for _, blob := range [][]byte{{}, {0}, {0, 0}, {255}} {
					row := keyed{owner, 1, true, []byte("p"), noon(), name, rank, odd, blob, noon(), ""}
					want = append(want, row)
				}
			}
		}
	}
	for part := range slices.Chunk(want, store.MaxPlainRows) {
		var puts []store.Put
		for _, row := range part {
			puts = append(puts, table.Put(row))
		}
		put(t, k, puts...)
	}
	in := table.In(owner, int64(1), true, []byte("p"), noon())
	got, _, err := in.Range().List(t.Context(), store.Recent)
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got, _, err = in.Range().Backwards().List(t.Context(), store.Recent)
	must(t, err)
	slices.Reverse(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("backwards:\n%s", diff)
	}
}

func runPages(t *testing.T, k *suite) {
	owner := freshName()
	all := eventsOf(t, k, owner)
	in := events.On(k.Keyspace).In(owner)
	t.Run("pages put together are the whole", func(t *testing.T) {
		for _, limit := range []int{1, 2, 4, len(all), len(all) + 1} {
			sameEventsPaged(t, in.Range(), limit, all)
			sameEventsPaged(t, in.Range("b").Below(int64(20)), limit, all[6:10])
			backwards := slices.Clone(all[5:9])
			slices.Reverse(backwards)
			sameEventsPaged(t, in.Range("b").From(int64(-10)).To(int64(20)).Backwards(), limit,
				append([]event{all[9]}, backwards...))
		}
	})
	t.Run("a token goes on after a row that has gone", func(t *testing.T) {
		_, token, err := in.Range().Limit(3).List(t.Context(), store.Recent)
		must(t, err)
		put(t, k, events.On(k.Keyspace).Delete(all[2]))
		sameEvents(t, in.Range().Resume(token), all[3:])
	})
	t.Run("a token of another query is refused", func(t *testing.T) { refusedTokens(t, in, k) })
}

func sameEventsPaged(t *testing.T, query store.Range[event], limit int, want []event) {
	t.Helper()
	var got []event
	token := ""
	for range len(want) + 2 {
		page, next, err := query.Limit(limit).Resume(token).List(t.Context(), store.Recent)
		must(t, err)
		if got = append(got, page...); next == "" {
			break
		}
		token = next
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pages of %d:\n%s", limit, diff)
	}
}

func refusedTokens(t *testing.T, in store.Rows[event], k *suite) {
	_, token, err := in.Range("b").Limit(1).List(t.Context(), store.Recent)
	must(t, err)
	other := events.On(k.Keyspace).In(freshName())
	for name, query := range map[string]store.Range[event]{
		"another partition": other.Range("b").Resume(token),
		"another prefix":    in.Range("a").Resume(token),
		"another direction": in.Range("b").Backwards().Resume(token),
		"another bound":     in.Range("b").From(int64(0)).Resume(token),
		"no prefix":         in.Range().Resume(token),
		"half a token":      in.Range("b").Resume(token[:len(token)/2]),
		"not a token":       in.Range("b").Resume("!"),
		"a long one":        in.Range("b").Resume(strings.Repeat("A", 100_000)),
	} {
		if _, _, err := query.List(t.Context(), store.Recent); !errs.Is(err, "bad_request.bad_param.page_token") {
			t.Errorf("%s: got %v, want bad_request.bad_param.page_token", name, err)
		}
	}
}
