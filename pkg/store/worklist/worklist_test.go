package worklist_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"farthing/pkg/store"
	"farthing/pkg/store/faults"
	"farthing/pkg/store/storetest"
	"farthing/pkg/store/worklist"
)

var (
	table = worklist.Table("things")
	noon  = time.Date(2026, 11, 9, 12, 30, 53, 0, time.UTC)
)

func newList(t *testing.T) *worklist.List {
	t.Helper()
	schema := store.Schema{Keyspace: "lists", Tables: []store.Table{table}}
	return worklist.New(table, store.NewKeyspace("lists", storetest.Memory(t, schema).Open("lists")))
}

func listed(t *testing.T, l *worklist.List, from, to time.Time) []string {
	t.Helper()
	var found []string
	err := l.Each(t.Context(), from, to, func(_ context.Context, item worklist.Item) error {
		found = append(found, item.Name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found
}

func TestAnItemIsFoundInItsHourUntilItIsStruckOff(t *testing.T) {
	l := newList(t)
	for range 2 {
		for item, at := range map[string]time.Time{
			"a": noon, "b": noon.Add(25 * time.Minute), "later": noon.Add(30 * time.Minute), "earlier": noon.Add(-time.Hour),
		} {
			if err := l.Add(t.Context(), at, item); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := listed(t, l, noon, noon); !slices.Equal(got, []string{"a", "b"}) {
		t.Fatalf("listed at noon: %v", got)
	}
	err := l.Each(t.Context(), noon, noon, func(ctx context.Context, item worklist.Item) error {
		return l.Remove(ctx, item.Hour, item.Name)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := listed(t, l, noon.Add(-time.Hour), noon.Add(time.Hour)); !slices.Equal(got, []string{"earlier", "later"}) {
		t.Fatalf("left: %v", got)
	}
}

func TestALongListIsFoundWholeAndAFailureEndsIt(t *testing.T) {
	l := newList(t)
	const many = 3 * store.MaxRows
	for n := range many {
		if err := l.Add(t.Context(), noon, fmt.Sprintf("item %05d", n)); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(listed(t, l, noon, noon)); got != many {
		t.Fatalf("%d of %d items", got, many)
	}
	stop, taken := errors.New("enough"), 0
	err := l.Each(t.Context(), noon, noon, func(context.Context, worklist.Item) error {
		if taken++; taken == 3 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || taken != 3 {
		t.Fatalf("%v after %d items", err, taken)
	}
}

// fixed is a clock that stands until it is moved. Nobody runs by it.
type fixed struct {
	worklist.Clock

	at time.Time
}

func (f *fixed) Now() time.Time { return f.at }

// A sweep finds what is due, comes back for what failed, however long it was away, and for nothing that was removed.
func TestASweeperComesBackForWhatFailedHoweverLongItWasAway(t *testing.T) {
	l, now, broken := newList(t), &fixed{at: noon}, true
	taken := map[string]int{}
	sweeper := worklist.Sweeper{List: l, Clock: now, Take: func(ctx context.Context, item worklist.Item) error {
		if taken[item.Name]++; item.Name == "broken" && broken {
			return errors.New("not yet")
		}
		return l.Remove(ctx, item.Hour, item.Name)
	}}
	for item, at := range map[string]time.Time{
		"good": noon, "broken": noon.Add(-time.Hour), "due": noon.Add(30 * 24 * time.Hour),
	} {
		if err := l.Add(t.Context(), at, item); err != nil {
			t.Fatal(err)
		}
	}
	if err := sweeper.Sweep(t.Context()); err == nil {
		t.Error("the failure was not told")
	}
	broken = false
	now.at = noon.Add(40 * 24 * time.Hour) // A long outage.
	for range 2 {
		if err := sweeper.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if want := map[string]int{"good": 1, "broken": 2, "due": 1}; !maps.Equal(taken, want) {
		t.Errorf("taken %v times, want %v", taken, want)
	}
	now.at = now.at.Add(-time.Hour) // Clocks differ: what is listed a little late is found.
	if err := l.Add(t.Context(), now.at, "late"); err != nil {
		t.Fatal(err)
	}
	if err := sweeper.Sweep(t.Context()); err != nil || taken["late"] != 1 {
		t.Errorf("%v: a late one was taken %d times", err, taken["late"])
	}
}

func TestWhatStaysOnTheListIsNoFailureAndIsNotLeftBehind(t *testing.T) {
	l, now, done := newList(t), &fixed{at: noon}, false
	sweeper := worklist.Sweeper{List: l, Clock: now, Take: func(ctx context.Context, item worklist.Item) error {
		if now.at.Before(noon.Add(5 * time.Hour)) {
			return worklist.ErrStays
		}
		done = true
		return l.Remove(ctx, item.Hour, item.Name)
	}}
	if err := l.Add(t.Context(), noon, "slow"); err != nil {
		t.Fatal(err)
	}
	for range 6 {
		if err := sweeper.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		now.at = now.at.Add(time.Hour)
	}
	if !done {
		t.Error("it was left behind")
	}
}

// A busy list always has something that stays. The sweeps must not read more and more for that.
func TestWhatStaysDoesNotHoldTheSweepAtTheHoursBeforeIt(t *testing.T) {
	schema := store.Schema{Keyspace: "lists", Tables: []store.Table{table}}
	var counter faults.Counter
	l := worklist.New(table, store.NewKeyspace("lists", counter.Engine(storetest.Memory(t, schema).Open("lists"))))
	now := &fixed{at: noon}
	sweeper := worklist.Sweeper{List: l, Clock: now, Take: func(ctx context.Context, item worklist.Item) error {
		if item.Hour.Equal(now.at.Truncate(time.Hour)) {
			return worklist.ErrStays
		}
		return l.Remove(ctx, item.Hour, item.Name)
	}}
	var before, after int64
	for hour := range 100 {
		if err := l.Add(t.Context(), now.at, fmt.Sprintf("of hour %d", hour)); err != nil {
			t.Fatal(err)
		}
		before = counter.Counts()[faults.Range]
		if err := sweeper.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		after = counter.Counts()[faults.Range]
		now.at = now.at.Add(time.Hour)
	}
	if after-before > 20 {
		t.Errorf("the last sweep took %d reads", after-before)
	}
}

// A sweep over a long time in which hardly anything is listed reads little.
func TestAnEmptyYearCostsOneReadForEachDay(t *testing.T) {
	schema := store.Schema{Keyspace: "lists", Tables: []store.Table{table}}
	var counter faults.Counter
	engine := counter.Engine(storetest.Memory(t, schema).Open("lists"))
	l := worklist.New(table, store.NewKeyspace("lists", engine))
	if err := l.Add(t.Context(), noon, "one"); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, l, noon, noon.AddDate(1, 0, 0)); !slices.Equal(got, []string{"one"}) {
		t.Fatalf("listed: %v", got)
	}
	if got := counter.Counts()[faults.Range]; got > 366+4 {
		t.Errorf("it took %d reads", got)
	}
}
