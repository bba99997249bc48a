package logic

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/trace"
	balanceproto "farthing/service.balance/proto"
)

// SettleHold is what became of a hold, or of its n-th change, for ever: one that was never made is fenced for a reason,
// or not_found.hold without one. So a reversal may arrive before its authorisation.
func (l *Ledger) SettleHold(ctx context.Context, account, hold string, n int64, as Reason) (Entry, error) {
	entry, found, err := l.find(ctx, account, balanceproto.ChangeID(hold, n))
	if err == nil && !found {
		if as == NoReason {
			return Entry{}, errs.Missing("hold")
		}
		entry, err = l.fenced(ctx, Entry{
			Account: account, ID: balanceproto.ChangeID(hold, n), Kind: Void, Reason: as, At: l.clock.Now(),
		})
	}
	if err != nil {
		return Entry{}, fmt.Errorf("settling %s: %w", balanceproto.ChangeID(hold, n), err)
	}
	return entry, nil
}

// changesMax bounds how many changes one hold may have, each of which the next one reads.
const changesMax = 200

// HoldBefore is what is left of a hold before its n-th change. The hold and all changes below must be there:
// precondition_failed.hold if not. What it answers never changes.
func (l *Ledger) HoldBefore(ctx context.Context, account, hold string, n int64) (Hold, error) {
	if n < 1 || n > changesMax {
		return Hold{}, errs.BadParam("change", fmt.Sprintf("must be from 1 to %d", changesMax))
	}
	var left Hold
	for i := range n {
		entry, found, err := l.find(ctx, account, balanceproto.ChangeID(hold, i))
		switch {
		case err != nil:
			return Hold{}, fmt.Errorf("reading a hold: %w", err)
		case !found, i == 0 && entry.Kind != Held:
			return Hold{}, errs.Newf(errs.PreconditionFailed+".hold", "%s has not happened", balanceproto.ChangeID(hold, i))
		}
		if left, err = left.after(entry, l.london); err != nil {
			return Hold{}, errs.New(errs.Internal, "A hold contradicts itself").Because(err)
		}
	}
	return left, nil
}

// HoldNow is what is left of a hold after all its changes, and how many these are: not_found.hold if it was never
// decided. It may be old when it is answered.
func (l *Ledger) HoldNow(ctx context.Context, account, hold string) (Hold, int64, error) {
	var left Hold
	for n := int64(0); ; n++ {
		entry, found, err := l.find(ctx, account, balanceproto.ChangeID(hold, n))
		switch {
		case err != nil:
			return Hold{}, 0, fmt.Errorf("reading a hold: %w", err)
		case !found && n == 0:
			return Hold{}, 0, errs.Missing("hold")
		case !found:
			return left, n - 1, nil
		}
		if left, err = left.after(entry, l.london); err != nil {
			return Hold{}, 0, errs.New(errs.Internal, "A hold contradicts itself").Because(err)
		}
	}
}

// Release gives some of a hold back as its n-th change, all that is left for 0 minor units. A repeat answers the
// first entry. Errors: those of HoldBefore; precondition_failed.hold if less is left; conflict.change if the number
// was used for something else.
func (l *Ledger) Release(ctx context.Context, account, hold string, n, minor int64) (Entry, error) {
	left, err := l.HoldBefore(ctx, account, hold, n)
	if err != nil {
		return Entry{}, err
	}
	if minor == 0 {
		minor = left.Remaining
	}
	if minor > left.Remaining || minor == 0 {
		return Entry{}, errs.Newf(errs.PreconditionFailed+".hold", "The hold has %d minor units left", left.Remaining)
	}
	decision, err := l.Do(ctx, account, Command{
		ID: balanceproto.ChangeID(hold, n), Kind: Released, Amount: minor, Hold: left, TransactionID: left.TransactionID,
		Traceparent: trace.Traceparent(ctx),
	})
	if err == nil && (decision.Entry.Kind != Released || decision.Entry.HeldChange != -minor) {
		err = changeUsed()
	}
	return decision.Entry, err
}

// Extend sets more money aside, as a hold's n-th change: an incremental authorisation. Being declined is an outcome,
// and takes the number too. Errors are those of Release.
func (l *Ledger) Extend(
	ctx context.Context, account, hold string, n, minor int64, refusal Reason, forced bool, control Control,
) (Decision, error) {
	left, err := l.HoldBefore(ctx, account, hold, n)
	if err != nil {
		return Decision{}, err
	}
	control.Set, control.Cash, control.Cashback = left.ControlSet, left.Cash, 0 // Those that it was made under.
	decision, err := l.Do(ctx, account, Command{
		ID: balanceproto.ChangeID(hold, n), Kind: Held, Amount: minor, Hold: left, Refusal: refusal, Forced: forced,
		Control: control, TransactionID: left.TransactionID, Traceparent: trace.Traceparent(ctx),
	})
	if got := decision.Entry; err == nil && got.Kind != Declined && got.Kind != Void && got.HeldChange != minor {
		err = changeUsed()
	}
	return decision, err
}

// Explain is the entry of a hold, or of its n-th change, with its explanation: not_found.hold if it was never decided.
func (l *Ledger) Explain(ctx context.Context, account, hold string, n int64) (Entry, error) {
	first, found, err := l.find(ctx, account, balanceproto.ChangeID(hold, n))
	if err != nil {
		return Entry{}, fmt.Errorf("finding %s: %w", balanceproto.ChangeID(hold, n), err)
	}
	if !found {
		return Entry{}, errs.Missing("hold")
	}
	if first.Kind == Void { // Nothing was looked at.
		return first, nil
	}
	entries, err := l.accounts.List(ctx, account, first.Sequence-1, 1)
	if err != nil {
		return Entry{}, err
	}
	if len(entries) == 0 || entries[0].ID != first.ID {
		return Entry{}, errs.Newf(errs.Internal, "%s has no entry", first.ID)
	}
	return entries[0], nil
}

func changeUsed() error {
	return errs.New(errs.Conflict+".change", "This change of the hold was something else")
}
