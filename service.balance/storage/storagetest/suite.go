// Package storagetest is what service.balance's storage promises, on any engine.
package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/errs"
	"farthing/pkg/store"
	"farthing/pkg/store/worklist"
	"farthing/service.balance/logic"
	"farthing/service.balance/storage"
)

// Run proves it on a keyspace that was just migrated. Every engine must pass it, word for word.
func Run(t *testing.T, k *store.Keyspace) {
	s := suite{keyspace: k, accounts: storage.NewAccounts(k), journals: storage.NewJournals(k)}
	for name, test := range map[string]func(*testing.T, string){
		"a posting is found by its id and by its sequence":        s.postingIsFound,
		"a stale version changes nothing":                         s.staleChangesNothing,
		"an id that is there already answers its entry":           s.seenAnswers,
		"a whole batch is refused for one id that is there":       s.batchIsWhole,
		"a fence keeps its hold out":                              s.fenceKeepsOut,
		"a fence finds a hold that was there first":               s.fenceFinds,
		"an account that was never opened is not found":           s.neverOpened,
		"opening again changes nothing":                           s.openAgain,
		"a journal is written once and finished once":             s.journal,
		"a thousand holds at once never exceed a limit":           s.limitHolds,
		"a closed bucket never changes":                           s.closedNeverChanges,
		"a bucket opens with what the one before had":             s.nextCarriesOver,
		"a fence and an old state do not close a bucket":          s.closeIsExact,
		"the newest bucket is found":                              s.newestIsFound,
		"an id is looked for from the first bucket it may lie in": s.firstBucket,
		"entries are listed across buckets":                       s.listedAcross,
		"two replicas roll one account":                           s.replicasRoll,
	} {
		t.Run(name, func(t *testing.T) { test(t, fmt.Sprintf("acc_%x", name)) })
	}
}

type suite struct {
	keyspace *store.Keyspace
	accounts *storage.Accounts
	journals *storage.Journals
}

func at() time.Time { return time.UnixMilli(1_790_000_000_123).UTC() }

// opened is an account with 100.00 posted by its first entry.
func (s suite) opened(t *testing.T, account string) logic.Account {
	t.Helper()
	if err := s.accounts.Open(t.Context(), account, "GBP"); err != nil {
		t.Fatalf("opening: %v", err)
	}
	empty := s.load(t, account)
	funded, entries := decide(t, empty, logic.Command{ID: "in", Kind: logic.Posted, Amount: 100_00, Journal: "jrn_1"})
	s.post(t, empty, funded, entries)
	return funded
}

func (s suite) load(t *testing.T, account string) logic.Account {
	t.Helper()
	state, err := s.accounts.Load(t.Context(), account)
	if err != nil {
		t.Fatalf("loading: %v", err)
	}
	return state
}

// loadAfresh is load by a process that remembers nothing.
func (s suite) loadAfresh(t *testing.T, account string) logic.Account {
	t.Helper()
	s.accounts = storage.NewAccounts(s.keyspace)
	return s.load(t, account)
}

func (s suite) post(t *testing.T, was, next logic.Account, entries []logic.Entry) {
	t.Helper()
	posting, err := s.accounts.Post(t.Context(), was, next, entries)
	if err != nil || !posting.Posted {
		t.Fatalf("posting: %+v, %v", posting, err)
	}
}

func decide(t *testing.T, a logic.Account, commands ...logic.Command) (logic.Account, []logic.Entry) {
	t.Helper()
	entries := make([]logic.Entry, len(commands))
	for i, c := range commands {
		var err error
		a, entries[i], err = logic.Decide(a, c, logic.Moment{Now: at(), London: time.UTC})
		if err != nil {
			t.Fatalf("deciding: %v", err)
		}
	}
	return a, entries
}

func hold(id string, minor int64) logic.Command {
	return logic.Command{
		ID: id, Kind: logic.Held, Amount: minor, TransactionID: "tx_of_" + id,
		Control:     logic.Control{Set: "ctl_1", Cashback: 1, Limits: []logic.Limit{{Window: logic.OneDay, Minor: 50_00}}},
		Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	}
}

// answered is what an entry's row by id keeps: neither chain, nor explanation, nor what only its event needs.
func answered(e logic.Entry) logic.Entry {
	e.Chain, e.Checks, e.Traceparent, e.ClockOffset = nil, nil, "", 0
	return e
}

func (s suite) postingIsFound(t *testing.T, account string) {
	was := s.opened(t, account)
	next, entries := decide(t, was, hold("h1", 3_50), hold("h2", 1_000_00))
	s.post(t, was, next, entries)
	if diff := cmp.Diff(next, s.load(t, account)); diff != "" {
		t.Errorf("the state differs:\n%s", diff)
	}
	for _, want := range entries {
		got, found, err := s.accounts.FindIn(t.Context(), account, 0, want.ID)
		if err != nil || !found {
			t.Fatalf("finding %s: %v, %v", want.ID, found, err)
		}
		if diff := cmp.Diff(answered(want), got); diff != "" {
			t.Errorf("%s differs:\n%s", want.ID, diff)
		}
	}
	listed, err := s.accounts.List(t.Context(), account, 1, 10)
	if err != nil {
		t.Fatalf("listing: %v", err)
	}
	if diff := cmp.Diff(entries, listed); diff != "" {
		t.Errorf("the entries after the first differ:\n%s", diff)
	}
}

func (s suite) staleChangesNothing(t *testing.T, account string) {
	was := s.opened(t, account)
	next, entries := decide(t, was, hold("h1", 1_00))
	s.post(t, was, next, entries)
	late, lateEntries := decide(t, was, hold("h2", 2_00)) // On the state before h1.
	posting, err := s.accounts.Post(t.Context(), was, late, lateEntries)
	if err != nil || posting.Posted || len(posting.Seen) != 0 {
		t.Fatalf("posting on a stale version: %+v, %v", posting, err)
	}
	if diff := cmp.Diff(next, posting.Account); diff != "" {
		t.Errorf("the refusal shows another state:\n%s", diff)
	}
	s.unchanged(t, next, "h2")
}

// unchanged checks that an account is as it was and that an id was never written.
func (s suite) unchanged(t *testing.T, want logic.Account, absent string) {
	t.Helper()
	if diff := cmp.Diff(want, s.load(t, want.ID)); diff != "" {
		t.Errorf("the account changed:\n%s", diff)
	}
	if _, found, err := s.accounts.FindIn(t.Context(), want.ID, want.Bucket, absent); err != nil || found {
		t.Errorf("%s is there: %v, %v", absent, found, err)
	}
}

func (s suite) seenAnswers(t *testing.T, account string) {
	was := s.opened(t, account)
	next, entries := decide(t, was, hold("h1", 1_00))
	s.post(t, was, next, entries)
	again, repeated := decide(t, next, hold("h1", 9_00))
	posting, err := s.accounts.Post(t.Context(), next, again, repeated)
	if err != nil || posting.Posted {
		t.Fatalf("posting an id again: %+v, %v", posting, err)
	}
	if diff := cmp.Diff(map[string]logic.Entry{"h1": answered(entries[0])}, posting.Seen); diff != "" {
		t.Errorf("what was seen differs:\n%s", diff)
	}
	if diff := cmp.Diff(next, posting.Account); diff != "" {
		t.Errorf("the refusal shows another state:\n%s", diff)
	}
}

func (s suite) batchIsWhole(t *testing.T, account string) {
	was := s.opened(t, account)
	next, entries := decide(t, was, hold("h1", 1_00), hold("h2", 1_00))
	s.post(t, was, next, entries)
	again, mixed := decide(t, next, hold("h3", 1_00), hold("h2", 1_00), hold("h1", 1_00))
	posting, err := s.accounts.Post(t.Context(), next, again, mixed)
	if err != nil || posting.Posted {
		t.Fatalf("posting two ids again: %+v, %v", posting, err)
	}
	if _, one := posting.Seen["h1"]; !one || len(posting.Seen) != 2 {
		t.Errorf("seen were %v, want h1 and h2", posting.Seen)
	}
	s.unchanged(t, next, "h3")
}

func void(account, id string) logic.Entry {
	return logic.Entry{
		Account: account, ID: id, Kind: logic.Void, Reason: logic.TimedOut, TransactionID: "tx_of_" + id, At: at(),
	}
}

func (s suite) fence(t *testing.T, in logic.Account, void logic.Entry) logic.Posting {
	t.Helper()
	fencing, err := s.accounts.Fence(t.Context(), in, void, at())
	if err != nil {
		t.Fatalf("fencing: %v", err)
	}
	return fencing
}

func (s suite) fenceKeepsOut(t *testing.T, account string) {
	was := s.opened(t, account)
	fence := void(account, "h1")
	if got := s.fence(t, was, fence); !got.Posted {
		t.Fatalf("fencing: %+v", got)
	}
	if diff := cmp.Diff(fence, s.fence(t, was, fence).Seen["h1"]); diff != "" {
		t.Fatalf("fencing again finds another fence:\n%s", diff)
	}
	next, entries := decide(t, was, hold("h1", 1_00))
	posting, err := s.accounts.Post(t.Context(), was, next, entries)
	if err != nil || posting.Posted || posting.Seen["h1"].Kind != logic.Void {
		t.Fatalf("posting behind a fence: %+v, %v", posting, err)
	}
	was.NewestFence = at()
	if diff := cmp.Diff(was, s.load(t, account)); diff != "" {
		t.Errorf("the account changed:\n%s", diff)
	}
}

func (s suite) fenceFinds(t *testing.T, account string) {
	was := s.opened(t, account)
	next, entries := decide(t, was, hold("h1", 1_00))
	s.post(t, was, next, entries)
	got := s.fence(t, was, void(account, "h1"))
	if diff := cmp.Diff(answered(entries[0]), got.Seen["h1"]); got.Posted || diff != "" {
		t.Fatalf("fencing what is there: %+v\n%s", got, diff)
	}
}

func (s suite) neverOpened(t *testing.T, account string) {
	ctx := t.Context()
	if _, err := s.accounts.Load(ctx, account); !errs.Is(err, "not_found.account") {
		t.Errorf("loading: %v", err)
	}
	next, entries := decide(t, logic.Account{ID: account, Currency: "GBP"}, hold("h1", 1_00))
	if _, err := s.accounts.Post(ctx, logic.Account{ID: account}, next, entries); !errs.Is(err, "not_found.account") {
		t.Errorf("posting: %v", err)
	}
	if _, found, err := s.accounts.FindIn(ctx, account, 0, "h1"); found || err != nil {
		t.Errorf("finding: %v, %v", found, err)
	}
}

func (s suite) openAgain(t *testing.T, account string) {
	want := s.opened(t, account)
	if err := s.accounts.Open(t.Context(), account, "GBP"); err != nil {
		t.Errorf("opening again: %v", err)
	}
	if err := s.accounts.Open(t.Context(), account, "EUR"); !errs.Is(err, "conflict.currency") {
		t.Errorf("opening in another currency: %v", err)
	}
	if diff := cmp.Diff(want, s.load(t, account)); diff != "" {
		t.Errorf("the account changed:\n%s", diff)
	}
}

func (s suite) journal(t *testing.T, account string) {
	ctx := t.Context()
	j := logic.Journal{
		ID: "jrn_" + account, Request: []byte{1}, OpenedAt: at(),
		Legs: []logic.Leg{
			{Account: "acc_internal_settlement", Kind: logic.Posted},
			{Account: account, Kind: logic.Cleared, Hold: "hold_1", Change: 2, Captured: 3},
		},
	}
	j.Legs[0].Amount.Minor, j.Legs[0].Amount.Currency = -5, "GBP"
	j.Legs[1].Amount.Minor, j.Legs[1].Amount.Currency = 5, "GBP"
	for range 2 {
		got, err := s.journals.Open(ctx, j)
		if diff := cmp.Diff(j, got); err != nil || diff != "" {
			t.Fatalf("opening: %v\n%s", err, diff)
		}
	}
	s.listed(ctx, t, j, 1)
	for range 2 {
		if err := s.journals.Finish(ctx, j); err != nil {
			t.Fatalf("finishing: %v", err)
		}
	}
	s.listed(ctx, t, j, 0)
	if got, err := s.journals.Open(ctx, j); err != nil || !got.Finished {
		t.Errorf("opening a finished one: %+v, %v", got, err)
	}
	s.listed(ctx, t, j, 0)
}

// listed fails a test unless a journal is listed so often, and found unfinished if it is.
func (s suite) listed(ctx context.Context, t *testing.T, want logic.Journal, times int) {
	t.Helper()
	found := 0
	err := s.journals.List().Each(ctx, at(), at(), func(_ context.Context, item worklist.Item) error {
		if item.Name == want.ID {
			found++
		}
		return nil
	})
	if err != nil || found != times {
		t.Errorf("it is listed %d times (%v), want %d", found, err, times)
	}
	if kept, _, err := s.journals.Find(ctx, want.ID); err != nil || kept.Ended() != (times == 0) {
		t.Errorf("it has ended: %v, %v", kept.Ended(), err)
	}
}
