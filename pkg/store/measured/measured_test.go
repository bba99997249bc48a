package measured_test

import (
	"context"
	"errors"
	"maps"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"farthing/pkg/store"
	"farthing/pkg/store/faults"
	"farthing/pkg/store/measured"
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
	unmade = store.PlainTable[item]("unmade")
	schema = store.Schema{Keyspace: "bank", Tables: []store.Table{items, locks}}
)

// bank is a measured keyspace whose operations meet faults.
type bank struct {
	*store.Keyspace
	store    store.Store
	registry *prometheus.Registry
}

func open(t testing.TB, pick faults.Pick) *bank {
	t.Helper()
	registry := prometheus.NewRegistry()
	s := measured.New(faults.WrapStore(storetest.Memory(t, schema), pick), registry)
	return &bank{store.NewKeyspace("bank", s.Open("bank")), s, registry}
}

func sound(faults.Op) faults.Fault { return faults.None }

// each calls f with every metric of a family.
func (b *bank) each(t *testing.T, family string, f func(labels map[string]string, m *dto.Metric)) {
	t.Helper()
	families, err := b.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range families {
		if found.GetName() != family {
			continue
		}
		for _, m := range found.GetMetric() {
			labels := make(map[string]string)
			for _, pair := range m.GetLabel() {
				labels[pair.GetName()] = pair.GetValue()
			}
			f(labels, m)
		}
	}
}

// counted is how often each operation had each outcome, as "apply ok", zeros left out.
func (b *bank) counted(t *testing.T) map[string]int {
	t.Helper()
	counts := make(map[string]int)
	b.each(t, "store_requests_total", func(labels map[string]string, m *dto.Metric) {
		if n := int(m.GetCounter().GetValue()); n > 0 {
			counts[labels["operation"]+" "+labels["outcome"]] += n
		}
	})
	return counts
}

func (b *bank) want(t *testing.T, want map[string]int) {
	t.Helper()
	if got := b.counted(t); !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}

func (b *bank) put(ctx context.Context) error {
	return b.Write(ctx, items.On(b.Keyspace).Put(item{"a", 1}))
}

func (b *bank) lock(ctx context.Context) (store.Answer[lock], error) {
	return locks.On(b.Keyspace).Batch("a").IfNull("version").SetStatics(lock{Version: 1}).Apply(ctx)
}

func TestEachOperationIsCountedAndTimedOnce(t *testing.T) {
	b, ctx := open(t, sound), t.Context()
	_, applied := b.lock(ctx)
	_, _, found := items.On(b.Keyspace).In("a").Find(ctx, store.Recent, int64(1))
	_, _, listed := items.On(b.Keyspace).In("a").Range().List(ctx, store.Recent)
	_, _, read := locks.On(b.Keyspace).In("a").Statics(ctx, store.Latest)
	_, _, walked := items.On(b.Keyspace).Walk(ctx, "", 10)
	_, _, walkedPartitions := locks.On(b.Keyspace).WalkPartitions(ctx, "", 10)
	if err := errors.Join(b.put(ctx), applied, found, listed, read, walked, walkedPartitions); err != nil {
		t.Fatal(err)
	}
	b.want(t, map[string]int{"get ok": 1, "statics ok": 1, "range ok": 1, "write ok": 1, "apply ok": 1, "walk ok": 2})
	timed := make(map[string]uint64)
	b.each(t, "store_duration_seconds", func(labels map[string]string, m *dto.Metric) {
		timed[labels["operation"]] = m.GetHistogram().GetSampleCount()
	})
	want := map[string]uint64{"get": 1, "statics": 1, "range": 1, "write": 1, "apply": 1, "walk": 2}
	if !maps.Equal(timed, want) {
		t.Errorf("timed %v, want %v", timed, want)
	}
}

func TestAConditionalBatchThatWasNotAppliedIsRefused(t *testing.T) {
	b := open(t, sound)
	for range 3 {
		if _, err := b.lock(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	b.want(t, map[string]int{"apply ok": 1, "apply refused": 2})
}

func TestAFailureIsCountedByWhatIsKnownOfIt(t *testing.T) {
	for fault, outcome := range map[faults.Fault]string{
		faults.Unavailable: "unavailable", faults.UnknownApplied: "unknown", faults.UnknownLost: "unknown",
	} {
		b := open(t, faults.Script(faults.Write, fault))
		if err := b.put(t.Context()); err == nil {
			t.Fatalf("the fault %d answered nil", fault)
		}
		b.want(t, map[string]int{"write " + outcome: 1})
	}
	b := open(t, sound)
	if err := b.Write(t.Context(), unmade.On(b.Keyspace).Put(item{"a", 1})); !errors.Is(err, store.ErrInvalid) {
		t.Fatalf("a table that was never made answered %v", err)
	}
	b.want(t, map[string]int{"write invalid": 1})
}

func TestWhatTheTypedLayerRefusesIsNotAskedOfTheStore(t *testing.T) {
	b := open(t, sound)
	if _, err := locks.On(b.Keyspace).Batch("a").SetStatics(lock{Version: 1}).Apply(t.Context()); err == nil {
		t.Fatal("a batch without a condition was applied")
	}
	b.want(t, nil)
}

func TestAKeyspaceIsCountedUnderItsNameHoweverOftenItIsOpened(t *testing.T) {
	b := open(t, sound)
	again := &bank{store.NewKeyspace("bank", b.store.Open("bank")), b.store, b.registry}
	if err := errors.Join(b.put(t.Context()), again.put(t.Context())); err != nil {
		t.Fatal(err)
	}
	b.want(t, map[string]int{"write ok": 2})
	b.each(t, "store_requests_total", func(labels map[string]string, _ *dto.Metric) {
		if labels["keyspace"] != "bank" {
			t.Errorf("counted under %v", labels)
		}
	})
}
