package ledger

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"farthing/e2e/program"
	"farthing/pkg/store"
	"farthing/service.balance/logic"
	"farthing/service.balance/storage"
)

// machine does the same to a model and to ledgers on any number of engines, and compares all that they answer.
type machine struct {
	ctx    context.Context
	t      fataler
	model  *model
	sides  []*side
	bucket int64
}

// fataler is a test's or rapid's.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
}

// side is two replicas of a ledger on an engine.
type side struct {
	test     *testing.T
	name     string
	keyspace *store.Keyspace
	clock    *standing
	replicas [2]*replica
}

func newSide(t *testing.T, name string, k *store.Keyspace) *side {
	return &side{test: t, name: name, keyspace: k, clock: &standing{}}
}

// start has replicas that remember nothing.
func (s *side) start(bucket int64) {
	for i := range s.replicas {
		s.replicas[i] = newReplica(s.test, storage.NewAccounts(s.keyspace), s.keyspace, s.clock, bucket)
	}
}

// newMachine has two accounts of its own, with forty pounds each, whose buckets roll after so many entries.
func newMachine(ctx context.Context, t fataler, n named, bucket int64, sides ...*side) *machine {
	t.Helper()
	m := &machine{ctx: ctx, t: t, sides: sides, bucket: bucket}
	for _, s := range sides {
		m.model = newModel(n, londonTime(s.test))
		s.clock.millis.Store(noon().UnixMilli())
		s.start(bucket)
		for i := range 2 {
			if err := s.replicas[0].kept.Open(ctx, n.account(i), "GBP"); err != nil {
				t.Fatalf("opening on %s: %v", s.name, err)
			}
		}
	}
	for i := range 2 {
		m.do(command{Verb: payIn, Account: i, Name: -1, Minor: 40_00})
	}
	return m
}

// do does one thing everywhere.
func (m *machine) do(c command) {
	want := m.model.do(c)
	for _, s := range m.sides {
		if c.Verb == restart {
			s.start(m.bucket)
		}
		s.clock.millis.Store(m.model.now.UnixMilli())
		if got := s.replicas[c.Replica].do(m.ctx, m.model.names, c); got != want {
			m.t.Fatalf("%+v on %s:\n got %s\nwant %s", c, s.name, got, want)
		}
	}
}

// check compares the states.
func (m *machine) check() {
	for i := range 2 {
		b := m.model.books[m.model.names.account(i)]
		want := fmt.Sprint(b.posted, b.held, b.openHolds(), len(b.lines), b.spent[spending{"", m.model.today()}])
		for _, s := range m.sides {
			state, spent, err := s.replicas[0].Balance(m.ctx, b.id)
			if err != nil {
				m.t.Fatalf("reading %s on %s: %v", b.id, s.name, err)
			}
			if got := fmt.Sprint(state.Posted, state.Held, state.OpenHolds, state.Version, spent); got != want {
				m.t.Fatalf("%s on %s has posted, held, open holds, entries and spending %s, not %s", b.id, s.name, got, want)
			}
		}
	}
}

// endJournals checks that nothing was left half done.
func (m *machine) endJournals() {
	for _, s := range m.sides {
		for journalID := range m.model.journals {
			made, found, err := s.replicas[0].books.Journals.Find(m.ctx, journalID)
			if err != nil || found && !made.Ended() {
				m.t.Fatalf("%s is left open on %s: %v, %v", journalID, s.name, made, err)
			}
		}
	}
}

// rows are a ledger's entries, in order, and its newest state: all columns of both.
func (s *side) rows(ctx context.Context, account string) ([]logic.Entry, logic.Account, error) {
	const more = 1_000
	kept := storage.NewAccounts(s.keyspace)
	state, err := kept.Load(ctx, account)
	if err != nil {
		return nil, state, err
	}
	entries, err := kept.List(ctx, account, 0, more)
	return entries, state, err
}

// compareRows compares every entry with the model's, and every row on the engines with each other.
func (m *machine) compareRows() {
	for i := range 2 {
		b := m.model.books[m.model.names.account(i)]
		var first []logic.Entry
		var firstState logic.Account
		for _, s := range m.sides {
			entries, state, err := s.rows(m.ctx, b.id)
			if err != nil || len(entries) != len(b.lines) {
				m.t.Fatalf("%s on %s has %d entries, not %d: %v", b.id, s.name, len(entries), len(b.lines), err)
			}
			for n, e := range entries {
				if want := b.byID[b.lines[n]]; e.ID != want.ID || e.Sequence != int64(n+1) || told(e) != told(want.Entry) {
					m.t.Fatalf("entry %d of %s on %s is %+v, not %+v", n+1, b.id, s.name, e, want)
				}
			}
			if first == nil {
				first, firstState = entries, state
			}
			if diff := cmp.Diff(first, entries) + cmp.Diff(firstState, state); diff != "" {
				m.t.Fatalf("%s differs between %s and %s:\n%s", b.id, m.sides[0].name, s.name, diff)
			}
		}
	}
}

func TestALedgerDoesWhatItsModelDoes(t *testing.T) {
	pebble := newSide(t, "Pebble", keyspaceOf(engines()["Pebble"](t)))
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		bucket := rapid.Int64Range(2, 9).Draw(rt, "entries of a bucket")
		m := newMachine(t.Context(), rt, named(fmt.Sprint("run ", run)), bucket, pebble)
		actions := map[string]func(*rapid.T){"": func(*rapid.T) { m.check() }}
		for i, v := range verbs() {
			actions[fmt.Sprintf("%s %d", v, i)] = func(rt *rapid.T) { m.do(drawn(rt, v)) }
		}
		rt.Repeat(actions)
		m.compareRows()
		m.endJournals()
	})
}

// commands are so many, one after another.
func commands(n int) *rapid.Generator[[]command] {
	one := rapid.Custom(func(t *rapid.T) command { return drawn(t, rapid.SampledFrom(verbs()).Draw(t, "verb")) })
	return rapid.SliceOfN(one, n, n)
}

// The same commands, from one seed, are answered alike on all engines, and leave the same rows.
func TestTheEnginesKeepTheSameLedger(t *testing.T) {
	const steps = 60
	var sides []*side
	for _, name := range []string{"Pebble", "Cassandra"} {
		sides = append(sides, newSide(t, name, keyspaceOf(engines()[name](t))))
	}
	for seed := range program.Count(t, "FARTHING_TEST_SEEDS", 5) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			m := newMachine(t.Context(), t, named(fmt.Sprint("seed ", seed)), int64(2+seed%8), sides...)
			for _, c := range commands(steps).Example(seed) {
				m.do(c)
			}
			m.check()
			m.compareRows()
			m.endJournals()
		})
	}
}
