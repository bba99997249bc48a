package faults_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/store"
	"farthing/pkg/store/faults"
	"farthing/pkg/store/storetest"
)

type item struct {
	Owner string `store:"1,partition"`
	ID    int64  `store:"2,clustering"`
}

type lock struct {
	ID      string `store:"1,partition"`
	Version int64  `store:"2,static"`
	Seq     int64  `store:"3,clustering"`
}

var (
	items  = store.PlainTable[item]("items")
	locks  = store.ConditionalTable[lock]("locks")
	schema = store.Schema{Keyspace: "bank", Tables: []store.Table{items, locks}}
)

// open is a keyspace with faults, and the same without.
func open(t *testing.T, pick faults.Pick) (faulty, sound *store.Keyspace, engine *faults.Engine) {
	t.Helper()
	below := storetest.Memory(t, schema).Open("bank")
	engine = faults.Wrap(below, pick)
	return store.NewKeyspace("bank", engine), store.NewKeyspace("bank", below), engine
}

func count(t *testing.T, k *store.Keyspace) int {
	t.Helper()
	rows, _, err := items.On(k).In("a").Range().List(t.Context(), store.Recent)
	if err != nil {
		t.Fatal(err)
	}
	return len(rows)
}

func TestEachFaultAnswersAndDoesWhatItSays(t *testing.T) {
	for _, c := range []struct {
		name         string
		fault        faults.Fault
		answer       error
		now, settled int // Rows of three.
	}{
		{"none", faults.None, nil, 3, 3},
		{"unavailable", faults.Unavailable, store.ErrUnavailable, 0, 0},
		{"unknown, applied", faults.UnknownApplied, store.ErrUnknown, 3, 3},
		{"unknown, lost", faults.UnknownLost, store.ErrUnknown, 0, 0},
		{"unknown, late", faults.UnknownLate, store.ErrUnknown, 0, 3},
		{"torn", faults.Torn, store.ErrUnknown, 1, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			faulty, sound, engine := open(t, faults.Script(faults.Write, c.fault))
			err := faulty.Write(t.Context(), items.On(faulty).Put(item{"a", 1}), items.On(faulty).Put(item{"a", 2}),
				items.On(faulty).Put(item{"a", 3}))
			if !errors.Is(err, c.answer) {
				t.Errorf("answered %v, want %v", err, c.answer)
			}
			if got := count(t, sound); got != c.now {
				t.Errorf("%d rows at once, want %d", got, c.now)
			}
			if err := engine.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := count(t, sound); got != c.settled || engine.Late() != 0 {
				t.Errorf("%d rows in the end, want %d; %d late", got, c.settled, engine.Late())
			}
		})
	}
}

func TestALateConditionalBatchIsJudgedWhenItArrives(t *testing.T) {
	faulty, sound, engine := open(t, faults.Script(faults.Apply, faults.UnknownLate))
	late := locks.On(faulty).Batch("a").IfNull("version").SetStatics(lock{Version: 1})
	if _, err := late.Apply(t.Context()); !errors.Is(err, store.ErrUnknown) {
		t.Fatalf("got %v, want ErrUnknown", err)
	}
	other := locks.On(sound).Batch("a").IfNull("version").SetStatics(lock{Version: 2})
	if answer, err := other.Apply(t.Context()); err != nil || !answer.OK {
		t.Fatalf("the other writer: %+v, %v", answer, err)
	}
	if err := engine.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, _, err := locks.On(sound).In("a").Statics(t.Context(), store.Latest); err != nil || got.Version != 2 {
		t.Errorf("got %+v, %v, want version 2", got, err)
	}
}

func TestAReadIsUnavailableOrTrue(t *testing.T) {
	faulty, _, _ := open(t, faults.Script(faults.Range, faults.Unavailable, faults.UnknownLost))
	_, _, err := items.On(faulty).In("a").Range().List(t.Context(), store.Recent)
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	if got := count(t, faulty); got != 0 {
		t.Errorf("%d rows, want none", got)
	}
}

func TestOneSeedMeetsTheSameFaults(t *testing.T) {
	rates := faults.Rates{
		Unavailable: 100, UnknownApplied: 100, UnknownLost: 100, UnknownLate: 100, Torn: 100, Arrive: 100,
	}
	draw := func(seed uint64) (drawn []faults.Fault) {
		pick := faults.Seeded(seed, rates)
		for range 2_000 {
			drawn = append(drawn, pick(faults.Write))
		}
		return drawn
	}
	first := draw(7)
	if !cmp.Equal(first, draw(7)) || cmp.Equal(first, draw(8)) {
		t.Error("one seed draws differently, or two alike")
	}
	met := make(map[faults.Fault]int)
	for _, fault := range first {
		met[fault]++
	}
	for fault := faults.Unavailable; fault <= faults.Arrive; fault++ {
		if met[fault] < 120 || met[fault] > 280 {
			t.Errorf("fault %d was met %d times of 2,000, want about 200", fault, met[fault])
		}
	}
}

func TestAStoreSettlesAllItsKeyspaces(t *testing.T) {
	s := faults.WrapStore(storetest.Memory(t, schema), faults.Script(faults.Write, faults.UnknownLate))
	k := store.NewKeyspace("bank", s.Open("bank"))
	if err := k.Write(t.Context(), items.On(k).Put(item{"a", 1})); !errors.Is(err, store.ErrUnknown) {
		t.Fatalf("got %v, want ErrUnknown", err)
	}
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := count(t, store.NewKeyspace("bank", s.Open("bank"))); got != 1 {
		t.Errorf("%d rows, want 1", got)
	}
}

func TestACounterCountsByKind(t *testing.T) {
	var counter faults.Counter
	k := store.NewKeyspace("bank", counter.Store(storetest.Memory(t, schema)).Open("bank"))
	for range 2 {
		if err := k.Write(t.Context(), items.On(k).Put(item{"a", 1}), items.On(k).Put(item{"a", 2})); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := locks.On(k).Batch("a").IfNull("version").SetStatics(lock{Version: 1}).Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = count(t, k)
	want := map[faults.Op]int64{faults.Write: 2, faults.Apply: 1, faults.Range: 1}
	if diff := cmp.Diff(want, counter.Counts()); diff != "" {
		t.Error(diff)
	}
}
