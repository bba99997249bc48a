package storagetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/id"
	"farthing/service.balance/logic"
)

// rolled closes an account's bucket and opens the next.
func (s suite) rolled(t *testing.T, was logic.Account) logic.Account {
	t.Helper()
	closing, err := s.accounts.Close(t.Context(), was.Sealed())
	if err != nil || !closing.Posted {
		t.Fatalf("closing: %+v, %v", closing, err)
	}
	next, err := s.accounts.OpenNext(t.Context(), was.Sealed())
	if err != nil {
		t.Fatalf("opening the next: %v", err)
	}
	return next
}

// posted is an account after some commands.
func (s suite) posted(t *testing.T, was logic.Account, commands ...logic.Command) logic.Account {
	t.Helper()
	next, entries := decide(t, was, commands...)
	s.post(t, was, next, entries)
	return next
}

func (s suite) closedNeverChanges(t *testing.T, account string) {
	was := s.posted(t, s.opened(t, account), hold("h1", 1_00))
	s.rolled(t, was)
	late, lateEntries := decide(t, was, hold("h2", 2_00))
	posting, err := s.accounts.Post(t.Context(), was, late, lateEntries)
	if err != nil || posting.Posted || !posting.Account.Closed {
		t.Errorf("posting to a closed bucket: %+v, %v", posting, err)
	}
	if fencing := s.fence(t, was, void(account, "h3")); fencing.Posted || !fencing.Account.Closed {
		t.Errorf("fencing in a closed bucket: %+v", fencing)
	}
	if closing, err := s.accounts.Close(t.Context(), was.Sealed()); err != nil || closing.Posted {
		t.Errorf("closing a closed bucket: %+v, %v", closing, err)
	}
	got, _, err := s.accounts.LoadIn(t.Context(), account, 0)
	if diff := cmp.Diff(was.Sealed(), got); err != nil || diff != "" {
		t.Errorf("the closed bucket: %v\n%s", err, diff)
	}
	for _, id := range []string{"h2", "h3"} {
		if _, found, err := s.accounts.FindIn(t.Context(), account, 0, id); err != nil || found {
			t.Errorf("%s is in the closed bucket: %v, %v", id, found, err)
		}
	}
}

func (s suite) nextCarriesOver(t *testing.T, account string) {
	was := s.posted(t, s.opened(t, account), hold("h1", 1_00))
	s.fence(t, was, void(account, "h2"))
	was = s.load(t, account)
	next := s.rolled(t, was)
	want := was
	want.Bucket, want.NewestID, want.NewestFence = 1, at(), time.UnixMilli(0).UTC()
	want.Opening = logic.Opening{Version: 2, NewestID: at()}
	for range 2 { // The second time it is open already.
		if diff := cmp.Diff(want, next); diff != "" {
			t.Fatalf("the next bucket opened with:\n%s", diff)
		}
		var err error
		if next, err = s.accounts.OpenNext(t.Context(), was.Sealed()); err != nil {
			t.Fatalf("opening it again: %v", err)
		}
	}
	after := s.posted(t, next, hold("h3", 1_00))
	if got, err := s.accounts.OpenNext(t.Context(), was.Sealed()); err != nil || cmp.Diff(after, got) != "" {
		t.Errorf("opening it again after a posting: %v\n%s", err, cmp.Diff(after, got))
	}
}

func (s suite) closeIsExact(t *testing.T, account string) {
	beforePosting := s.opened(t, account)
	beforeFence := s.posted(t, beforePosting, hold("h1", 1_00))
	s.fence(t, beforeFence, void(account, "h2"))
	for name, old := range map[string]logic.Account{"posting": beforePosting, "fence": beforeFence} {
		closing, err := s.accounts.Close(t.Context(), old.Sealed())
		if err != nil || closing.Posted || closing.Account.Closed {
			t.Errorf("closing as it was before a %s: %+v, %v", name, closing, err)
		}
	}
}

func (s suite) newestIsFound(t *testing.T, account string) {
	state := s.opened(t, account)
	for n := range 3 {
		state = s.posted(t, s.rolled(t, state), hold(fmt.Sprint("h", n), 1))
		if diff := cmp.Diff(state, s.loadAfresh(t, account)); diff != "" {
			t.Fatalf("after %d rolls:\n%s", n+1, diff)
		}
		for then, want := range map[time.Time]int64{at(): int64(n) + 1, at().Add(-time.Millisecond): 0} {
			if got, err := s.accounts.BucketAt(t.Context(), account, then); err != nil || got != want {
				t.Fatalf("at %v the newest bucket was %d (%v), want %d", then, got, err, want)
			}
		}
	}
	if closing, err := s.accounts.Close(t.Context(), state.Sealed()); err != nil || !closing.Posted {
		t.Fatalf("closing: %+v, %v", closing, err)
	}
	if diff := cmp.Diff(state.Sealed(), s.loadAfresh(t, account)); diff != "" {
		t.Errorf("closed, and the next is not opened:\n%s", diff)
	}
}

func (s suite) firstBucket(t *testing.T, account string) {
	day := func(n int) time.Time { return at().AddDate(0, 0, n) }
	state := s.opened(t, account)
	for n := range 4 { // Bucket n has ids as late as day n, but bucket 2 only earlier ones.
		if n != 2 {
			state = s.posted(t, state, hold(id.Derived("hold", day(n), "a"), 1))
		}
		state = s.posted(t, state, hold(id.Derived("hold", day(-n), "b"), 1))
		state = s.rolled(t, state)
	}
	for _, c := range []struct {
		at   time.Time
		want int64
	}{{day(-9), 0}, {day(0), 0}, {day(0).Add(1e6), 1}, {day(1), 1}, {day(1).Add(1e6), 3}, {day(3), 3}} {
		got, err := s.accounts.FirstBucket(t.Context(), account, c.at)
		if err != nil || got != c.want {
			t.Errorf("an id of %v may lie from bucket %d (%v), want %d", c.at, got, err, c.want)
		}
	}
}

func (s suite) listedAcross(t *testing.T, account string) {
	state := s.opened(t, account)
	var want []int64
	for n := range int64(7) {
		if n%3 == 2 {
			state = s.rolled(t, state)
		}
		state = s.posted(t, state, hold(fmt.Sprint("h", n), 1))
		want = append(want, n+2)
	}
	for limit := 1; limit <= 8; limit++ {
		for after := range int64(9) {
			listed, err := s.accounts.List(t.Context(), account, after, limit)
			if err != nil {
				t.Fatalf("listing: %v", err)
			}
			var got []int64
			for _, e := range listed {
				got = append(got, e.Sequence)
			}
			all := append([]int64{1}, want...)[after:]
			if diff := cmp.Diff(append([]int64{}, all[:min(limit, len(all))]...), append([]int64{}, got...)); diff != "" {
				t.Errorf("%d entries after %d:\n%s", limit, after, diff)
			}
		}
	}
}

// replicasRoll has two replicas hold and fence the same ids at once, over bucket after bucket: each id happens once,
// and everybody is told the same.
func (s suite) replicasRoll(t *testing.T, account string) {
	const ids, times = 60, 4
	s.opened(t, account)
	var replicas [2]*logic.Ledger
	for i := range replicas {
		replicas[i] = logic.NewLedger(
			s.accounts, silent{}, now{}, time.UTC, func(int64, []logic.Entry) {}, logic.RollingAt(5))
		defer replicas[i].Drain()
	}
	var told sync.Map
	var callers sync.WaitGroup
	for n := range ids * times {
		name := id.Derived("hold", at().Add(time.Duration(n%ids)*time.Second), "x")
		callers.Go(func() {
			entry := s.settled(t, replicas[n%2], account, name, n/ids == times-1)
			first, _ := told.LoadOrStore(name, entry.Sequence)
			if first != entry.Sequence {
				t.Errorf("%s was told to be entry %d, and %d", name, first, entry.Sequence)
			}
		})
	}
	callers.Wait()
	s.foundOnce(t, account, &told)
}

// settled asks for a hold, or for a fence, until there is one or the other.
func (s suite) settled(t *testing.T, l *logic.Ledger, account, name string, fence bool) logic.Entry {
	for {
		entry, err := s.once(t, l, account, name, fence)
		if err == nil {
			return entry
		}
		if !isBusy(err) {
			t.Errorf("settling: %v", err)
			return logic.Entry{}
		}
	}
}

func (s suite) once(t *testing.T, l *logic.Ledger, account, name string, fence bool) (logic.Entry, error) {
	if fence {
		return l.SettleHold(t.Context(), account, name, 0, logic.Reversed)
	}
	decision, err := l.Do(t.Context(), account, hold(name, 1))
	return decision.Entry, err
}

// foundOnce checks that an account's entries have no gap and no id twice, and are what was told.
func (s suite) foundOnce(t *testing.T, account string, told *sync.Map) {
	t.Helper()
	entries, err := s.accounts.List(t.Context(), account, 1, 1_000)
	if err != nil {
		t.Fatalf("listing: %v", err)
	}
	for i, e := range entries {
		sequence, _ := told.LoadAndDelete(e.ID)
		if e.Sequence != int64(i)+2 || sequence != e.Sequence {
			t.Errorf("entry %d is %s at %d, and was told to be %v", i+2, e.ID, e.Sequence, sequence)
		}
	}
	told.Range(func(name, sequence any) bool {
		if sequence != int64(0) {
			t.Errorf("%v was told to be entry %v, and is not there", name, sequence)
		}
		return true
	})
	if state := s.load(t, account); len(entries) >= 10 && state.Bucket < 2 {
		t.Errorf("%d entries are in %d buckets", len(entries), state.Bucket+1)
	}
}
