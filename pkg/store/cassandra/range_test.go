package cassandra_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"farthing/pkg/store"
)

func TestAValueComesBackAsItWasWritten(t *testing.T) {
	k := openBank(t)
	table, ctx := items.On(k), t.Context()
	for _, row := range []itemRow{
		{Owner: "o", Month: 1, Name: "zero"},
		{Owner: "o", Month: 1, Name: "", Day: -1, Turn: -1 << 63, Body: []byte{}},
		{Owner: "o", Month: 1, Name: "é\x00'\"", Body: []byte{0, 255}, Seen: true, At: time.UnixMilli(1_700_000_000_123).UTC()},
		{Owner: "o", Month: 1, Name: "before 1970", At: time.UnixMilli(-5).UTC()},
	} {
		if err := k.Write(ctx, table.Put(row)); err != nil {
			t.Fatal(err)
		}
		got, err := table.In("o", int64(1)).Get(ctx, store.Latest, row.Day, row.Name, row.Turn)
		if row.Body == nil {
			row.Body = []byte{} // A nil slice is written as an empty one, never as a null.
		}
		if diff := gocmp.Diff(row, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", row.Name, err, diff)
		}
	}
}

func TestAColumnThatIsNotNamedStaysAsItWas(t *testing.T) {
	k := openBank(t)
	table, ctx := items.On(k), t.Context()
	whole := itemRow{Owner: "o", Month: 1, Body: []byte("kept"), At: time.UnixMilli(7).UTC()}
	if err := k.Write(ctx, table.Put(whole)); err != nil {
		t.Fatal(err)
	}
	if err := k.Write(ctx, table.Put(itemRow{Owner: "o", Month: 1, Seen: true}, "seen")); err != nil {
		t.Fatal(err)
	}
	whole.Seen = true
	got, err := table.In("o", int64(1)).Get(ctx, store.Recent, int64(0), "", int64(0))
	if diff := gocmp.Diff(whole, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestABatchAtItsLimitIsWritten(t *testing.T) {
	k := openBank(t)
	table := items.On(k)
	for name, bytes := range map[string]int{"many rows": 0, "large rows": (store.MaxPlainBytes - 64*80) / 64} {
		puts := make([]store.Put, 0, store.MaxPlainRows)
		for n := range int64(store.MaxPlainRows) {
			puts = append(puts, table.Put(itemRow{Owner: fmt.Sprint(name, n), Month: n, Body: make([]byte, bytes)}))
		}
		if err := k.Write(t.Context(), puts...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPagesOfAnyQueryJoinToItsWholeAnswer(t *testing.T) {
	k := openBank(t)
	table, ctx := items.On(k), t.Context()
	all := cube(t, k, table)
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuery(t)
		var got []itemRow
		token := ""
		for more := true; more; more = token != "" {
			page, next, err := q.in(table.In("o", int64(1))).Resume(token).List(ctx, store.Recent)
			if err != nil {
				t.Fatal(err)
			}
			got, token = append(got, page...), next
		}
		if diff := gocmp.Diff(q.of(all), got); diff != "" {
			t.Errorf("%+v:\n%s", q, diff)
		}
	})
}

// cube writes 27 rows of one partition and returns them in the table's order.
func cube(t *testing.T, k *store.Keyspace, table store.Plain[itemRow]) []itemRow {
	t.Helper()
	var all []itemRow
	var puts []store.Put
	for n := range int64(27) {
		row := itemRow{Owner: "o", Month: 1, Day: n % 3, Name: strings.Repeat("x", int(n/3%3)), Turn: n / 9, Body: []byte{}}
		all, puts = append(all, row), append(puts, table.Put(row))
	}
	if err := k.Write(t.Context(), puts...); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(all, func(a, b itemRow) int {
		return cmp.Or(cmp.Compare(b.Day, a.Day), cmp.Compare(a.Name, b.Name), cmp.Compare(b.Turn, a.Turn))
	})
	return all
}

// query is a range over the cube, and what it should find there.
type query struct {
	prefix    []store.Value
	low, high store.Bound
	backwards bool
	limit     int
}

func drawQuery(t *rapid.T) query {
	column := []*rapid.Generator[store.Value]{
		rapid.Map(rapid.Int64Range(-1, 3), func(n int64) store.Value { return n }),
		rapid.Map(rapid.IntRange(0, 3), func(n int) store.Value { return strings.Repeat("x", n) }),
		rapid.Map(rapid.Int64Range(-1, 3), func(n int64) store.Value { return n }),
	}
	q := query{backwards: rapid.Bool().Draw(t, "backwards"), limit: rapid.IntRange(1, 10).Draw(t, "limit")}
	k := rapid.IntRange(0, 3).Draw(t, "equal columns")
	for n := range k {
		q.prefix = append(q.prefix, column[n].Draw(t, "equal"))
	}
	if k < len(column) {
		bound := func(label string) (b store.Bound) {
			if rapid.Bool().Draw(t, label+" bound") {
				b = store.Bound{Value: column[k].Draw(t, label), Inclusive: rapid.Bool().Draw(t, label+" inclusive")}
			}
			return b
		}
		q.low, q.high = bound("low"), bound("high")
	}
	return q
}

func (q query) in(rows store.Rows[itemRow]) store.Range[itemRow] {
	r := rows.Range(q.prefix...).Limit(q.limit)
	switch {
	case q.low.Inclusive:
		r = r.From(q.low.Value)
	case q.low.Value != nil:
		r = r.Above(q.low.Value)
	}
	switch {
	case q.high.Inclusive:
		r = r.To(q.high.Value)
	case q.high.Value != nil:
		r = r.Below(q.high.Value)
	}
	if q.backwards {
		r = r.Backwards()
	}
	return r
}

func (q query) of(all []itemRow) []itemRow {
	var out []itemRow
	for _, row := range all {
		if q.selects([]store.Value{row.Day, row.Name, row.Turn}) {
			out = append(out, row)
		}
	}
	if q.backwards {
		slices.Reverse(out)
	}
	return out
}

func (q query) selects(key []store.Value) bool {
	for n, value := range q.prefix {
		if key[n] != value {
			return false
		}
	}
	if len(q.prefix) == len(key) {
		return true
	}
	within := func(b store.Bound, sign int) bool {
		order := 0
		switch value := b.Value.(type) {
		case nil:
			return true
		case string:
			order = sign * strings.Compare(key[len(q.prefix)].(string), value)
		case int64:
			order = sign * cmp.Compare(key[len(q.prefix)].(int64), value)
		}
		return order < 0 || (order == 0 && b.Inclusive)
	}
	return within(q.low, -1) && within(q.high, 1)
}
