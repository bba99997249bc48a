package handler

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/store/faults"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.balance/storage"
)

// step is something that is asked of a bank, in words that can be compared with another bank's.
type step struct {
	what   string
	hold   int
	change int64
	minor  int64
}

// ask asks for a step, and answers what was told, whatever it was.
func (b *bank) ask(ctx context.Context, s step) (string, error) {
	// Ids are of many times, in no order: some are older than every bucket, some as old as one that was closed.
	hold := id.Derived("hold", time.UnixMilli(int64(1_000+s.hold*7%5)), fmt.Sprint("step ", s.hold))
	switch s.what {
	case "hold":
		rsp, err := b.Reserve(ctx, &balanceproto.ReserveRequest{
			AccountId: b.account, HoldId: hold, Amount: pounds(s.minor),
			TransactionId: id.Derived("tx", time.UnixMilli(1), hold),
		})
		return fmt.Sprint(rsp.GetOutcome(), rsp.GetDeclineReason(), rsp.GetAmount(), rsp.GetSequence()), err
	case "extend":
		rsp, err := b.Extend(ctx, &balanceproto.ExtendRequest{
			AccountId: b.account, HoldId: hold, Change: s.change, Amount: pounds(s.minor),
		})
		return fmt.Sprint(rsp.GetOutcome(), rsp.GetBalance()), err
	case "release":
		rsp, err := b.Release(ctx, &balanceproto.ReleaseRequest{
			AccountId: b.account, HoldId: hold, Change: s.change, Amount: pounds(s.minor),
		})
		return fmt.Sprint(rsp.GetBalance()), err
	case "settle":
		rsp, err := b.SettleHold(ctx, &balanceproto.SettleHoldRequest{
			AccountId: b.account, HoldId: hold, Change: s.change, Reason: balanceproto.DeclineReason_DECLINE_REASON_REVERSED,
		})
		return fmt.Sprint(rsp.GetOutcome(), rsp.GetDeclineReason(), rsp.GetAmount()), err
	case "collect":
		rsp, err := b.Clear(ctx, &balanceproto.ClearRequest{
			AccountId: b.account, ClearingId: fmt.Sprint(s.hold, "/", s.change), Scheme: "mastercard", Amount: pounds(s.minor),
			Capture: &balanceproto.Capture{HoldId: hold, Change: s.change, Amount: pounds(1)},
		})
		return fmt.Sprint(rsp.GetBalance(), rsp.GetJournalId()), err
	default:
		rsp, err := b.PayIn(ctx, &balanceproto.PayInRequest{
			AccountId: b.account, Amount: pounds(s.minor), DedupeId: fmt.Sprint("pay ", s.hold),
		})
		return fmt.Sprint(rsp.GetBalance(), rsp.GetJournalId()), err
	}
}

// told is an answer or the code of an error.
func told(answer string, err error) string {
	if err != nil {
		return errs.Of(err).Code
	}
	return answer
}

// twin is a bank with the same account as another.
func (b *bank) twin(t *testing.T, options ...logic.Option) *bank {
	t.Helper()
	other := newBank(t, 0, options...)
	other.account = b.account
	if _, err := other.Open(t.Context(), &balanceproto.OpenRequest{AccountId: b.account, Currency: "GBP"}); err != nil {
		t.Fatalf("opening: %v", err)
	}
	return other
}

// same fails a test unless two banks have the same entries in the account, but for when they were made.
func (b *bank) same(t *testing.T, other *bank) {
	t.Helper()
	diff := cmp.Diff(b.entries(t), other.entries(t), protocmp.Transform(),
		protocmp.IgnoreFields(&balanceproto.Entry{}, "at_ms"))
	if diff != "" {
		t.Errorf("the entries differ:\n%s", diff)
	}
}

// buckets is how many the account has.
func (b *bank) buckets(t *testing.T) int64 {
	t.Helper()
	state, err := b.accounts.Load(t.Context(), b.account)
	if err != nil {
		t.Fatalf("loading: %v", err)
	}
	return state.Bucket + 1
}

// restart forgets all that a process remembers.
func (b *bank) restart(t *testing.T, buckets logic.Option) {
	t.Helper()
	b.ledger.Drain()
	b.accounts = storage.NewAccounts(b.keyspace)
	b.ledger = b.replica(t, buckets)
	b.bookkeeper = &logic.Bookkeeper{
		Ledger: b.ledger, Journals: storage.NewJournals(b.keyspace), Accounts: b.accounts, Clock: b.bookkeeper.Clock,
	}
}

// replica is another process's ledger over the same tables.
func (b *bank) replica(t *testing.T, buckets logic.Option) *logic.Ledger {
	t.Helper()
	l := logic.NewLedger(
		storage.NewAccounts(b.keyspace), quiet{}, &clock.Business{}, time.UTC, func(int64, []logic.Entry) {}, buckets)
	t.Cleanup(l.Drain)
	return l
}

// A customer cannot tell in which bucket anything is.
func TestALedgerThatRollsIsTheSameAsOneThatDoesNot(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		whole := newBank(t, 0)
		rolling := logic.RollingAt(int64(rapid.IntRange(1, 8).Draw(r, "bucket")))
		rolled := whole.twin(t, rolling)
		for n := range rapid.IntRange(5, 40).Draw(r, "steps") {
			s := step{
				what: rapid.SampledFrom([]string{
					"hold", "hold", "hold", "extend", "release", "settle", "collect", "pay",
				}).Draw(r, "what"),
				hold: rapid.IntRange(0, 9).Draw(r, "hold"), change: rapid.Int64Range(1, 3).Draw(r, "change"),
				minor: rapid.Int64Range(1, 9).Draw(r, "minor"),
			}
			if rapid.IntRange(0, 9).Draw(r, "restart") == 0 {
				rolled.restart(t, rolling)
			}
			want, got := told(whole.ask(t.Context(), s)), told(rolled.ask(t.Context(), s))
			if want != got {
				r.Fatalf("step %d, %+v: in one bucket it is told %s, rolling %s", n, s, want, got)
			}
		}
		whole.same(t, rolled)
		rolled.sound(t)
	})
}

// life is some steps that make buckets of two entries roll often, with repeats of what happened in earlier ones.
func life() []step {
	return []step{
		{"pay", 1, 0, 100}, {"hold", 1, 0, 10}, {"hold", 2, 0, 20}, {"release", 1, 1, 3}, {"pay", 1, 0, 100},
		{"hold", 1, 0, 10}, {"settle", 3, 0, 0}, {"extend", 2, 1, 4}, {"collect", 1, 2, 2}, {"hold", 3, 0, 5},
		{"settle", 2, 2, 0}, {"hold", 4, 0, 1}, {"collect", 1, 2, 2}, {"release", 1, 1, 3}, {"hold", 5, 0, 2_000},
	}
}

// insist asks for a step until it is answered, in a new process each time.
func (b *bank) insist(t *testing.T, s step, buckets logic.Option, down *atomic.Bool) string {
	t.Helper()
	for range 9 {
		answer, err := b.ask(t.Context(), s)
		if !errs.Is(err, errs.Unavailable) && !errs.Is(err, errs.Timeout) {
			return told(answer, err)
		}
		b.ledger.Drain()
		down.Store(false)
		b.restart(t, buckets)
	}
	t.Fatalf("%+v is not answered", s)
	return ""
}

// crashing has the store go away at a write, after doing it, instead of it, or with it still on its way.
func crashing(at int64, how faults.Fault, writes *atomic.Int64, down *atomic.Bool) faults.Pick {
	return func(op faults.Op) faults.Fault {
		switch {
		case down.Load():
			return faults.Unavailable
		case op != faults.Write && op != faults.Apply:
			return faults.None
		case writes.Add(1) == at:
			down.Store(true)
			return how
		}
		return faults.None
	}
}

func TestWhateverWriteACrashComesAtTheNextProcessGoesOn(t *testing.T) {
	buckets := logic.RollingAt(2)
	for name, how := range map[string]faults.Fault{
		"after": faults.UnknownApplied, "instead of": faults.UnknownLost, "before": faults.UnknownLate,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rolls := int64(0)
			for at := int64(1); ; at++ {
				b := newBank(t, 0, buckets)
				var writes atomic.Int64
				var down atomic.Bool
				b.pick = crashing(at, how, &writes, &down)
				whole := b.twin(t)
				for n, s := range life() {
					want, got := told(whole.ask(t.Context(), s)), b.insist(t, s, buckets, &down)
					if want != got {
						t.Fatalf("write %d, step %d %+v: it is told %s, want %s", at, n, s, got, want)
					}
				}
				b.mend(t)
				whole.same(t, b)
				b.sound(t)
				rolls = b.buckets(t)
				if writes.Load() < at {
					break
				}
			}
			if rolls < 4 {
				t.Errorf("there were only %d buckets", rolls)
			}
		})
	}
}

// roll has a replica fill the account's bucket and open the next, with ids that are older than most.
func (b *bank) roll(t *testing.T, l *logic.Ledger, name string) {
	t.Helper()
	for n := range 3 { // Buckets of two entries.
		_, err := l.Do(t.Context(), b.account, logic.Command{
			ID: id.Derived("hold", time.UnixMilli(1), fmt.Sprint(name, n)), Kind: logic.Held, Amount: 1,
		})
		if err != nil {
			t.Errorf("rolling: %v", err)
		}
	}
}

// racer asks for a hold or for a fence under one id, and answers the kind of what is there.
type racer func(context.Context, *bank, *logic.Ledger, string) (logic.Kind, error)

func racers() map[string]racer {
	return map[string]racer{
		"hold": func(ctx context.Context, b *bank, l *logic.Ledger, hold string) (logic.Kind, error) {
			decision, err := l.Do(ctx, b.account, logic.Command{ID: hold, Kind: logic.Held, Amount: 1})
			return decision.Entry.Kind, err
		},
		"fence": func(ctx context.Context, b *bank, l *logic.Ledger, hold string) (logic.Kind, error) {
			entry, err := l.SettleHold(ctx, b.account, hold, 0, logic.Reversed)
			return entry.Kind, err
		},
	}
}

// race has one process ask for something, and between two of its looks at the store another one ask for the same id,
// with buckets rolled before and after. It answers whether there was such a moment.
func race(t *testing.T, first, second racer, at int64, idTime int64, rolls [2]int) bool {
	t.Helper()
	rolling := logic.RollingAt(2)
	b := newBank(t, 100_00, rolling)
	hold := id.Derived("hold", time.UnixMilli(idTime), "raced")
	one, two := b.replica(t, rolling), b.replica(t, rolling)
	b.roll(t, one, "first") // It remembers the account.
	var other logic.Kind
	var operations atomic.Int64
	b.pick = func(faults.Op) faults.Fault {
		if operations.Add(1) != at {
			return faults.None
		}
		for n := range rolls[0] {
			b.roll(t, two, fmt.Sprint("before ", n))
		}
		var err error
		if other, err = second(t.Context(), b, two, hold); err != nil {
			t.Errorf("the second: %v", err)
		}
		for n := range rolls[1] {
			b.roll(t, two, fmt.Sprint("after ", n))
		}
		return faults.None
	}
	got, err := first(t.Context(), b, one, hold)
	reached := operations.Load() >= at
	b.pick = noFault
	if err != nil || reached && got != other {
		t.Errorf("at operation %d, rolls %v, an id of %d: one is told %d (%v), the other %d",
			at, rolls, idTime, got, err, other)
	}
	b.sound(t) // Which looks for ids that are there twice.
	return reached
}

func TestAnIDHappensOnceInWhateverBucketItIsAskedFor(t *testing.T) {
	for firstName, first := range racers() {
		for secondName, second := range racers() {
			t.Run(firstName+" and "+secondName, func(t *testing.T) {
				t.Parallel()
				moments := 0
				for _, idTime := range []int64{0, 1, 5_000} { // Older than all, as old as the newest, newer.
					for _, rolls := range [][2]int{{0, 0}, {0, 1}, {1, 0}, {0, 2}, {1, 1}, {2, 0}} {
						for at := int64(1); race(t, first, second, at, idTime, rolls); at++ {
							moments++
						}
					}
				}
				if moments < 18 {
					t.Errorf("there were only %d moments", moments)
				}
			})
		}
	}
}

func TestAHoldInABucketThatAProcessHasNotSeenIsFound(t *testing.T) {
	rolling := logic.RollingAt(2)
	b := newBank(t, 100_00, rolling)
	one, two := b.replica(t, rolling), b.replica(t, rolling)
	b.roll(t, one, "one")
	for n := range 3 {
		b.roll(t, two, fmt.Sprint("two", n))
	}
	hold := id.Derived("hold", time.UnixMilli(9_000), "new")
	if _, err := two.Do(t.Context(), b.account, logic.Command{ID: hold, Kind: logic.Held, Amount: 7}); err != nil {
		t.Fatalf("holding: %v", err)
	}
	if left, changes, err := one.HoldNow(t.Context(), b.account, hold); err != nil || left.Remaining != 7 || changes != 0 {
		t.Errorf("of the hold is left %+v after %d changes, %v", left, changes, err)
	}
	entry, err := one.SettleHold(t.Context(), b.account, hold, 0, logic.NoReason)
	if err != nil || entry.Kind != logic.Held {
		t.Errorf("the hold settled as %+v, %v", entry, err)
	}
}

func TestAnAuthorisationIsOneWriteAndNoReadHoweverOftenTheAccountHasRolled(t *testing.T) {
	b := newBank(t, 100_00, logic.RollingAt(40))
	asked, now := make(map[faults.Op]int), b.bookkeeper.Clock.Now()
	for n := range 100 {
		clear(asked)
		b.pick = func(op faults.Op) faults.Fault {
			asked[op]++
			return faults.None
		}
		_, err := b.Reserve(t.Context(), &balanceproto.ReserveRequest{
			AccountId: b.account, Amount: pounds(1), TransactionId: b.ids.New("tx"),
			HoldId: id.Derived("hold", now.Add(time.Duration(n)*time.Minute), "next"),
		})
		want := map[faults.Op]int{faults.Apply: 1}
		if (n+1)%40 == 0 { // The payment into the account was its first entry.
			want[faults.Apply] = 4 // Closed, listed, opened.
		}
		if diff := cmp.Diff(want, asked); err != nil || diff != "" {
			t.Fatalf("hold %d: %v, asked the store for\n%s", n, err, diff)
		}
	}
	if b.buckets(t) != 3 {
		t.Errorf("there are %d buckets", b.buckets(t))
	}
}
