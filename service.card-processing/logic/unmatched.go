package logic

import (
	"slices"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	moneyproto "farthing/pkg/money/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// UnmatchedPrefix begins the id of what is unmatched.
const UnmatchedPrefix = "unm"

// Short names of reasons, states and resolutions.
const (
	NoAuthorisation = cardprocessingproto.UnmatchedReason_UNMATCHED_REASON_NO_AUTHORISATION
	Ambiguous       = cardprocessingproto.UnmatchedReason_UNMATCHED_REASON_AMBIGUOUS
	BeyondTolerance = cardprocessingproto.UnmatchedReason_UNMATCHED_REASON_BEYOND_TOLERANCE
	UnknownCard     = cardprocessingproto.UnmatchedReason_UNMATCHED_REASON_UNKNOWN_CARD
	Duplicate       = cardprocessingproto.UnmatchedReason_UNMATCHED_REASON_DUPLICATE
	WrongCurrency   = cardprocessingproto.UnmatchedReason_UNMATCHED_REASON_WRONG_CURRENCY

	StateOpen      = cardprocessingproto.UnmatchedState_UNMATCHED_STATE_OPEN
	StateResolving = cardprocessingproto.UnmatchedState_UNMATCHED_STATE_RESOLVING
	StateResolved  = cardprocessingproto.UnmatchedState_UNMATCHED_STATE_RESOLVED

	Accepted   = cardprocessingproto.ResolutionKind_RESOLUTION_KIND_ACCEPTED
	Attached   = cardprocessingproto.ResolutionKind_RESOLUTION_KIND_ATTACHED
	Returned   = cardprocessingproto.ResolutionKind_RESOLUTION_KIND_RETURNED
	WrittenOff = cardprocessingproto.ResolutionKind_RESOLUTION_KIND_WRITTEN_OFF
)

// unmatchedBy is what is to be looked at because of a collection or refund; nil if it is as it should be.
func unmatchedBy(p *cardprocessingproto.Payment, s Said, now time.Time) *cardprocessingproto.Unmatched {
	doubt := doubtOf(p, s)
	if doubt == nil {
		return nil
	}
	currency := s.Currency
	if currency == "" {
		currency = p.GetCurrency()
	}
	return &cardprocessingproto.Unmatched{
		Id: id.Derived(UnmatchedPrefix, now, s.MessageID), Doubt: doubt, State: StateOpen, Refund: s.Kind == Refund,
		MessageId: s.MessageID, Amount: &moneyproto.Money{Minor: s.Minor, Currency: currency}, LocalAmount: s.Local,
		Descriptor_: s.Descriptor, Mcc: s.MCC, CardId: s.CardID, LastFour: s.LastFour, AtMs: now.UnixMilli(),
		Suspended: slices.Contains([]cardprocessingproto.UnmatchedReason{UnknownCard, WrongCurrency, Duplicate},
			doubt.GetReason()),
	}
}

// doubtOf is why a collection or refund may not be the payment's; nil if nothing speaks against it. What an operator
// has decided is not doubted again.
func doubtOf(p *cardprocessingproto.Payment, s Said) *cardprocessingproto.Doubt {
	because := func(reason cardprocessingproto.UnmatchedReason) *cardprocessingproto.Doubt {
		return &cardprocessingproto.Doubt{Reason: reason, Candidates: s.Doubt.GetCandidates()}
	}
	most, before := mostCollected(p), p.GetClearedMinor()
	if s.Kind == Refund {
		most, before = max(p.GetClearedMinor(), most), p.GetRefundedMinor()
	}
	beyond := s.Minor > most-before
	switch {
	case s.Decided:
		return nil
	case p.GetAccountId() == "":
		return because(UnknownCard)
	case s.Currency != "" && s.Currency != p.GetCurrency():
		return because(WrongCurrency)
	case beyond && s.Kind == Clearing && slices.Contains(p.GetCollectedMinor(), s.Minor):
		return because(Duplicate)
	case s.Doubt != nil:
		return s.Doubt
	case authorisedAs(p, s.RefundAuthorisation) != nil: // It was promised.
		return nil
	case p.GetAuthorisedMinor() == 0 && p.GetClearedMinor() == 0:
		return because(NoAuthorisation)
	case beyond:
		return because(BeyondTolerance)
	}
	return nil
}

// mostCollected is what the merchant of a payment may collect in all: a hold that has expired may still be collected,
// one that was given up may not.
func mostCollected(p *cardprocessingproto.Payment) int64 {
	return withTolerance(p.GetAuthorisedMinor()-p.GetReversedMinor(), p.GetMcc())
}

// FindUnmatched is what is unmatched of a payment, by id; nil if it has no such thing.
func FindUnmatched(p *cardprocessingproto.Payment, unmatchedID string) *cardprocessingproto.Unmatched {
	for _, u := range p.GetUnmatched() {
		if u.GetId() == unmatchedID {
			return u
		}
	}
	return nil
}

// admitResolution refuses what cannot be decided of something unmatched.
func admitResolution(p *cardprocessingproto.Payment, r *cardprocessingproto.Resolution) error {
	u := FindUnmatched(p, r.GetUnmatchedId())
	if u == nil {
		return errs.Missing("unmatched")
	}
	if u.GetState() != StateOpen {
		return errs.New(errs.PreconditionFailed+".unmatched", "It was resolved already")
	}
	if r.GetKind() == WrittenOff && u.GetRefund() && !u.GetSuspended() {
		return errs.BadParam("kind", "must not be written_off for money that the customer has: accept or return it")
	}
	taken := u.GetRefund() && !u.GetSuspended() && postedAs(p, u.GetMessageId()).GetStatus() != posted
	if taken && r.GetKind() != Accepted {
		return errs.New(errs.PreconditionFailed+".unmatched", "The merchant has taken it back already")
	}
	nobodys := u.GetSuspended() && u.GetDoubt().GetReason() != Duplicate
	if r.GetKind() == Accepted && nobodys && r.GetTo() == nil {
		return errs.MissingParam("card_id")
	}
	takesBack := r.GetKind() != Accepted && !u.GetRefund() && !u.GetSuspended()
	if takesBack && disputable(p) < u.GetAmount().GetMinor() {
		return errs.New(errs.PreconditionFailed+".dispute", "It is disputed: the dispute decides it")
	}
	return nil
}

// Side is where an adjustment takes money from, or puts it.
type Side int

// The sides.
const (
	OnAccount Side = iota
	OnSettlement
	OnSuspense
	OnDisputes
	OnLosses
)

// Adjustment is money that an event moves between a customer and the bank's own accounts, or between two of these.
type Adjustment struct {
	ID       string
	From, To Side
	Amount   *moneyproto.Money
}

// AdjustmentsOf are those that an event makes, in order.
func AdjustmentsOf(p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent) []Adjustment {
	switch {
	case e.GetUnmatched().GetSuspended():
		return []Adjustment{put(e.GetUnmatched(), e.GetMessageId(), OnSuspense, OnSettlement)}
	case e.GetDispute() != nil:
		return disputing(p, e)
	case e.GetKind() == Resolution && e.GetResolution().GetTo() == nil, e.GetKind() == Correction:
		return resolving(FindUnmatched(p, e.GetResolution().GetUnmatchedId()), e)
	}
	return nil
}

// resolving takes back what was done to the money of something unmatched, or lets the bank bear it.
func resolving(u *cardprocessingproto.Unmatched, e *cardprocessingproto.PaymentEvent) []Adjustment {
	stands := OnAccount
	if u.GetSuspended() {
		stands = OnSuspense
	}
	switch e.GetResolution().GetKind() {
	case Accepted:
		if e.GetKind() == Resolution {
			if !u.GetSuspended() {
				return nil // It is where it belongs.
			}
			return []Adjustment{put(u, e.GetMessageId(), OnAccount, OnSuspense)}
		}
		return []Adjustment{put(u, e.GetMessageId(), OnSettlement, stands)}
	case WrittenOff:
		return []Adjustment{put(u, e.GetMessageId(), OnLosses, stands)}
	default:
		return []Adjustment{put(u, e.GetMessageId(), OnSettlement, stands)}
	}
}

// put moves the amount of a collection from one side to another, and that of a refund the other way.
func put(u *cardprocessingproto.Unmatched, adjustmentID string, from, to Side) Adjustment {
	if u.GetRefund() {
		from, to = to, from
	}
	return Adjustment{ID: adjustmentID, From: from, To: to, Amount: u.GetAmount()}
}

// afterUnmatched is a payment after an event that is about something unmatched.
func afterUnmatched(next *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent) {
	if opened := e.GetUnmatched(); opened != nil {
		next.Unmatched = append(next.Unmatched, opened)
	}
	decided := e.GetResolution()
	u := FindUnmatched(next, decided.GetUnmatchedId())
	if u == nil {
		return
	}
	u.Resolution = decided
	if e.GetKind() == Resolution && decided.GetTo() != nil {
		u.State = StateResolving
		return
	}
	u.State = StateResolved
	switch minor, stays := u.GetAmount().GetMinor(), decided.GetKind() == Accepted; {
	case u.GetSuspended() && stays && e.GetKind() == Resolution:
		next.ClearedMinor, next.SettledMs = next.GetClearedMinor()+minor, e.GetAtMs()
		next.CollectedMinor = append(next.CollectedMinor, minor)
	case u.GetSuspended(), stays:
	case u.GetRefund():
		next.RefundedMinor -= minor
		if i := slices.Index(next.GetRefunds(), postedAs(next, u.GetMessageId())); i >= 0 {
			next.Refunds[i] = became(next.GetRefunds()[i], reversed)
		}
	default:
		next.ClearedMinor -= minor
		if i := slices.Index(next.CollectedMinor, minor); i >= 0 {
			next.CollectedMinor = slices.Delete(next.CollectedMinor, i, i+1)
		}
	}
}

// allAttached tells whether all that was collected of a payment, and then taken off it, is of other payments of the
// account: to its customer it is none of its own.
func allAttached(p *cardprocessingproto.Payment) bool {
	if p.GetStatus() != cardprocessingproto.PaymentStatus_PAYMENT_STATUS_REVERSED {
		return false
	}
	all := false
	for _, u := range p.GetUnmatched() {
		if u.GetRefund() || u.GetSuspended() || u.GetState() != StateResolved || u.GetResolution().GetKind() == Accepted {
			continue // It never was the customer's, or still is.
		}
		if !attachedWithin(p, u) { // The customer has money back, and must read so.
			return false
		}
		all = true
	}
	return all
}

// attachedWithin tells whether something unmatched went to another payment of the same account.
func attachedWithin(p *cardprocessingproto.Payment, u *cardprocessingproto.Unmatched) bool {
	r := u.GetResolution()
	return r.GetKind() == Attached && r.GetTo().GetAccountId() == p.GetAccountId()
}

// CountOwn adds what the bank's own accounts must have because of a payment, by name and currency: what the scheme has
// collected for it less what it sent back, wherever that stands now.
func CountOwn(p *cardprocessingproto.Payment, own map[string]int64) {
	settlement := "settlement_" + Scheme + " "
	if moved := p.GetClearedMinor() - p.GetRefundedMinor(); moved != 0 {
		own[settlement+p.GetCurrency()] += moved
	}
	for _, u := range p.GetUnmatched() {
		currency, minor := u.GetAmount().GetCurrency(), u.GetAmount().GetMinor()
		if u.GetRefund() {
			minor = -minor
		}
		switch resolved := u.GetState() == StateResolved; {
		case resolved && u.GetResolution().GetKind() == WrittenOff: // The customer's sums have it no more.
			own["losses "+currency] -= minor
			own[settlement+currency] += minor
		case u.GetSuspended() && !resolved:
			own["suspense "+currency] -= minor
			own[settlement+currency] += minor
		}
	}
	for _, d := range p.GetDisputes() {
		switch d.GetStatus() {
		case DisputeCredited:
			own["disputes "+p.GetCurrency()] -= d.GetAmountMinor()
		case DisputeWon:
			own[settlement+p.GetCurrency()] -= d.GetAmountMinor()
		default:
		}
	}
}
