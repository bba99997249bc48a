package storetest

import (
	"errors"
	"fmt"
	"testing"

	"farthing/pkg/store"
	"farthing/pkg/store/faults"
)

// runResolve goes through the outcomes that a network has. Whatever happens, who resolves ends with one truth.
func runResolve(t *testing.T, k *suite) {
	cases := []struct {
		name     string
		faults   []faults.Fault // Of the conditional batches, one after another.
		strategy onUnknown
		want     string
	}{
		{"unavailable is repeated", []faults.Fault{faults.Unavailable, faults.Unavailable}, resubmit, approved},
		{"unknown but applied is found", []faults.Fault{faults.UnknownApplied}, fence, approved},
		{"unknown and lost is submitted again", []faults.Fault{faults.UnknownLost}, resubmit, approved},
		{"unknown and lost is fenced", []faults.Fault{faults.UnknownLost}, fence, void},
		{"late is submitted again, and arrives in vain", []faults.Fault{faults.UnknownLate}, resubmit, approved},
		{"late is fenced, and arrives in vain", []faults.Fault{faults.UnknownLate}, fence, void},
		{"late arrives before the fence", []faults.Fault{faults.UnknownLate, faults.Arrive}, fence, approved},
		{"late arrives before it is submitted again", []faults.Fault{faults.UnknownLate, faults.Arrive}, resubmit, approved},
		{"the fence is unknown and applied", []faults.Fault{faults.UnknownLost, faults.UnknownApplied}, fence, void},
		{"the fence is lost", []faults.Fault{faults.UnknownLate, faults.UnknownLost}, fence, void},
		{"the fence is late too", []faults.Fault{faults.UnknownLate, faults.UnknownLate}, fence, void},
		{"the posting overtakes a late fence", []faults.Fault{
			faults.UnknownLate, faults.UnknownLate, faults.Arrive,
		}, fence, approved},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { resolvedOnce(t, k, c.faults, c.strategy, c.want) })
	}
	t.Run("faults of every kind at once leave one truth", func(t *testing.T) { resolvedUnderFaults(t, k) })
	t.Run("who takes silence for a no is caught", func(t *testing.T) { guessIsCaught(t, k) })
	t.Run("a torn batch is complete when repeated, and in the end", func(t *testing.T) { tornBatch(t, k) })
}

// faulty is the keyspace as somebody across a bad network has it.
func faulty(k *suite, pick faults.Pick) (*store.Keyspace, *faults.Engine) {
	engine := faults.Wrap(k.engine, pick)
	return store.NewKeyspace(k.Name(), engine), engine
}

func resolvedOnce(t *testing.T, k *suite, script []faults.Fault, strategy onUnknown, want string) {
	// The first submission only learns the state, by being refused: it meets no fault.
	across, engine := faulty(k, faults.Script(faults.Apply, append([]faults.Fault{faults.None}, script...)...))
	l, told := newLedger(t, k.Keyspace), new(book)
	if _, err := l.post(t.Context(), "before", resubmit); err != nil {
		t.Fatal(err)
	}
	told.enter("before", approved)
	l.table = accounts.On(across)
	got, err := l.post(t.Context(), "id", strategy)
	must(t, err)
	if got != want {
		t.Errorf("resolved as %s, want %s", got, want)
	}
	told.enter("id", got)
	must(t, engine.Settle(t.Context()))
	must(t, l.audit(t.Context(), k.Keyspace, told))
	again, err := l.post(t.Context(), "id", strategy)
	if err != nil || again != got {
		t.Errorf("a repeat answers %s, %v; the first answer was %s", again, err, got)
	}
}

func resolvedUnderFaults(t *testing.T, k *suite) {
	for seed := range uint64(6) {
		across, engine := faulty(k, faults.Seeded(seed, faults.Rates{
			Unavailable: 50, UnknownApplied: 100, UnknownLost: 100, UnknownLate: 150, Arrive: 150,
		}))
		l, told := newLedger(t, across), new(book)
		postAll(t, l, told, 4, 8, func(id int) onUnknown { return []onUnknown{resubmit, fence}[id%2] })
		must(t, engine.Settle(t.Context()))
		if err := l.audit(t.Context(), k.Keyspace, told); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

// guessIsCaught shows that the audit can fail.
func guessIsCaught(t *testing.T, k *suite) {
	across, engine := faulty(k, faults.Script(faults.Apply, faults.UnknownLate))
	l, told := newLedger(t, k.Keyspace), new(book)
	l.table = accounts.On(across)
	if _, err := l.submit(t.Context(), "id", account{State: []byte("0")}); !errors.Is(err, store.ErrUnknown) {
		t.Fatalf("got %v, want ErrUnknown", err)
	}
	outcome, err := l.resolve(t.Context(), "id", guess)
	must(t, err)
	told.enter("id", outcome)
	must(t, engine.Settle(t.Context()))
	if err := l.audit(t.Context(), k.Keyspace, told); err == nil {
		t.Error("a posting that its caller was told to be void passed the audit")
	}
}

func tornBatch(t *testing.T, k *suite) {
	for _, repeated := range []bool{true, false} {
		across, engine := faulty(k, faults.Script(faults.Write, faults.Torn))
		table, owner := things.On(across), freshName()
		var puts []store.Put
		for n := range 5 {
			puts = append(puts, table.Put(thing{Owner: owner, ID: fmt.Sprint(n)}))
		}
		if err := across.Write(t.Context(), puts...); !errors.Is(err, store.ErrUnknown) {
			t.Fatalf("a torn batch: got %v, want ErrUnknown", err)
		}
		count := func() int {
			rows, _, err := table.In(owner).Range().List(t.Context(), store.Recent)
			must(t, err)
			return len(rows)
		}
		if got := count(); got != 2 {
			t.Errorf("a torn batch left %d rows, want 2", got)
		}
		if repeated {
			must(t, across.Write(t.Context(), puts...))
		} else {
			must(t, engine.Settle(t.Context()))
		}
		if got := count(); got != 5 {
			t.Errorf("in the end there are %d rows, want 5", got)
		}
	}
}
