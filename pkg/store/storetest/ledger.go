package storetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"farthing/pkg/store"
)

// A ledger in small, as service.balance has it: the state is static and pinned by a version, a posting appends an entry
// and an id row, and an outcome that is unknown is resolved or fenced.

const (
	idRow    = 0
	entryRow = 1

	approved = "approved"
	void     = "void"
)

// onUnknown is what a poster does who does not know, and finds no id row.
type onUnknown int

const (
	resubmit onUnknown = iota
	fence
	guess // A planted bug: it takes silence for a no.
)

var errTooManyTries = errors.New("still not known after many tries")

type ledger struct {
	table store.Conditional[account]
	id    string
}

func newLedger(t *testing.T, k *store.Keyspace) ledger {
	t.Helper()
	l := ledger{accounts.On(k), freshName()}
	a := account{Version: 0, State: []byte("0")}
	for range 100 {
		answer, err := l.table.Batch(l.id, int64(0)).IfNull("version").SetStatics(a).Apply(t.Context())
		if err == nil && (answer.OK || answer.Opened) {
			return l
		}
	}
	t.Fatal("the ledger could not be opened")
	return l
}

// post posts an amount of 1 under an id, once, and answers what became of it the first time.
func (l ledger) post(ctx context.Context, id string, strategy onUnknown) (string, error) {
	var state account
	for range 1_000 {
		answer, err := l.submit(ctx, id, state)
		switch {
		case errors.Is(err, store.ErrUnavailable):
			continue
		case errors.Is(err, store.ErrUnknown):
			outcome, err := l.resolve(ctx, id, strategy)
			if outcome != "" || err != nil {
				return outcome, err
			}
			continue
		case err != nil:
			return "", err
		case answer.OK:
			return approved, nil
		case len(answer.Present) > 0:
			return answer.Present[0].Outcome, nil
		}
		state = answer.Statics // Lost a race: decide again.
	}
	return "", errTooManyTries
}

func (l ledger) submit(ctx context.Context, id string, state account) (store.Answer[account], error) {
	total, _ := strconv.ParseInt(string(state.State), 10, 64) // Nothing before the first answer: then it is refused.
	next := account{Version: state.Version + 1, State: strconv.AppendInt(nil, total+1, 10)}
	return l.table.Batch(l.id, int64(0)).
		If("version", state.Version).If("closed", false).SetStatics(next, "version", "state").
		Insert(account{Kind: entryRow, Seq: next.Version, EntryID: id, Amount: 1}).
		InsertNew(account{Kind: idRow, EntryID: id, AtSeq: next.Version, Outcome: approved}).
		Apply(ctx)
}

// resolve finds out what became of an id. No outcome and no error says: submit it again.
func (l ledger) resolve(ctx context.Context, id string, strategy onUnknown) (string, error) {
	for range 1_000 {
		row, found, err := l.table.In(l.id, int64(0)).Find(ctx, store.Latest, int64(idRow), int64(0), id)
		switch {
		case errors.Is(err, store.ErrUnavailable):
			continue
		case err != nil:
			return "", err
		case found:
			return row.Outcome, nil
		case strategy == resubmit:
			return "", nil
		case strategy == guess:
			return void, nil
		}
		outcome, err := l.fence(ctx, id)
		if outcome != "" || err != nil {
			return outcome, err
		}
	}
	return "", errTooManyTries
}

// fence makes sure that an id is never posted, or answers what was. No outcome and no error says: it is not known.
func (l ledger) fence(ctx context.Context, id string) (string, error) {
	answer, err := l.table.Batch(l.id, int64(0)).
		InsertNew(account{Kind: idRow, EntryID: id, Outcome: void}).Apply(ctx)
	switch {
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrUnknown):
		return "", nil
	case err != nil:
		return "", err
	case answer.OK:
		return void, nil
	default:
		return answer.Present[0].Outcome, nil
	}
}

// book is what callers were told, by id. It is safe for concurrent use.
type book struct {
	mu   sync.Mutex
	told map[string]string
}

func (b *book) enter(id, outcome string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.told == nil {
		b.told = make(map[string]string)
	}
	b.told[id] = outcome
}

// audit compares what callers were told with what is there: every amount is 1. It reads through a store without
// faults, after everything late has happened.
func (l ledger) audit(ctx context.Context, k *store.Keyspace, b *book) error {
	in := accounts.On(k).In(l.id, int64(0))
	state, _, err := in.Statics(ctx, store.Latest)
	if err != nil {
		return err
	}
	rows, _, err := in.Range().List(ctx, store.Latest)
	if err != nil {
		return err
	}
	outcomes, entries := make(map[string]string), make(map[string]int64)
	posted := int64(0)
	for _, row := range rows {
		if row.Kind == idRow {
			outcomes[row.EntryID] = row.Outcome
			continue
		}
		posted++
		if row.Seq != posted || entries[row.EntryID] != 0 {
			return fmt.Errorf("entry %s: sequence %d, want %d, and no entry twice", row.EntryID, row.Seq, posted)
		}
		entries[row.EntryID] = row.Seq
	}
	if state.Version != posted || string(state.State) != strconv.FormatInt(posted, 10) {
		return fmt.Errorf("version %d and total %s after %d entries", state.Version, state.State, posted)
	}
	return compareBook(b.told, outcomes, entries)
}

func compareBook(told, outcomes map[string]string, entries map[string]int64) error {
	for id, outcome := range told {
		_, posted := entries[id]
		switch {
		case outcomes[id] != outcome:
			return fmt.Errorf("id %s: told %s, and it is %q", id, outcome, outcomes[id])
		case posted != (outcome == approved):
			return fmt.Errorf("id %s: told %s, and its entry: %v", id, outcome, posted)
		}
	}
	if len(outcomes) != len(told) {
		return fmt.Errorf("%d ids were told and %d are there", len(told), len(outcomes))
	}
	return nil
}

func runLedger(t *testing.T, k *suite) {
	t.Run("a posting is there and its repeat answers the first outcome", func(t *testing.T) {
		l, told := newLedger(t, k.Keyspace), new(book)
		for range 2 {
			for _, id := range []string{"a", "b", "c"} {
				outcome, err := l.post(t.Context(), id, resubmit)
				must(t, err)
				told.enter(id, outcome)
			}
		}
		must(t, l.audit(t.Context(), k.Keyspace, told))
	})
	t.Run("a fence first is a definite no, a fence too late answers the posting", func(t *testing.T) {
		l, told := newLedger(t, k.Keyspace), new(book)
		fenced, err := l.fence(t.Context(), "a")
		must(t, err)
		after, err := l.post(t.Context(), "a", resubmit)
		must(t, err)
		posted, err := l.post(t.Context(), "b", resubmit)
		must(t, err)
		late, err := l.fence(t.Context(), "b")
		must(t, err)
		if fenced != void || after != void || posted != approved || late != approved {
			t.Errorf("got %s, %s, %s, %s", fenced, after, posted, late)
		}
		told.enter("a", void)
		told.enter("b", approved)
		must(t, l.audit(t.Context(), k.Keyspace, told))
	})
	t.Run("a closed bucket takes no posting", func(t *testing.T) {
		l := newLedger(t, k.Keyspace)
		closing := applied(t, l.table.Batch(l.id, int64(0)).If("version", int64(0)).If("closed", false).
			SetStatics(account{Version: 0, State: []byte("0"), Closed: true}))
		answer, err := l.submit(t.Context(), "a", account{State: []byte("0")})
		if err != nil || !closing.OK || answer.OK || !answer.Statics.Closed {
			t.Errorf("after closing (%v): %+v, %v", closing.OK, answer, err)
		}
	})
	t.Run("many posters of one account lose nothing and double nothing", func(t *testing.T) {
		l, told := newLedger(t, k.Keyspace), new(book)
		postAll(t, l, told, 6, 6, func(int) onUnknown { return resubmit })
		must(t, l.audit(t.Context(), k.Keyspace, told))
	})
}

// postAll posts from many goroutines, each id from two of them.
func postAll(t *testing.T, l ledger, told *book, posters, each int, strategy func(id int) onUnknown) {
	t.Helper()
	var group sync.WaitGroup
	for poster := range posters {
		group.Go(func() {
			for n := range each {
				id := poster/2*each + n
				outcome, err := l.post(t.Context(), strconv.Itoa(id), strategy(id))
				if err != nil {
					t.Errorf("posting %d: %v", id, err)
					return
				}
				told.enter(strconv.Itoa(id), outcome)
			}
		})
	}
	group.Wait()
}
