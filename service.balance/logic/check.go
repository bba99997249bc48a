package logic

import (
	"encoding/binary"
	"hash"
	"math"
	"strconv"

	"farthing/pkg/day"
	balanceproto "farthing/service.balance/proto"
)

// Verdict is what became of a check. Its numbers are those of balance.v1.Verdict, and are stored.
type Verdict int64

// The verdicts.
const (
	Passed     Verdict = 1
	Failed     Verdict = 2 // It decided the decline.
	Overridden Verdict = 3 // It would have failed, but the payment was forced.
)

// Check is one step of a decision's explanation: what was looked at, and what was found. Minor units.
type Check struct {
	Name                 string // "card_active", "limit_day", "funds".
	Verdict              Verdict
	Input                string // What a check that is not about money has looked at.
	Limit, Before, After int64
}

// The ledger's own checks, by what they would decline with.
const fundsCheck = "funds"

// limitChecks are the names of limits, and the reasons that they decline with.
func limitCheck(w Window) (name string, reason Reason) {
	switch w {
	case OneDay:
		return "limit_day", LimitDay
	case OneWeek:
		return "limit_week", LimitWeek
	case OneMonth:
		return "limit_month", LimitMonth
	case CashOneDay:
		return "limit_cash_day", LimitCashDay
	case OneCashback:
		return "limit_cashback", LimitCashback
	case OnePayment:
	}
	return "limit_payment", LimitPayment
}

// decision goes through checks in order. The first that fails decides, and is the last; unless the payment is forced.
type decision struct {
	checks []Check
	reason Reason
	forced bool
}

// over tells whether it is decided.
func (d *decision) over() bool { return d.reason != NoReason }

func (d *decision) check(c Check, passed bool, otherwise Reason) {
	switch {
	case d.over():
		return
	case passed:
		c.Verdict = Passed
	case d.forced:
		c.Verdict = Overridden
	default:
		c.Verdict, d.reason = Failed, otherwise
	}
	d.checks = append(d.checks, c)
}

// decideHold is whether an amount may be held, and why.
func decideHold(a Account, c Command, amount int64, today day.Day) decision {
	d := decision{forced: c.Forced, checks: make([]Check, 0, len(c.Control.Checks)+len(c.Control.Limits)+1)}
	d.checks = append(d.checks, c.Control.Checks...)
	if c.Refusal != NoReason {
		d.refused(c.Refusal)
	}
	for _, limit := range c.Control.Limits {
		counts := limit.Window.of(amount, c.Control)
		if counts == 0 {
			continue
		}
		before := a.spentIn(c.Control.Set, limit.Window, today)
		name, reason := limitCheck(limit.Window)
		d.check(Check{Name: name, Limit: limit.Minor, Before: before, After: saturated(before, counts)},
			counts <= limit.Minor-before, reason)
	}
	d.checkFunds(a, amount)
	return d
}

// decideWithdrawal is whether an amount may go, and why.
func decideWithdrawal(a Account, amount int64) decision {
	var d decision
	d.checkFunds(a, amount)
	return d
}

func (d *decision) checkFunds(a Account, amount int64) {
	available := a.Available()
	d.check(Check{Name: fundsCheck, Limit: available, Before: available, After: saturated(available, -amount)},
		amount <= available, InsufficientFunds)
}

// refused takes over what whoever knows the card has found: the last of the checks has failed.
func (d *decision) refused(reason Reason) {
	if d.forced {
		for i := range d.checks {
			if d.checks[i].Verdict == Failed {
				d.checks[i].Verdict = Overridden
			}
		}
		return
	}
	d.reason = reason
	if n := len(d.checks); n == 0 || d.checks[n-1].Verdict != Failed {
		d.checks = append(d.checks, Check{Name: "refused", Verdict: Failed})
	}
}

// saturated is a sum that stops where int64 does. It only explains.
func saturated(a, b int64) int64 {
	switch sum := a + b; {
	case a > 0 && b > 0 && sum < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && sum >= 0:
		return math.MinInt64
	default:
		return sum
	}
}

// ChecksProto and ChecksOf are checks as they go over the wire and into the store, and back.
func ChecksProto(checks []Check) []*balanceproto.Check {
	sent, room := make([]*balanceproto.Check, len(checks)), make([]balanceproto.Check, len(checks))
	for i, c := range checks {
		sent[i] = &room[i]
		sent[i].Name, sent[i].Input = c.Name, c.Input
		sent[i].Verdict = balanceproto.Verdict(c.Verdict) //nolint:gosec // Its numbers are this enum's.
		sent[i].LimitMinor, sent[i].BeforeMinor, sent[i].AfterMinor = c.Limit, c.Before, c.After
	}
	return sent
}

// ChecksOf is the reverse of ChecksProto.
func ChecksOf(sent []*balanceproto.Check) []Check {
	if len(sent) == 0 {
		return nil
	}
	checks := make([]Check, len(sent))
	for i, c := range sent {
		checks[i] = Check{
			Name: c.GetName(), Verdict: Verdict(c.GetVerdict()), Input: c.GetInput(), Limit: c.GetLimitMinor(),
			Before: c.GetBeforeMinor(), After: c.GetAfterMinor(),
		}
	}
	return checks
}

// hashChecks adds an explanation to an entry's hash. Without one nothing is added.
func hashChecks(into hash.Hash, e Entry) {
	if e.ControlSet == "" && !e.Cash && e.Cashback == 0 && len(e.Checks) == 0 {
		return
	}
	text := make([]byte, 0, 64*(len(e.Checks)+1))
	text = strconv.AppendQuote(text, e.ControlSet)
	if e.Cash {
		text = append(text, '$')
	}
	if e.Cashback != 0 {
		text = binary.BigEndian.AppendUint64(append(text, '+'), uint64(e.Cashback)) //nolint:gosec // The same bits.
	}
	for _, c := range e.Checks {
		text = strconv.AppendQuote(strconv.AppendQuote(text, c.Name), c.Input)
		for _, number := range [...]int64{int64(c.Verdict), c.Limit, c.Before, c.After} {
			text = binary.BigEndian.AppendUint64(text, uint64(number)) //nolint:gosec // The same bits.
		}
	}
	into.Write(text)
}
