package ledger

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"farthing/e2e/program"
	"farthing/e2e/world"
	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/store"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.balance/storage"
)

// asked is one operation of a history on one account.
type asked struct {
	verb  verb // hold, release, transfer, payIn, look.
	id    string
	minor int64 // 0 to release all that is left.
}

// got is what it was answered.
type got struct {
	code         string // Of an error that is an answer.
	posted, held int64  // Right after; of a look, now.
	change       int64  // Of what is posted and held together, signed as in the entry.
}

// state is the account, as a sequence of operations one after the other leaves it.
type state struct {
	posted, held int64
	entries      map[string]got // By id. It never changes: what is added is added to a copy.
}

func (s state) with(entryID string, posted, held int64) (state, got) {
	next := state{s.posted + posted, s.held + held, maps.Clone(s.entries)}
	entry := got{posted: next.posted, held: next.held, change: posted + held}
	next.entries[entryID] = entry
	return next, entry
}

// fenced is the answer of a hold that a slow store has neither done nor refused in time: it never happens.
const fenced = "fenced"

// step is what the operation must do and answer. A first hold may be answered that it is fenced.
func (s state) step(a asked, output any) (state, got) {
	if found, ok := s.entries[a.id]; ok && a.verb != release {
		return s, found
	}
	enough := a.minor <= s.posted-s.held
	switch {
	case a.verb == hold && output == any(got{code: fenced}):
		next := state{s.posted, s.held, maps.Clone(s.entries)}
		next.entries[a.id] = got{code: fenced}
		return next, got{code: fenced}
	case a.verb == look:
		return s, got{posted: s.posted, held: s.held}
	case a.verb == payIn:
		return s.with(a.id, a.minor, 0)
	case a.verb == release:
		return s.release(a)
	case a.verb == hold && enough:
		return s.with(a.id, 0, a.minor)
	case a.verb == transfer && enough:
		return s.with(a.id, -a.minor, 0)
	}
	return s.with(a.id, 0, 0)
}

// release is a hold's first step, which is one thing, whoever asks for it.
func (s state) release(a asked) (state, got) {
	made := s.entries[a.id].change
	step := balanceproto.ChangeID(a.id, 1)
	minor := a.minor
	if minor == 0 {
		minor = made
	}
	if minor == 0 || minor > made {
		return s, got{code: errs.PreconditionFailed + ".hold"}
	}
	first, taken := s.entries[step]
	switch {
	case !taken:
		return s.with(step, 0, -minor)
	case first.change != -minor:
		return s, got{code: errs.Conflict + ".change"}
	}
	return s, first
}

func oneAccount() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return state{entries: map[string]got{}} },
		Step: func(from, input, output any) (bool, any) {
			s, _ := from.(state)
			a, _ := input.(asked)
			next, want := s.step(a, output)
			return want == output, next
		},
		Equal: func(a, b any) bool {
			one, _ := a.(state)
			other, _ := b.(state)
			return one.posted == other.posted && one.held == other.held && maps.Equal(one.entries, other.entries)
		},
		DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v: %+v", input, output) },
	}
}

// crowd is several clients of several replicas, all of whom want something of one account.
type crowd struct {
	t        *testing.T
	account  string
	other    string // Where transfers go.
	replicas []*replica
	order    atomic.Int64 // When something begins or ends.

	mu      sync.Mutex // Guards history.
	history []porcupine.Operation
}

// ask asks until there is an answer, and writes down when it was asked and when answered.
func (c *crowd) ask(ctx context.Context, client int, a asked) {
	op := porcupine.Operation{ClientId: client, Input: a, Call: c.order.Add(1)}
	output, err := c.answer(ctx, c.replicas[client%len(c.replicas)], a)
	for err != nil && isBusy(err) && ctx.Err() == nil {
		output, err = c.answer(ctx, c.replicas[client%len(c.replicas)], a)
	}
	if err != nil {
		c.t.Errorf("asking %+v: %v", a, err)
		return
	}
	op.Output, op.Return = output, c.order.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.history = append(c.history, op)
}

// isBusy tells whether to ask again.
func isBusy(err error) bool { return errs.Is(err, errs.Unavailable) || errs.Is(err, errs.Timeout) }

func (c *crowd) answer(ctx context.Context, r *replica, a asked) (got, error) {
	var e logic.Entry
	var err error
	switch a.verb {
	case hold:
		var decision logic.Decision
		decision, err = r.Do(ctx, c.account, logic.Command{ID: a.id, Kind: logic.Held, Amount: a.minor})
		if e = decision.Entry; e.Kind == logic.Void {
			return got{code: fenced}, err
		}
	case release:
		e, err = r.Release(ctx, c.account, a.id, 1, a.minor)
	case payIn:
		_, e, err = r.books.PayIn(ctx, c.account, pounds(a.minor), a.id)
	case transfer:
		var moving logic.Moving
		moving, err = r.books.Transfer(ctx, logic.Transfer{
			From: logic.Place{Account: c.account}, To: logic.Place{Account: c.other}, Amount: pounds(a.minor), DedupeID: a.id,
		})
		e = moving.Debit
	default:
		now, _, err := r.Balance(ctx, c.account)
		return got{posted: now.Posted, held: now.Held}, err
	}
	if errs.Is(err, errs.PreconditionFailed) || errs.Is(err, errs.Conflict) {
		return got{code: errs.Of(err).Code}, nil
	}
	return got{posted: e.Posted, held: e.Held, change: e.PostedChange + e.HeldChange}, err
}

// client asks for so many things at random, of ids that the others use too.
func (c *crowd) client(ctx context.Context, client, asks int) {
	random := rand.New(rand.NewPCG(1, uint64(client)))
	for n := range asks {
		name := fmt.Sprint(c.account, (n+random.IntN(3))/2)
		a := asked{id: id.Derived("hold", noon(), name), minor: 1_00 + int64(random.IntN(6))*1_00}
		switch random.IntN(8) {
		case 0, 1, 2:
			a.verb = hold
		case 3, 4:
			a.verb, a.minor = release, a.minor*int64(random.IntN(2))
		case 5:
			a.verb, a.id = transfer, fmt.Sprint("transfer ", name, a.minor) // Another amount is another.
		case 6:
			a.verb, a.id = payIn, fmt.Sprint("salary ", name, a.minor)
		default:
			a = asked{verb: look}
		}
		c.ask(ctx, client, a)
	}
}

// crowded lets clients loose on an account, and answers whether what they were told can have happened in some order.
func crowded(t *testing.T, account string, asks int, replicas []*replica) porcupine.CheckResult {
	t.Helper()
	const clients, within = 8, time.Minute
	c := &crowd{t: t, account: account, other: account + "_pot", replicas: replicas}
	for _, opened := range []string{c.account, c.other} {
		if err := replicas[0].kept.Open(t.Context(), opened, "GBP"); err != nil {
			t.Fatal(err)
		}
	}
	c.ask(t.Context(), 0, asked{verb: payIn, id: "first salary " + account, minor: 20_00})
	var all sync.WaitGroup
	for client := range clients {
		all.Go(func() { c.client(t.Context(), client, asks) })
	}
	all.Wait()
	c.ask(t.Context(), 0, asked{verb: look})
	result, info := porcupine.CheckOperationsVerbose(oneAccount(), c.history, within)
	if result == porcupine.Illegal {
		longest := 0
		for _, partial := range info.PartialLinearizations() {
			for _, order := range partial {
				longest = max(longest, len(order))
			}
		}
		t.Logf("of %d operations %d can be put in an order", len(c.history), longest)
	}
	return result
}

// Whatever many at once are told by several replicas, it is as if all had been done one after the other.
func TestWhatManyAreToldCanHaveHappenedInSomeOrder(t *testing.T) {
	for name, histories := range map[string]int{"Pebble": 20, "Cassandra": 1} {
		t.Run(name, func(t *testing.T) {
			k := keyspaceOf(engines()[name](t))
			all := replicas(t, 3, k, 40)
			for n := range histories * program.Count(t, "FARTHING_TEST_ROUNDS", 1) {
				if result := crowded(t, fmt.Sprint("acc_", n), 25, all); result != porcupine.Ok {
					t.Fatalf("history %d is %s", n, result)
				}
			}
		})
	}
}

// stale is a store that says of a posting on a version that is old that it was written.
type stale struct{ logic.Accounts }

func (s stale) Post(
	ctx context.Context, was, next logic.Account, entries []logic.Entry,
) (logic.Posting, error) {
	posting, err := s.Accounts.Post(ctx, was, next, entries)
	if err == nil && !posting.Posted && len(posting.Seen) == 0 {
		posting.Posted = true
	}
	return posting, err
}

// unconditional is a store that writes whatever version was decided on.
func unconditional(s store.Store) store.Store {
	return world.Hooks{Apply: func(_ string, b store.ConditionalBatch) (store.ConditionalBatch, error) {
		if b.Table.Name == "accounts" && len(b.Rows) > 0 {
			b.Conditions = nil
		}
		return b, nil
	}}.Store(s)
}

// A check that cannot fail proves nothing: these ledgers tell what did not happen, or do what they must not.
func TestWhatCannotHaveHappenedIsFound(t *testing.T) {
	asIs := func(a *storage.Accounts) logic.Accounts { return a }
	for name, broken := range map[string]struct {
		on   func(store.Store) store.Store
		keep func(*storage.Accounts) logic.Accounts
	}{
		"a stale version is answered as written": {
			func(s store.Store) store.Store { return s }, func(a *storage.Accounts) logic.Accounts { return stale{a} },
		},
		"a stale version is written": {unconditional, asIs},
	} {
		t.Run(name, func(t *testing.T) {
			k := keyspaceOf(broken.on(engines()["Pebble"](t)))
			all := replicas(t, 3, k, logic.BucketEntries)
			for i, r := range all {
				all[i] = newReplica(t, broken.keep(storage.NewAccounts(k)), k, r.books.Clock, logic.BucketEntries)
			}
			for n := range 20 {
				if crowded(t, fmt.Sprint("acc_", n), 25, all) == porcupine.Illegal {
					return
				}
			}
			t.Error("it was not found in 20 histories")
		})
	}
}
