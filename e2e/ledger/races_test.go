package ledger

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"farthing/e2e/program"
	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.balance/logic"
	"farthing/service.balance/storage"
)

// clients are as many as race for something at once.
const clients = 64

// contended is how many things they do on an engine, unless FARTHING_TEST_CONTENDED says how many.
type contended struct{ pebble, cassandra int }

func usual() contended { return contended{10_000, 1_000} }

// race has the clients do so many things, each as soon as it has done one.
func race(times int, do func(n int)) {
	var all sync.WaitGroup
	var next atomic.Int64
	for range clients {
		all.Go(func() {
			for n := next.Add(1) - 1; n < int64(times); n = next.Add(1) - 1 {
				do(int(n))
			}
		})
	}
	all.Wait()
}

// arena is an account with money that many want, by several replicas of its ledger.
type arena struct {
	*testing.T
	account  string
	replicas []*replica
	asked    int
}

const salary = 1_000_00

func arenas(t *testing.T, times contended, in func(a *arena)) {
	t.Helper()
	for name, usual := range map[string]int{"Pebble": times.pebble, "Cassandra": times.cassandra} {
		t.Run(name, func(t *testing.T) {
			k := keyspaceOf(engines()[name](t))
			a := &arena{
				T: t, account: "acc_arena", replicas: replicas(t, 2, k, logic.BucketEntries),
				asked: program.Count(t, "FARTHING_TEST_CONTENDED", usual),
			}
			if err := a.replicas[0].kept.Open(t.Context(), a.account, "GBP"); err != nil {
				t.Fatal(err)
			}
			if _, _, err := a.replicas[0].books.PayIn(t.Context(), a.account, pounds(salary), "salary"); err != nil {
				t.Fatal(err)
			}
			in(a)
		})
	}
}

// insist repeats what a replica cannot do now.
func insist[T any](a *arena, n int, ask func(*replica) (T, error)) (T, error) {
	for {
		is, err := ask(a.replicas[n%len(a.replicas)])
		if err == nil || !isBusy(err) {
			return is, err
		}
	}
}

func (a *arena) hold(name string, n int, minor int64, limits ...logic.Limit) logic.Entry {
	decision, err := insist(a, n, func(r *replica) (logic.Decision, error) {
		return r.Do(a.Context(), a.account, logic.Command{
			ID: holdNamed(name, n), Kind: logic.Held, Amount: minor, Control: logic.Control{Set: "ctl_1", Limits: limits},
		})
	})
	if err != nil {
		a.Errorf("holding: %v", err)
	}
	return decision.Entry
}

func holdNamed(name string, n int) string { return id.Derived("hold", noon(), fmt.Sprint(name, n)) }

func (a *arena) release(hold string, n int, step, minor int64) (logic.Entry, error) {
	return insist(a, n, func(r *replica) (logic.Entry, error) {
		return r.Release(a.Context(), a.account, hold, step, minor)
	})
}

func (a *arena) state() logic.Account {
	state, _, err := a.replicas[0].Balance(a.Context(), a.account)
	if err != nil {
		a.Fatal(err)
	}
	return state
}

// entries goes through all of the account's.
func (a *arena) entries(each func(logic.Entry)) {
	const page = 1_000
	for after := int64(0); ; {
		entries, err := a.replicas[0].kept.List(a.Context(), a.account, after, page)
		if err != nil {
			a.Fatal(err)
		}
		for _, e := range entries {
			each(e)
		}
		if len(entries) < page {
			return
		}
		after = entries[page-1].Sequence
	}
}

// keeps is one in how many holds that is not given back: so there is always somebody for the last of the money.
const keeps = 16

// Each client holds three pounds of what is left, and gives most of its holds back. It is the money that runs out, or a
// limit.
func TestContendersNeverHoldMoreThanTheyMay(t *testing.T) {
	const each, ofADay = 3_00, 500_00
	for name, c := range map[string]struct {
		limits []logic.Limit
		most   int64
		times  contended
	}{
		"money": {nil, salary - salary%each, usual()},
		"limit": {[]logic.Limit{{Window: logic.OneDay, Minor: ofADay}}, ofADay - ofADay%each, contended{2_000, 500}},
	} {
		t.Run(name, func(t *testing.T) {
			arenas(t, c.times, func(a *arena) { a.contend(each, c.most, c.limits) })
		})
	}
}

func (a *arena) contend(each, most int64, limits []logic.Limit) {
	var held, decided, gave atomic.Int64
	holds := a.asked * 7 / 20 // Nearly all are given back, and as many are made again.
	race(holds, func(n int) {
		e := a.hold("contended", n, each, limits...)
		if e.Kind != logic.Void { // A slow store's holds are fenced: that is no entry.
			decided.Add(1)
		}
		if e.Kind != logic.Held {
			return
		}
		held.Add(each)
		if n%keeps != 0 {
			if _, err := a.release(holdNamed("contended", n), n, 1, 0); err != nil {
				a.Errorf("giving back: %v", err)
			}
			held.Add(-each)
			gave.Add(1)
		}
	})
	race(holds, func(n int) { // Now all of it goes.
		e := a.hold("last", n, each, limits...)
		held.Add(e.HeldChange)
		if e.Kind != logic.Void {
			decided.Add(1)
		}
	})
	if held.Load() != most || a.state().Held != most || a.state().Counters[0].Day.Minor != most {
		a.Errorf("%d were held of at most %d, and the state is %+v", held.Load(), most, a.state())
	}
	var entries int64
	a.entries(func(e logic.Entry) {
		entries++
		if e.Held < 0 || e.Held > most || e.Available() < 0 {
			a.Errorf("entry %d leaves %d held of %d", e.Sequence, e.Held, e.Posted)
		}
	})
	if want := 1 + decided.Load() + gave.Load(); entries != want { // The salary is one.
		a.Errorf("there are %d entries of %d things", entries, want)
	}
	a.Logf("%d decided, %d given back", decided.Load(), gave.Load())
}

// All clients want the same hold at once: all of it back, half of it back, what is left back, or to collect it.
func TestAHoldGoesOnceHoweverManyWantIt(t *testing.T) {
	arenas(t, usual(), func(a *arena) {
		const each = 4
		holds := a.asked / clients
		var wanted []string
		for n := 0; len(wanted) < holds && n < 2*holds; n++ { // A slow store's are fenced.
			if e := a.hold("wanted", n, each); e.Kind == logic.Held {
				wanted = append(wanted, e.ID)
			}
		}
		if len(wanted) < holds {
			a.Fatalf("only %d of %d holds were made", len(wanted), holds)
		}
		var collected atomic.Int64
		race(holds*clients, func(n int) { collected.Add(a.want(wanted[n/clients], n%clients, each)) })
		var step1, back, captured int64
		a.entries(func(e logic.Entry) {
			if e.Kind == logic.Released || e.Kind == logic.Cleared {
				step1, back, captured = step1+1, back-e.HeldChange, captured-e.PostedChange
			}
		})
		state := a.state()
		if state.Posted != salary-collected.Load() || captured != collected.Load() || state.Held != int64(holds)*each-back {
			a.Errorf("%d were collected by what was answered, %d by the entries: %+v", collected.Load(), captured, state)
		}
		if state.Held != 0 || state.OpenHolds != 0 || back != int64(holds)*each {
			a.Errorf("of %d holds %d minor units came back, and %d are held", holds, back, state.Held)
		}
		a.settled(collected.Load())
		a.Logf("%d holds went in %d steps, %d minor units collected", holds, step1, collected.Load())
	})
}

// want is one client's try at a hold, and answers what it has collected.
func (a *arena) want(wanted string, client int, each int64) (collected int64) {
	var err error
	switch client % 4 {
	case 0:
		_, err = a.release(wanted, client, 1, 0)
	case 1:
		_, err = a.release(wanted, client, 1, each/2)
	case 2:
		_, err = insist(a, client, func(r *replica) (logic.Entry, error) {
			_, e, err := r.books.Clear(a.Context(), logic.Clearing{
				Account: a.account, ID: fmt.Sprint(wanted, " by ", client), Scheme: "mastercard", Amount: pounds(each),
				Hold: wanted, Change: 1, Captured: each,
			})
			return e, err
		})
		if err == nil {
			collected = each
		}
	default:
		err = a.giveBackWhatIsLeft(wanted, client)
	}
	if err != nil && !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.PreconditionFailed) {
		a.Errorf("wanting a hold: %v", err)
	}
	return collected
}

// giveBackWhatIsLeft tries until nothing is: whoever comes first with a step has it.
func (a *arena) giveBackWhatIsLeft(hold string, client int) error {
	for {
		type now struct {
			left  logic.Hold
			steps int64
		}
		is, err := insist(a, client, func(r *replica) (now, error) {
			left, steps, err := r.HoldNow(a.Context(), a.account, hold)
			return now{left, steps}, err
		})
		if err != nil || is.left.Remaining == 0 {
			return err
		}
		_, err = a.release(hold, client, is.steps+1, 0)
		if err != nil && !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.PreconditionFailed) {
			return err
		}
	}
}

// settled checks that the scheme is owed what was collected, and nothing else.
func (a *arena) settled(want int64) {
	kept, _ := a.replicas[0].kept.(*storage.Accounts)
	var owed int64
	for after := ""; ; {
		const page = 100
		sizes, next, err := kept.Walk(a.Context(), after, page)
		if err != nil {
			a.Fatal(err)
		}
		for _, size := range sizes {
			if logic.OwnName(size.Account) == logic.SettlementWith("mastercard") {
				owed += size.Posted
			}
		}
		if after = next; next == "" {
			break
		}
	}
	if owed != want {
		a.Errorf("the scheme is owed %d of %d", owed, want)
	}
}
