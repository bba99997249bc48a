package ledger

import (
	"context"
	"fmt"
	"time"

	"pgregory.net/rapid"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/money"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
)

// verb is what may be asked of a ledger, or happen to it.
type verb string

const (
	hold     verb = "hold"
	extend   verb = "extend"
	release  verb = "release"
	clear    verb = "clear" // Of a hold.
	collect  verb = "collect"
	refund   verb = "refund"
	fence    verb = "fence"
	look     verb = "look" // What became of a hold, without a fence.
	confirm  verb = "confirm"
	disown   verb = "disown"
	payIn    verb = "pay in"
	transfer verb = "transfer"
	wait     verb = "wait"
	restart  verb = "restart"
)

func verbs() []verb {
	return []verb{
		hold, hold, hold, extend, extend, release, release, release, clear, clear, clear, collect, refund, fence, look,
		confirm, disown, payIn, payIn, transfer, transfer, wait, restart,
	}
}

// command is one of them. Names and numbers are drawn from few, so that commands meet.
type command struct {
	Verb            verb
	Replica         int
	Account, Name   int
	Step            int64
	Minor, Captured int64
	Set             int
	Forced, Partial bool
	Spending        bool
	Unrecorded      bool // Of a disowning.
}

// limit is of a day, for every card.
const limit = 30_00

func (c command) setID() string { return fmt.Sprint("ctl_", c.Set) }

// drawn is a command with this verb.
func drawn(t *rapid.T, v verb) command {
	c := command{
		Verb: v, Replica: rapid.IntRange(0, 1).Draw(t, "replica"), Account: rapid.IntRange(0, 1).Draw(t, "account"),
		Name: rapid.IntRange(0, 3).Draw(t, "name"), Step: rapid.SampledFrom([]int64{1, 1, 1, 2, 2, 3}).Draw(t, "step"),
		Minor: rapid.Int64Range(1, 20).Draw(t, "pounds") * 100, Set: rapid.IntRange(1, 2).Draw(t, "set"),
		Forced: rapid.IntRange(0, 9).Draw(t, "forced") == 0, Partial: rapid.IntRange(0, 4).Draw(t, "partial") == 0,
		Spending: rapid.Bool().Draw(t, "spending"), Unrecorded: rapid.Bool().Draw(t, "unrecorded"),
	}
	c.Captured = rapid.Int64Range(1, c.Minor/100).Draw(t, "captured") * 100
	switch {
	case v == payIn:
		c.Name, c.Minor = c.Name+rapid.IntRange(0, 9).Draw(t, "salary"), 3*c.Minor
	case v == release && rapid.Bool().Draw(t, "all"):
		c.Minor = 0
	}
	return c
}

// named are the names of one run: its accounts and holds are nobody else's.
type named string

func (n named) account(i int) string { return fmt.Sprintf("acc_%s_%d", n, i) }

func (n named) dedupe(c command) string { return fmt.Sprintf("%s %d", n, c.Name) }

// hold is a hold's id. Their times lie apart, so that some are later than whole buckets.
func (n named) hold(c command) string {
	at := noon().Add(time.Duration(c.Name) * 12 * time.Hour)
	return id.Derived("hold", at, fmt.Sprintf("%s %d %d", n, c.Account, c.Name))
}

func pounds(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "GBP"} }

// answer is what a command was answered, in words that can be compared.
type answer string

func told(e logic.Entry) answer {
	return answer(fmt.Sprintf("kind %d, reason %d: %+d posted, %+d held; then %d and %d",
		e.Kind, e.Reason, e.PostedChange, e.HeldChange, e.Posted, e.Held))
}

func answered(e logic.Entry, err error) answer {
	if err != nil {
		return answer(errs.Of(err).Code)
	}
	return told(e)
}

func settled(is bool, err error) answer {
	if err != nil {
		return answered(logic.Entry{}, err)
	}
	return answer(fmt.Sprint(is))
}

// do asks a replica.
func (r *replica) do(ctx context.Context, n named, c command) answer {
	account := n.account(c.Account)
	switch c.Verb {
	case hold:
		decision, err := r.Do(ctx, account, c.hold(n))
		return answered(decision.Entry, err)
	case extend:
		decision, err := r.Extend(ctx, account, n.hold(c), c.Step, c.Minor, logic.NoReason, c.Forced, c.control())
		return answered(decision.Entry, err)
	case release:
		return answered(r.Release(ctx, account, n.hold(c), c.Step, c.Minor))
	case fence:
		return answered(r.SettleHold(ctx, account, n.hold(c), c.Step-1, logic.Reversed))
	case look:
		return answered(r.SettleHold(ctx, account, n.hold(c), c.Step-1, logic.NoReason))
	case confirm:
		return settled(r.Confirm(ctx, account, n.hold(c)))
	case disown:
		return settled(r.Disown(ctx, account, n.hold(c), c.Unrecorded))
	case clear, collect, refund, payIn, transfer:
		return r.move(ctx, n, c)
	case wait, restart:
	}
	return ""
}

func (c command) control() logic.Control {
	return logic.Control{Set: c.setID(), Limits: []logic.Limit{{Window: logic.OneDay, Minor: limit}}}
}

func (c command) hold(n named) logic.Command {
	return logic.Command{
		ID: n.hold(c), Kind: logic.Held, Amount: c.Minor, Forced: c.Forced, Partial: c.Partial, Control: c.control(),
		TransactionID: "tx_of_" + n.hold(c),
	}
}

// move asks for a journal.
func (r *replica) move(ctx context.Context, n named, c command) answer {
	account := n.account(c.Account)
	clearing := logic.Clearing{
		Account: account, ID: n.dedupe(c), Scheme: "mastercard", Amount: pounds(c.Minor), ControlSet: c.setID(),
	}
	switch c.Verb {
	case clear:
		clearing.Hold, clearing.Change, clearing.Captured = n.hold(c), c.Step, c.Captured
		_, entry, err := r.books.Clear(ctx, clearing)
		return answered(entry, err)
	case collect:
		_, entry, err := r.books.Clear(ctx, clearing)
		return answered(entry, err)
	case refund:
		_, entry, err := r.books.Refund(ctx, clearing)
		return answered(entry, err)
	case payIn:
		_, entry, err := r.books.PayIn(ctx, account, pounds(c.Minor), n.dedupe(c))
		return answered(entry, err)
	default:
	}
	moving, err := r.books.Transfer(ctx, logic.Transfer{
		From: logic.Place{Account: account}, To: logic.Place{Account: n.account(1 - c.Account)},
		Amount: pounds(c.Minor), DedupeID: n.dedupe(c), Spending: c.Spending,
	})
	if err != nil || moving.Debit.Kind == logic.Declined {
		return answered(moving.Debit, err)
	}
	return told(moving.Debit) + " | " + told(moving.Credit)
}

func changeID(n named, c command, step int64) string { return balanceproto.ChangeID(n.hold(c), step) }
