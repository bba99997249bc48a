package handler

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/store/faults"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
)

// seen is what an account had at a time.
type seen struct {
	at           time.Time
	posted, held int64
}

// later moves a bank's clock, by more than entries take.
func (b *bank) later(t *testing.T, d time.Duration) {
	t.Helper()
	clk, ok := b.bookkeeper.Clock.(*clock.Business)
	if !ok {
		t.Fatal("the bank's clock does not move")
	}
	clk.Observe(clk.Offset() + d)
}

func (b *bank) sees(t *testing.T) seen {
	t.Helper()
	state, err := b.accounts.Load(t.Context(), b.account)
	if err != nil {
		t.Fatalf("loading: %v", err)
	}
	return seen{b.bookkeeper.Clock.Now(), state.Posted, state.Held}
}

func (b *bank) saw(t *testing.T, at time.Time) seen {
	t.Helper()
	got, err := b.GetBalanceAt(t.Context(), &balanceproto.GetBalanceAtRequest{AccountId: b.account, AtMs: at.UnixMilli()})
	if err != nil {
		t.Fatalf("reading the balance at %v: %v", at, err)
	}
	if got.GetAvailable().GetMinor() != got.GetPosted().GetMinor()-got.GetHeld().GetMinor() {
		t.Errorf("at %v it is %v", at, got)
	}
	return seen{at, got.GetPosted().GetMinor(), got.GetHeld().GetMinor()}
}

// statement is a whole statement, in pages of so many, added up.
func (b *bank) statement(t *testing.T, from, to time.Time, limit int32) *balanceproto.ListStatementResponse {
	t.Helper()
	req := &balanceproto.ListStatementRequest{
		AccountId: b.account, FromMs: from.UnixMilli(), ToMs: to.UnixMilli(), Limit: limit,
	}
	var all []*balanceproto.Entry
	for {
		page, err := b.ListStatement(t.Context(), req)
		if err != nil {
			t.Fatalf("listing a statement: %v", err)
		}
		if len(page.GetPostings()) > int(limit) {
			t.Fatalf("a page of %d has %d postings", limit, len(page.GetPostings()))
		}
		all = append(all, page.GetPostings()...)
		if req.AfterSequence = page.GetNextAfterSequence(); req.GetAfterSequence() == 0 {
			page.Postings = all
			return page
		}
	}
}

func checkSums(t *testing.T, s *balanceproto.ListStatementResponse, from, to time.Time) {
	t.Helper()
	balance, in, out := s.GetOpening().GetMinor(), int64(0), int64(0)
	for _, e := range s.GetPostings() {
		change := e.GetPostedChangeMinor()
		balance, in, out = balance+change, in+max(change, 0), out-min(change, 0)
		at := time.UnixMilli(e.GetAtMs())
		if change == 0 || at.Before(from) || !at.Before(to) || e.GetPostedMinor() != balance {
			t.Errorf("from %v to %v, after %d, there is %v", from, to, balance-change, e)
		}
	}
	if balance != s.GetClosing().GetMinor() || in != s.GetTotalIn().GetMinor() || out != s.GetTotalOut().GetMinor() {
		t.Errorf("its postings come to %d, %d in, %d out, and the statement is %v", balance, in, out, s)
	}
}

func TestThePastIsWhatItWas(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := newBank(t, 0, logic.RollingAt(int64(rapid.IntRange(1, 8).Draw(r, "bucket"))))
		past := []seen{b.sees(t)}
		for range rapid.IntRange(1, 40).Draw(r, "steps") {
			b.later(t, 2*time.Millisecond)
			_, _ = b.ask(t.Context(), step{
				what: rapid.SampledFrom([]string{"hold", "hold", "release", "collect", "pay"}).Draw(r, "what"),
				hold: rapid.IntRange(0, 20).Draw(r, "hold"), change: rapid.Int64Range(1, 3).Draw(r, "change"),
				minor: rapid.Int64Range(1, 9).Draw(r, "minor"),
			})
			past = append(past, b.sees(t))
		}
		if was := b.saw(t, past[0].at.Add(-time.Hour)); was.posted != 0 || was.held != 0 {
			r.Fatalf("before it was opened it had %+v", was)
		}
		for _, want := range past {
			if got := b.saw(t, want.at); got != want {
				r.Fatalf("at %v it had %+v, and is now said to have had %+v", want.at, want, got)
			}
		}
		i := rapid.IntRange(0, len(past)-1).Draw(r, "from")
		j := rapid.IntRange(i, len(past)-1).Draw(r, "to")
		from, to := past[i].at.Add(time.Millisecond), past[j].at.Add(2*time.Millisecond)
		s := b.statement(t, from, to, rapid.Int32Range(1, 5).Draw(r, "limit"))
		if s.GetOpening().GetMinor() != past[i].posted || s.GetClosing().GetMinor() != past[j].posted {
			r.Fatalf("the statement says %v, %v, want %+v, %+v", s.GetOpening(), s.GetClosing(), past[i], past[j])
		}
		checkSums(t, s, from, to)
	})
}

func TestAPastBalanceReadsAFewEntriesHoweverManyThereAre(t *testing.T) {
	const entries, bucket = 600, 64
	b := newBank(t, 0, logic.RollingAt(bucket))
	var middle time.Time
	for n := range entries {
		b.payIn(t, 1, fmt.Sprint("pay ", n))
		if n == entries/2 {
			middle = b.bookkeeper.Clock.Now()
		}
		b.later(t, 2*time.Millisecond)
	}
	asked := 0
	b.pick = func(faults.Op) faults.Fault {
		asked++
		return faults.None
	}
	if got := b.saw(t, middle); got.posted != entries/2+1 {
		t.Errorf("in the middle it had %+v", got)
	}
	if asked > 12 { // The list, the bucket and the one before, six halves of it, its entry, what came in.
		t.Errorf("it read %d times", asked)
	}
}

func TestAPastThatCannotBeIsRefusedByFieldAndRule(t *testing.T) {
	b := newBank(t, 1_00)
	now := b.bookkeeper.Clock.Now().UnixMilli()
	for _, at := range []int64{-1, now + 60_000} {
		_, err := b.GetBalanceAt(t.Context(), &balanceproto.GetBalanceAtRequest{AccountId: b.account, AtMs: at})
		if !errs.Is(err, "bad_request.bad_param.at_ms") {
			t.Errorf("the balance at %d: %v", at, err)
		}
	}
	_, err := b.GetBalanceAt(t.Context(), &balanceproto.GetBalanceAtRequest{AccountId: "acc_nobody", AtMs: 1})
	if !errs.Is(err, "not_found.account") {
		t.Errorf("the balance of nobody: %v", err)
	}
	for field, req := range map[string]*balanceproto.ListStatementRequest{
		"account_id": {FromMs: 1, ToMs: 2, Limit: 1}, "from_ms": {AccountId: b.account, FromMs: -1, ToMs: 2, Limit: 1},
		"to_ms": {AccountId: b.account, FromMs: 2, ToMs: 2, Limit: 1},
		"limit": {AccountId: b.account, FromMs: 1, ToMs: 2}, "after_sequence": {
			AccountId: b.account, FromMs: 1, ToMs: 2, Limit: 1, AfterSequence: -1,
		},
	} {
		_, err := b.ListStatement(t.Context(), req)
		if !errs.Is(err, errs.BadRequest) || errs.Of(err).Params["field"] != field {
			t.Errorf("a statement with a wrong %s: %v", field, err)
		}
	}
}

// A statement's days are London's, midnight to midnight, also where the clocks change.
func TestADayOfAStatementIsLondons(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	p := past{london: london}
	for text, want := range map[string]string{
		"2026-11-28": "2026-11-28T00:00:00Z", "2026-07-01": "2026-06-30T23:00:00Z", "2026-10-26": "2026-10-26T00:00:00Z",
	} {
		if got, err := p.day("from", text); err != nil || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s begins at %v, %v, want %s", text, got.UTC(), err, want)
		}
	}
	for _, text := range []string{"", "28 November", "2026-02-30", "1969-12-31"} {
		if _, err := p.day("from", text); !errs.Is(err, errs.BadRequest) {
			t.Errorf("%q is a day: %v", text, err)
		}
	}
}
