package logic

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"farthing/pkg/day"
	"farthing/pkg/errs"
)

// trail is an account's state as far as its entries were read.
type trail struct {
	books   Books
	now     Account          // As derived.
	answers map[string]Entry // Rows by id of the bucket whose entries were not met yet.
	holds   map[string]Hold  // That are open.
	london  *time.Location
}

func newTrail(books Books, account string, london *time.Location) *trail {
	return &trail{
		books: books, holds: make(map[string]Hold), london: london,
		now: Account{
			ID: account, LastAt: timeless(), Chain: []byte{}, NewestID: timeless(), NewestFence: timeless(),
			Opening: Opening{NewestID: timeless()},
		},
	}
}

// fault is about the entry that comes next.
func (t *trail) fault(rule, format string, args ...any) error {
	return &Fault{Account: t.now.ID, Sequence: t.now.Version + 1, Rule: rule, Detail: fmt.Sprintf(format, args...)}
}

// stateFault is about what a bucket's statics say.
func (t *trail) stateFault(format string, args ...any) error {
	return &Fault{
		Account: t.now.ID, Rule: "state", Detail: fmt.Sprintf("bucket %d: ", t.now.Bucket) + fmt.Sprintf(format, args...),
	}
}

// bucket follows the entries of one bucket, from what the one before closed with to what its own state says.
func (t *trail) bucket(ctx context.Context, state Account) (err error) {
	if err := t.checkOpening(ctx, state); err != nil {
		return err
	}
	if t.answers, err = t.books.AnswersIn(ctx, t.now.ID, state.Bucket); err != nil {
		return err
	}
	for t.now.Version < state.Version {
		page, err := t.books.ListIn(ctx, t.now.ID, state.Bucket, t.now.Version, auditPage)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return t.fault("sequence", "the entry is missing")
		}
		for _, e := range page[:min(int64(len(page)), state.Version-t.now.Version)] {
			if err := t.take(ctx, e); err != nil {
				return err
			}
		}
	}
	if err := t.checkFences(ctx, state); err != nil {
		return err
	}
	return t.checkState(state)
}

// checkOpening compares what a bucket began with and what is listed of it with what the one before ended with.
func (t *trail) checkOpening(ctx context.Context, state Account) error {
	if state.Bucket == 0 {
		t.now.Currency = state.Currency // Each leg of a journal says it again.
	} else if listed, err := t.books.Listed(ctx, t.now); err != nil || !listed {
		return errors.Join(err, t.stateFault("it is not listed with what the one before closed with"))
	}
	switch {
	case state.Currency != t.now.Currency:
		return t.stateFault("currency is not that of the one before")
	case state.Opening.Version != t.now.Opening.Version, !state.Opening.NewestID.Equal(t.now.Opening.NewestID):
		return t.stateFault("it was not opened with what the one before closed with")
	}
	return nil
}

// isNewest makes sure that no bucket follows an open one.
func (t *trail) isNewest(ctx context.Context, state Account) error {
	_, opened, err := t.books.LoadIn(ctx, state.ID, state.Bucket+1)
	if err != nil || !opened {
		return err
	}
	again, _, err := t.books.LoadIn(ctx, state.ID, state.Bucket)
	if err == nil && !again.Closed { // Otherwise it has rolled meanwhile.
		err = t.stateFault("it is open, and there is another after it")
	}
	return err
}

func (t *trail) take(ctx context.Context, e Entry) error {
	for _, check := range []func(Entry) error{t.checkOrder, t.checkSums, t.checkChain, t.checkAnswer, t.apply} {
		if err := check(e); err != nil {
			return err
		}
	}
	var opened time.Time
	if e.Journal != "" {
		journal, err := t.checkLeg(ctx, e)
		if err != nil {
			return err
		}
		opened = journal.OpenedAt
	}
	at := idTime(e.ID, opened)
	if err := t.checkOnce(ctx, e.ID, at); err != nil {
		return err
	}
	t.now.NewestID, t.now.TotalIn = later(t.now.NewestID, at), t.now.TotalIn+max(e.PostedChange, 0)
	t.now.Version, t.now.Posted, t.now.Held, t.now.LastAt, t.now.Chain = e.Sequence, e.Posted, e.Held, e.At, e.Chain
	return nil
}

// checkOnce looks for an id in the buckets before, as whoever wrote it had to.
func (t *trail) checkOnce(ctx context.Context, id string, at time.Time) error {
	_, twice, err := (&wanted{id: id, at: at}).below(ctx, t.books, t.now)
	if err == nil && twice {
		err = t.fault("once", "its id is in an earlier bucket, too")
	}
	return err
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
	today := day.Of(e.At, t.london)
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
	if after.Remaining > 0 {
		t.holds[holdOf(e.ID)] = after
	} else {
		delete(t.holds, holdOf(e.ID))
	}
	return nil
}

// checkDecision checks what an entry's explanation says of the counters and of the money at that time, and that it
// explains what was decided.
func (t *trail) checkDecision(e Entry, today day.Day) error {
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
func (a Account) spentBefore(check string, e Entry, today day.Day) (int64, bool) {
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
func (t *trail) checkLeg(ctx context.Context, e Entry) (Journal, error) {
	journal, err := t.books.Journal(ctx, e.Journal)
	if errs.Is(err, errs.NotFound) {
		return journal, t.fault("journal", "its journal %s is not there", e.Journal)
	}
	if err != nil {
		return journal, err
	}
	for n, leg := range journal.Legs {
		if journal.legID(n) != e.ID {
			continue
		}
		if n == 0 && leg.wasDeclinedBy(e, journal.ID) && !journal.Finished {
			return journal, nil
		}
		if !leg.wasPostedBy(e, journal.ID) || leg.Amount.Currency != t.now.Currency || journal.Void {
			return journal, t.fault("journal", "leg %d of its journal %s says something else", n, e.Journal)
		}
		return journal, nil
	}
	return journal, t.fault("journal", "its journal %s has no such leg", e.Journal)
}

// checkFences looks at the rows by id that no entry was met for, and finds the fence that the state speaks of.
func (t *trail) checkFences(ctx context.Context, state Account) error {
	t.now.NewestFence = timeless()
	for _, answer := range t.answers {
		switch {
		case isFence(answer):
		case !state.Closed && answer.Sequence > state.Version:
			continue // It is newer.
		default:
			return &Fault{
				Account: t.now.ID, Sequence: answer.Sequence, Rule: "answer", Detail: "there is a row by id, and no such entry",
			}
		}
		at := idTime(answer.ID, time.Time{})
		if err := t.checkOnce(ctx, answer.ID, at); err != nil {
			return err
		}
		if state.Closed && at.After(state.LatestID()) {
			return t.stateFault("newest_fence_at is before that of a fence")
		}
		if at.Equal(state.NewestFence) {
			t.now.NewestFence = at
		}
	}
	return nil
}

// checkState compares what was derived with what a bucket's statics say.
func (t *trail) checkState(state Account) error {
	t.now.OpenHolds = int64(len(t.holds))
	for _, column := range []struct {
		name      string
		got, want any
	}{
		{"posted", state.Posted, t.now.Posted}, {"held", state.Held, t.now.Held},
		{"total_in", state.TotalIn, t.now.TotalIn}, {"open_holds", state.OpenHolds, t.now.OpenHolds},
		{"spend_day", state.SpendDay, t.now.SpendDay},
		{"spent_today", state.SpentToday, t.now.SpentToday},
		{"last_at", state.LastAt.UnixMilli(), t.now.LastAt.UnixMilli()},
		{"counters", fmt.Sprint(state.Counters), fmt.Sprint(t.now.Counters)},
		{"chain", string(state.Chain), string(t.now.Chain)},
		{"newest_id_at", state.NewestID.UnixMilli(), t.now.NewestID.UnixMilli()},
		{"newest_fence_at", state.NewestFence.UnixMilli(), t.now.NewestFence.UnixMilli()},
	} {
		if column.got != column.want {
			return t.stateFault("%s is not what the entries come to", column.name)
		}
	}
	seal := []byte{}
	if state.Closed {
		seal = t.now.Sealed().Seal
	}
	if !bytes.Equal(state.Seal, seal) {
		return t.stateFault("its seal is not that of an account which is closed so, or open")
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
