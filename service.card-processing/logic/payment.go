package logic

import (
	"cmp"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/money"
	moneyproto "farthing/pkg/money/proto"
	balanceproto "farthing/service.balance/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// Short names of the kinds of event.
const (
	Authorisation = cardprocessingproto.PaymentEventKind_PAYMENT_EVENT_KIND_AUTHORISATION
	Increment     = cardprocessingproto.PaymentEventKind_PAYMENT_EVENT_KIND_INCREMENT
	Reversal      = cardprocessingproto.PaymentEventKind_PAYMENT_EVENT_KIND_REVERSAL
	Expiry        = cardprocessingproto.PaymentEventKind_PAYMENT_EVENT_KIND_EXPIRY
	Clearing      = cardprocessingproto.PaymentEventKind_PAYMENT_EVENT_KIND_CLEARING
	Refund        = cardprocessingproto.PaymentEventKind_PAYMENT_EVENT_KIND_REFUND
	Abandonment   = cardprocessingproto.PaymentEventKind_PAYMENT_EVENT_KIND_ABANDONMENT
	Advice        = cardprocessingproto.PaymentEventKind_PAYMENT_EVENT_KIND_ADVICE

	RefundAuthorisation = cardprocessingproto.PaymentEventKind_PAYMENT_EVENT_KIND_REFUND_AUTHORISATION
	RefundReversal      = cardprocessingproto.PaymentEventKind_PAYMENT_EVENT_KIND_REFUND_REVERSAL
	Resolution          = cardprocessingproto.PaymentEventKind_PAYMENT_EVENT_KIND_RESOLUTION
	Correction          = cardprocessingproto.PaymentEventKind_PAYMENT_EVENT_KIND_CORRECTION
	Disputed            = cardprocessingproto.PaymentEventKind_PAYMENT_EVENT_KIND_DISPUTE
	Credited            = cardprocessingproto.PaymentEventKind_PAYMENT_EVENT_KIND_PROVISIONAL_CREDIT
	Won                 = cardprocessingproto.PaymentEventKind_PAYMENT_EVENT_KIND_DISPUTE_WON
	Lost                = cardprocessingproto.PaymentEventKind_PAYMENT_EVENT_KIND_DISPUTE_LOST
)

// PaymentEnded is why an increment is declined of which nothing is held any more.
const PaymentEnded = "payment_ended"

// Said is what a message says of a payment, after its authorisation.
type Said struct {
	Kind        cardprocessingproto.PaymentEventKind
	MessageID   string
	Minor       int64 // 0 for all.
	Local       *moneyproto.Money
	Rate        *moneyproto.Rate
	Descriptor  string
	MCC         string
	MoreFollows bool
	OnlyHeld    bool

	// The messages that have posted and authorised the refund that it is about; empty for none.
	Refund, RefundAuthorisation string
	Currency                    string // Of Minor; empty for the payment's.

	// Of a collection or refund: what was found when it was looked for, as the message named the card, and whether an
	// operator has decided that it belongs here.
	Doubt            *cardprocessingproto.Doubt
	CardID, LastFour string
	Decided          bool

	ClearingFile string // That it came in; empty for a message of its own.

	Resolution *cardprocessingproto.Resolution // Of a Resolution and of a Correction.

	Dispute *cardprocessingproto.DisputeStep // Of a step of a dispute.
}

// Admit refuses a message that a payment cannot take, before anything of it is written down.
func Admit(p *cardprocessingproto.Payment, s Said) error {
	moved := s.Kind == Clearing || s.Kind == Refund // There is no refusing it.
	switch {
	case !moved && s.Currency != "" && s.Currency != p.GetCurrency():
		return errs.BadParam("amount.currency", "must be the account's, "+p.GetCurrency())
	case s.Kind == Resolution:
		return admitResolution(p, s.Resolution)
	case s.Dispute != nil:
		return admitDispute(p, s)
	}
	return nil
}

// SameContent tells whether a message says what an event of its id was made of.
func SameContent(e *cardprocessingproto.PaymentEvent, s Said) bool {
	was, is := e.GetResolution(), s.Resolution
	if e.GetDispute().GetReason() != s.Dispute.GetReason() {
		return false
	}
	return e.GetKind() == s.Kind && e.GetAmountMinor() == s.Minor && was.GetKind() == is.GetKind() &&
		was.GetTo().GetHoldId() == is.GetTo().GetHoldId()
}

// Opening is a payment as its authorisation left it: what became of its hold, and what the customer's transaction
// says, which may not be there (yet). The event is the authorisation; nil if there never was one.
func Opening(
	p *cardprocessingproto.Payment, hold *balanceproto.SettleHoldResponse, t *transactionsproto.Transaction,
) (*cardprocessingproto.Payment, *cardprocessingproto.PaymentEvent) {
	opened := proto.CloneOf(p)
	opened.Currency = hold.GetAmount().GetCurrency()
	opened.Status = cardprocessingproto.PaymentStatus_PAYMENT_STATUS_DECLINED
	if hold.GetTransactionId() == "" { // Fenced: whatever comes under this id will be declined.
		return opened, nil
	}
	opened.TransactionId, opened.Version = hold.GetTransactionId(), 1
	event := &cardprocessingproto.PaymentEvent{
		Number: 1, Kind: Authorisation, MessageId: p.GetHoldId(), AtMs: hold.GetDecidedMs(),
		AmountMinor: hold.GetAmount().GetMinor(), Balance: t.GetBalance(),
		DeclineReason: balanceproto.ReasonText(hold.GetDeclineReason()),
	}
	if t != nil {
		opened.UserId, opened.CardId = t.GetUserId(), t.GetCardId()
		opened.CashbackMinor = -t.GetCashback().GetMinor()
		opened.Descriptor_, opened.Mcc = t.GetDescriptor_(), t.GetMcc()
		opened.LocalAmount = &moneyproto.Money{
			Minor: -t.GetLocalAmount().GetMinor(), Currency: t.GetLocalAmount().GetCurrency(),
		}
		opened.Rate = t.GetRate()
		event.AmountMinor = -t.GetAmount().GetMinor()
		event.LocalAmount, event.Rate = opened.GetLocalAmount(), opened.GetRate()
	}
	if hold.GetOutcome() == balanceproto.Outcome_OUTCOME_APPROVED {
		opened.Status = cardprocessingproto.PaymentStatus_PAYMENT_STATUS_PENDING
		opened.AuthorisedMinor, opened.HeldMinor = hold.GetAmount().GetMinor(), hold.GetAmount().GetMinor()
		opened.HeldMs = hold.GetDecidedMs()
	}
	return opened, event
}

// Plan is the event that a message makes of a payment, with what it is to do. It is written down before anything is
// done, so that whoever finds it does the same.
func Plan(p *cardprocessingproto.Payment, s Said, now time.Time) *cardprocessingproto.PaymentEvent {
	e := &cardprocessingproto.PaymentEvent{
		Number: p.GetVersion() + 1, Kind: s.Kind, MessageId: s.MessageID, AtMs: now.UnixMilli(), AmountMinor: s.Minor,
		LocalAmount: s.Local, Rate: s.Rate, Descriptor_: s.Descriptor, Mcc: s.MCC, MoreFollows: s.MoreFollows,
		ClearingFile: s.ClearingFile,
	}
	if IsOfRefund(e) || s.RefundAuthorisation != "" {
		planRefund(p, s, e)
		showUnmatched(p, e)
		return e
	}
	switch held := p.GetHeldMinor(); s.Kind {
	case Reversal, Expiry, Abandonment: // An Abandonment and an Expiry are of all.
		e.ReleasedMinor = held
		if s.Minor > 0 {
			e.ReleasedMinor = min(s.Minor, held)
		}
	case Increment:
		if e.ExtendedMinor = s.Minor; held == 0 {
			e.DeclineReason, e.ExtendedMinor = PaymentEnded, 0
		}
	case Advice:
		if held == 0 {
			e.DeclineReason = PaymentEnded
			break
		}
		e.ExtendedMinor, e.ReleasedMinor = max(s.Minor-held, 0), max(held-s.Minor, 0)
	case Clearing:
		if s.OnlyHeld && held < s.Minor {
			e.DeclineReason, e.ReleasedMinor = PaymentEnded, held
			break
		}
		if e.Unmatched = unmatchedBy(p, s, now); e.GetUnmatched().GetSuspended() {
			break
		}
		e.CapturedMinor = min(s.Minor, held)
		if !s.MoreFollows {
			e.ReleasedMinor = held - e.CapturedMinor
		}
		if p.GetTransactionId() == "" || p.GetStatus() == cardprocessingproto.PaymentStatus_PAYMENT_STATUS_DECLINED {
			e.BeginsTransactionId = transactionOf(e)
		}
	case Resolution, Correction:
		e.Resolution = proto.CloneOf(s.Resolution)
		if e.Resolution.AtMs == 0 {
			e.Resolution.AtMs = now.UnixMilli()
		}
	case Disputed, Credited, Won, Lost:
		planDispute(p, s, e)
	case Authorisation, Refund, RefundAuthorisation, RefundReversal,
		cardprocessingproto.PaymentEventKind_PAYMENT_EVENT_KIND_UNSPECIFIED:
	}
	showUnmatched(p, e)
	e.Changes = changesOf(e)
	return e
}

// showUnmatched says where the customer sees something unmatched.
func showUnmatched(p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent) {
	if u := e.GetUnmatched(); u != nil && !u.GetSuspended() {
		u.TransactionId = cmp.Or(e.GetRefund().GetTransactionId(), e.GetBeginsTransactionId(), p.GetTransactionId())
	}
}

// transactionOf names the transaction that an event begins.
func transactionOf(e *cardprocessingproto.PaymentEvent) string {
	return id.Derived("tx", time.UnixMilli(e.GetAtMs()), e.GetMessageId())
}

func changesOf(e *cardprocessingproto.PaymentEvent) int64 {
	var changes int64
	for _, minor := range []int64{e.GetExtendedMinor(), e.GetCapturedMinor(), e.GetReleasedMinor()} {
		if minor > 0 {
			changes++
		}
	}
	return changes
}

// After is a payment after an event, all of which is done.
func After(p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent) *cardprocessingproto.Payment {
	next := proto.CloneOf(p)
	next.Pending, next.Version, next.Changes = nil, e.GetNumber(), p.GetChanges()+e.GetChanges()
	next.HeldMinor += e.GetExtendedMinor() - e.GetCapturedMinor() - e.GetReleasedMinor()
	next.AuthorisedMinor += e.GetExtendedMinor()
	if e.GetExtendedMinor() > 0 {
		next.HeldMs = e.GetAtMs()
	}
	takeRefund(next, e)
	switch kind := e.GetKind(); {
	case kind == Reversal, kind == Abandonment, kind == Advice, kind == Clearing && e.GetDeclineReason() != "":
		next.ReversedMinor += e.GetReleasedMinor()
	case kind == Expiry:
		next.ExpiredMinor += e.GetReleasedMinor()
	case e.GetUnmatched().GetSuspended(): // It is nobody's yet.
	case kind == Clearing:
		next.ClearedLocal = clearedLocal(p, e)
		next.ClearedMinor += e.GetAmountMinor()
		next.CollectedMinor = append(next.CollectedMinor, e.GetAmountMinor())
		next.SettledMs = e.GetAtMs()
		if p.GetDescriptor_() == "" { // It was not authorised, or opened before its transaction was there.
			next.Descriptor_, next.Mcc = e.GetDescriptor_(), e.GetMcc()
		}
		if e.GetBeginsTransactionId() != "" {
			next.TransactionId = e.GetBeginsTransactionId()
		}
	case e.GetDispute() != nil:
		afterDispute(next, e)
	}
	afterUnmatched(next, e)
	next.Status = statusAfter(next, e)
	return next
}

// clearedLocal is the merchant's amount of all that was collected, with an event that collects; nil if it is not known.
func clearedLocal(p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent) *moneyproto.Money {
	if p.GetClearedMinor() == 0 || e.GetLocalAmount() == nil {
		return e.GetLocalAmount()
	}
	sum, err := money.Amount{
		Minor: p.GetClearedLocal().GetMinor(), Currency: p.GetClearedLocal().GetCurrency(),
	}.Plus(money.Amount{Minor: e.GetLocalAmount().GetMinor(), Currency: e.GetLocalAmount().GetCurrency()})
	if err != nil { // Of two currencies, or more than anybody can count.
		return nil
	}
	return &moneyproto.Money{Minor: sum.Minor, Currency: sum.Currency}
}

func statusAfter(
	p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent,
) cardprocessingproto.PaymentStatus {
	switch {
	case p.GetAccountId() == "":
		return suspendedStatus(p)
	case p.GetHeldMinor() > 0:
		return cardprocessingproto.PaymentStatus_PAYMENT_STATUS_PENDING
	case p.GetClearedMinor() > 0:
		return cardprocessingproto.PaymentStatus_PAYMENT_STATUS_SETTLED
	case p.GetAuthorisedMinor() == 0 && statusOfRefunds(p) != cardprocessingproto.PaymentStatus_PAYMENT_STATUS_UNSPECIFIED:
		return statusOfRefunds(p)
	case (e.GetKind() == Resolution || e.GetKind() == Correction) &&
		p.GetStatus() == cardprocessingproto.PaymentStatus_PAYMENT_STATUS_SETTLED: // All of it was taken back.
		return cardprocessingproto.PaymentStatus_PAYMENT_STATUS_REVERSED
	case e.GetReleasedMinor() == 0:
		return p.GetStatus()
	case e.GetKind() == Expiry:
		return cardprocessingproto.PaymentStatus_PAYMENT_STATUS_EXPIRED
	}
	return cardprocessingproto.PaymentStatus_PAYMENT_STATUS_REVERSED
}

// suspendedStatus is that of what no account is known for.
func suspendedStatus(p *cardprocessingproto.Payment) cardprocessingproto.PaymentStatus {
	for _, u := range p.GetUnmatched() {
		if u.GetState() != StateResolved {
			return cardprocessingproto.PaymentStatus_PAYMENT_STATUS_SUSPENDED
		}
	}
	return cardprocessingproto.PaymentStatus_PAYMENT_STATUS_REVERSED
}
