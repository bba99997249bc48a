package logic

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"farthing/pkg/errs"
)

// trail is an account's state as far as its entries were read.
type trail struct {
	want    Account          // The state as it is kept.
	now     Account          // As derived.
	answers map[string]Entry // Rows by id whose entries were not met yet.
	holds   map[string]Hold  // That were made.
	london  *time.Location
}

func newTrail(state Account, answers map[string]Entry, london *time.Location) *trail {
	return &trail{
		want: state, answers: answers, holds: make(map[string]Hold), london: london,
		now: Account{
			ID: state.ID, Bucket: state.Bucket, Currency: state.Currency, LastAt: time.UnixMilli(0).UTC(), Chain: []byte{},
		},
	}
}

// fault is about the entry that comes next.
func (t *trail) fault(rule, format string, args ...any) error {
	return &Fault{Account: t.now.ID, Sequence: t.now.Version + 1, Rule: rule, Detail: fmt.Sprintf(format, args...)}
}

func (t *trail) take(ctx context.Context, books Books, e Entry) error {
	for _, check := range []func(Entry) error{t.checkOrder, t.checkSums, t.checkChain, t.checkAnswer, t.apply} {
		if err := check(e); err != nil {
			return err
		}
	}
	if e.Journal != "" {
		if err := t.checkLeg(ctx, books, e); err != nil {
			return err
		}
	}
	t.now.Version, t.now.Posted, t.now.Held, t.now.LastAt, t.now.Chain = e.Sequence, e.Posted, e.Held, e.At, e.Chain
	return nil
}

func (t *trail) checkOrder(e Entry) error {
	switch {
	case e.Sequence != t.now.Version+1:
		return t.fault("sequence", "the entry that is there says that it is %d", e.Sequence)
	case e.At.Before(t.now.LastAt):
		return t.fault("time", "it is earlier than the one before")
	}
	return nil
}

func (t *trail) checkSums(e Entry) error {
	if t.now.Posted+e.PostedChange != e.Posted {
		return t.fault("balance", "%d posted and a change of %d are not %d", t.now.Posted, e.PostedChange, e.Posted)
	}
	if t.now.Held+e.HeldChange != e.Held {
		return t.fault("balance", "%d held and a change of %d are not %d", t.now.Held, e.HeldChange, e.Held)
	}
	return nil
}

func (t *trail) checkChain(e Entry) error {
	if !bytes.Equal(chained(t.now.Chain, e), e.Chain) {
		return t.fault("chain", "its hash is not that of what it says and of the entries before")
	}
	return nil
}

func (t *trail) checkAnswer(e Entry) error {
	answer, ok := t.answers[e.ID]
	delete(t.answers, e.ID)
	switch {
	case !ok:
		return t.fault("answer", "there is no row under its id, so a repeat would be done again")
	case answeredBy(answer) != answeredBy(e):
		return t.fault("answer", "the row under its id says something else")
	}
	return nil
}

// apply is what the entry does to its hold and to the day's spending.
func (t *trail) apply(e Entry) error {
	if !isOfItsKind(e) {
		return t.fault("kind", "it does not do what an entry of its kind does, and only that")
	}
	before := t.holds[holdOf(e.ID)]
	after, err := before.after(e, t.london)
	if err != nil {
		return t.fault("hold", "it takes what no open hold has set aside")
	}
	today := DayOf(e.At, t.london)
	if err := t.checkDecision(e, today); err != nil {
		return err
	}
	switch e.Kind {
	case Held:
		t.now = spend(t.now, e, e.HeldChange, today)
	case Released:
		_, taken := before.minus(-e.HeldChange, goodsFirst)
		t.now = unspend(t.now, before, taken)
	case Cleared:
		t.now = spend(t.now, e, e.HeldChange-e.PostedChange, today)
	case Paid:
		t.now = spend(t.now, e, -e.PostedChange, today)
	case Declined, Posted, Moved, Void:
	}
	if e.HeldChange != 0 {
		t.holds[holdOf(e.ID)] = after
	}
	return nil
}

// checkDecision checks what an entry's explanation says of the counters and of the money at that time, and that it
// explains what was decided.
func (t *trail) checkDecision(e Entry, today Day) error {
	for _, c := range e.Checks {
		before, counts := t.now.spentBefore(c.Name, e, today)
		if counts && c.Before != before {
			return t.fault("explanation", "%s says that there were %d minor units before, and there were %d",
				c.Name, c.Before, before)
		}
	}
	failed := len(e.Checks) > 0 && e.Checks[len(e.Checks)-1].Verdict == Failed
	if failed && e.Kind != Declined || e.Kind == Declined && !failed {
		return t.fault("explanation", "it does not say what was decided")
	}
	return nil
}

// spentBefore is what a check must have found, and whether it is one of the ledger's own.
func (a Account) spentBefore(check string, e Entry, today Day) (int64, bool) {
	if check == fundsCheck {
		return a.Available(), true
	}
	for _, w := range []Window{OnePayment, OneDay, OneWeek, OneMonth, CashOneDay, OneCashback} {
		if name, _ := limitCheck(w); name == check {
			return a.spentIn(e.ControlSet, w, today), true
		}
	}
	return 0, false
}

func isOfItsKind(e Entry) bool {
	switch e.Kind {
	case Held:
		return e.HeldChange > 0 && e.PostedChange == 0 && e.Journal == ""
	case Released:
		return e.HeldChange < 0 && e.PostedChange == 0 && e.Journal == ""
	case Declined:
		return e.HeldChange == 0 && e.PostedChange == 0 && e.Reason != NoReason
	case Posted:
		return e.HeldChange == 0 && e.Journal != ""
	case Cleared:
		return e.PostedChange < 0 && e.HeldChange <= 0 && e.HeldChange >= e.PostedChange && e.Journal != ""
	case Paid, Moved:
		return e.HeldChange == 0 && e.PostedChange < 0 && e.Journal != ""
	case Void:
	}
	return false
}

// checkLeg finds the entry in its journal.
func (t *trail) checkLeg(ctx context.Context, books Books, e Entry) error {
	journal, err := books.Journal(ctx, e.Journal)
	if errs.Is(err, errs.NotFound) {
		return t.fault("journal", "its journal %s is not there", e.Journal)
	}
	if err != nil {
		return err
	}
	for n, leg := range journal.Legs {
		if journal.legID(n) != e.ID {
			continue
		}
		if n == 0 && leg.wasDeclinedBy(e, journal.ID) && !journal.Finished {
			return nil
		}
		if !leg.wasPostedBy(e, journal.ID) || leg.Amount.Currency != t.now.Currency || journal.Void {
			return t.fault("journal", "leg %d of its journal %s says something else", n, e.Journal)
		}
		return nil
	}
	return t.fault("journal", "its journal %s has no such leg", e.Journal)
}

// end compares what was derived with the state, and looks at the rows by id that no entry was met for.
func (t *trail) end() error {
	for _, hold := range t.holds {
		if hold.Remaining > 0 {
			t.now.OpenHolds++
		}
	}
	for _, column := range []struct {
		name      string
		got, want any
	}{
		{"posted", t.want.Posted, t.now.Posted}, {"held", t.want.Held, t.now.Held},
		{"open_holds", t.want.OpenHolds, t.now.OpenHolds}, {"spend_day", t.want.SpendDay, t.now.SpendDay},
		{"spent_today", t.want.SpentToday, t.now.SpentToday},
		{"last_at", t.want.LastAt.UnixMilli(), t.now.LastAt.UnixMilli()},
		{"counters", fmt.Sprint(t.want.Counters), fmt.Sprint(t.now.Counters)},
		{"chain", string(t.want.Chain), string(t.now.Chain)}, {"closed", t.want.Closed, false},
	} {
		if column.got != column.want {
			return &Fault{Account: t.now.ID, Rule: "state", Detail: column.name + " is not what the entries come to"}
		}
	}
	for _, answer := range t.answers {
		if !isFence(answer) && answer.Sequence <= t.want.Version {
			return &Fault{
				Account: t.now.ID, Sequence: answer.Sequence, Rule: "answer", Detail: "there is a row by id, and no such entry",
			}
		}
	}
	return nil
}

// isFence tells whether a row by id is one that no entry belongs to.
func isFence(e Entry) bool {
	reasons := []Reason{TimedOut, Reversed}
	if strings.HasPrefix(e.ID, answerPrefix) {
		reasons = []Reason{NoReason, TimedOut}
	}
	nothing := answered{kind: Void, reason: e.Reason, transaction: e.TransactionID, atMillis: e.At.UnixMilli()}
	return answeredBy(e) == nothing && slices.Contains(reasons, e.Reason)
}

// answered is the first answer that an entry is, as its row by id keeps it: without what only serves to prove or tell.
type answered struct {
	sequence                 int64
	kind                     Kind
	reason                   Reason
	postedChange, heldChange int64
	posted, held             int64
	transaction, journal     string
	controlSet               string
	cash                     bool
	cashback                 int64
	atMillis                 int64
}

func answeredBy(e Entry) answered {
	return answered{
		e.Sequence, e.Kind, e.Reason, e.PostedChange, e.HeldChange, e.Posted, e.Held, e.TransactionID, e.Journal,
		e.ControlSet, e.Cash, e.Cashback, e.At.UnixMilli(),
	}
}
