package logic

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	moneyproto "farthing/pkg/money/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// What may become of a refund.
const (
	promised = cardprocessingproto.RefundStatus_REFUND_STATUS_PROMISED
	posted   = cardprocessingproto.RefundStatus_REFUND_STATUS_POSTED
	reversed = cardprocessingproto.RefundStatus_REFUND_STATUS_REVERSED
	expired  = cardprocessingproto.RefundStatus_REFUND_STATUS_EXPIRED
)

// refundReversed is why a refund is declined whose reversal came first.
const refundReversed = "reversed"

// IsOfRefund tells whether an event is about one of a payment's refunds, and not about its hold.
func IsOfRefund(e *cardprocessingproto.PaymentEvent) bool {
	return e.GetKind() == RefundAuthorisation || e.GetKind() == Refund || e.GetKind() == RefundReversal ||
		e.GetKind() == Expiry && e.GetRefund() != nil
}

// planRefund says what becomes of a refund, in whichever order its messages come: one that is posted stays so unless it
// is itself reversed, and one that was reversed before it was there is kept out. What is posted after its authorisation
// has ended is a refund of its own: the scheme has sent the money.
func planRefund(p *cardprocessingproto.Payment, s Said, e *cardprocessingproto.PaymentEvent) {
	switch s.Kind {
	case RefundAuthorisation:
		planPromise(p, e)
	case Refund:
		planPosting(p, s, e)
	case RefundReversal:
		planTakingBack(p, s, e)
	default: // An expiry.
		if r := authorisedAs(p, s.RefundAuthorisation); r.GetStatus() == promised {
			e.Refund = became(r, expired)
		}
	}
}

func planPromise(p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent) {
	switch r := authorisedAs(p, e.GetMessageId()); r.GetStatus() {
	case reversed:
		e.DeclineReason = refundReversed
	case cardprocessingproto.RefundStatus_REFUND_STATUS_UNSPECIFIED:
		e.BeginsTransactionId = transactionOf(e)
		e.Refund = &cardprocessingproto.RefundState{
			AuthorisationId: e.GetMessageId(), Minor: e.GetAmountMinor(), Status: promised, AtMs: e.GetAtMs(),
			TransactionId: e.GetBeginsTransactionId(), LocalAmount: e.GetLocalAmount(),
		}
	case promised, posted, expired: // It was posted first.
	}
}

func planPosting(p *cardprocessingproto.Payment, s Said, e *cardprocessingproto.PaymentEvent) {
	promise := authorisedAs(p, s.RefundAuthorisation)
	if fence := postedAs(p, e.GetMessageId()); fence != nil {
		e.DeclineReason = refundReversed
		switch promise.GetStatus() {
		case promised: // Nothing will ever come of it.
			e.Refund = became(promise, reversed)
		case cardprocessingproto.RefundStatus_REFUND_STATUS_UNSPECIFIED:
			e.Refund = became(fence, reversed)
			e.Refund.AuthorisationId = s.RefundAuthorisation
		case posted, reversed, expired:
		}
		return
	}
	if e.Unmatched = unmatchedBy(p, s, time.UnixMilli(e.GetAtMs())); e.GetUnmatched().GetSuspended() {
		return
	}
	e.PostedMinor = e.GetAmountMinor()
	if promise.GetStatus() == promised {
		e.Refund = became(promise, posted)
		e.Refund.PostingId, e.Refund.Minor = e.GetMessageId(), e.GetAmountMinor()
		return
	}
	e.BeginsTransactionId = transactionOf(e)
	e.Refund = &cardprocessingproto.RefundState{
		PostingId: e.GetMessageId(), Minor: e.GetAmountMinor(), Status: posted, AtMs: e.GetAtMs(),
		TransactionId: e.GetBeginsTransactionId(), LocalAmount: e.GetLocalAmount(),
	}
	if promise == nil {
		e.Refund.AuthorisationId = s.RefundAuthorisation
	}
}

func planTakingBack(p *cardprocessingproto.Payment, s Said, e *cardprocessingproto.PaymentEvent) {
	if s.Refund == "" {
		switch r := authorisedAs(p, s.RefundAuthorisation); r.GetStatus() {
		case promised:
			e.Refund = became(r, reversed)
		case cardprocessingproto.RefundStatus_REFUND_STATUS_UNSPECIFIED:
			e.Refund = &cardprocessingproto.RefundState{AuthorisationId: s.RefundAuthorisation, Status: reversed}
		case posted, reversed, expired:
		}
		return
	}
	switch r := postedAs(p, s.Refund); r.GetStatus() {
	case posted:
		e.Refund, e.PostedMinor = became(r, reversed), -r.GetMinor()
	case cardprocessingproto.RefundStatus_REFUND_STATUS_UNSPECIFIED:
		e.Refund = &cardprocessingproto.RefundState{PostingId: s.Refund, Status: reversed}
	case promised, reversed, expired:
	}
}

func became(r *cardprocessingproto.RefundState, s cardprocessingproto.RefundStatus) *cardprocessingproto.RefundState {
	next := proto.CloneOf(r)
	next.Status = s
	return next
}

// authorisedAs and postedAs are the refund that a message has authorised, or posted; nil if there is none.
func authorisedAs(p *cardprocessingproto.Payment, messageID string) *cardprocessingproto.RefundState {
	return refundWith(p, func(r *cardprocessingproto.RefundState) bool {
		return messageID != "" && r.GetAuthorisationId() == messageID
	})
}

func postedAs(p *cardprocessingproto.Payment, messageID string) *cardprocessingproto.RefundState {
	return refundWith(p, func(r *cardprocessingproto.RefundState) bool { return r.GetPostingId() == messageID })
}

func refundWith(
	p *cardprocessingproto.Payment, is func(*cardprocessingproto.RefundState) bool,
) *cardprocessingproto.RefundState {
	if i := slices.IndexFunc(p.GetRefunds(), is); i >= 0 {
		return p.GetRefunds()[i]
	}
	return nil
}

// takeRefund adds what an event made of a refund to its payment.
func takeRefund(p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent) {
	p.RefundedMinor += e.GetPostedMinor()
	if e.GetPostedMinor() != 0 {
		p.SettledMs = e.GetAtMs()
	}
	changed := e.GetRefund()
	if changed == nil {
		return
	}
	same := func(r *cardprocessingproto.RefundState) bool {
		return r.GetAuthorisationId() != "" && r.GetAuthorisationId() == changed.GetAuthorisationId() ||
			r.GetPostingId() != "" && r.GetPostingId() == changed.GetPostingId()
	}
	if i := slices.IndexFunc(p.GetRefunds(), same); i >= 0 {
		p.Refunds[i] = changed
	} else {
		p.Refunds = append(p.Refunds, changed)
	}
	p.PromisedMinor = 0
	for _, r := range p.GetRefunds() {
		if r.GetStatus() == promised {
			p.PromisedMinor += r.GetMinor()
		}
	}
}

// statusOfRefunds is the status of a payment that is nothing but refunds: unspecified if there never was any.
func statusOfRefunds(p *cardprocessingproto.Payment) cardprocessingproto.PaymentStatus {
	status := cardprocessingproto.PaymentStatus_PAYMENT_STATUS_UNSPECIFIED
	for _, r := range p.GetRefunds() {
		switch {
		case r.GetTransactionId() == "": // It was kept out.
		case r.GetStatus() == promised:
			return cardprocessingproto.PaymentStatus_PAYMENT_STATUS_PENDING
		case r.GetStatus() == posted:
			status = cardprocessingproto.PaymentStatus_PAYMENT_STATUS_SETTLED
		case status == cardprocessingproto.PaymentStatus_PAYMENT_STATUS_SETTLED:
		case r.GetStatus() == expired:
			status = cardprocessingproto.PaymentStatus_PAYMENT_STATUS_EXPIRED
		default:
			status = cardprocessingproto.PaymentStatus_PAYMENT_STATUS_REVERSED
		}
	}
	return status
}

// followRefund is what an event changes of a refund's transaction, or the one that it begins; nil for none.
func followRefund(
	p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent,
) *transactionsproto.FollowRequest {
	r := e.GetRefund()
	if r.GetTransactionId() == "" {
		return nil
	}
	follow := &transactionsproto.FollowRequest{
		TransactionId: r.GetTransactionId(), AccountId: p.GetAccountId(), Version: e.GetNumber(),
		Status: statusOfRefund(r), Amount: minorOf(given(r), p), AtMs: e.GetAtMs(), Balance: e.GetBalance(),
		Beginning: beginningOf(p, e), LocalAmount: localOfRefund(p, e), Rate: e.GetRate(),
	}
	if r.GetStatus() == posted || e.GetPostedMinor() != 0 {
		follow.SettledMs = e.GetAtMs()
	}
	return follow
}

// localOfRefund is the merchant's amount of a refund, nil for what it was.
func localOfRefund(p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent) *moneyproto.Money {
	first := e.GetRefund().GetLocalAmount()
	atHome := first == nil || first.GetCurrency() == p.GetCurrency()
	switch {
	case given(e.GetRefund()) == 0 && !atHome:
		return &moneyproto.Money{Currency: first.GetCurrency()}
	case e.GetLocalAmount() == nil && atHome:
		return minorOf(given(e.GetRefund()), p)
	}
	return e.GetLocalAmount()
}

// Given is what a refund has given its customer, and what it will.
func Given(r *cardprocessingproto.RefundState) (sent, coming int64) {
	switch r.GetStatus() {
	case posted:
		return r.GetMinor(), 0
	case promised:
		return 0, r.GetMinor()
	case reversed, expired, cardprocessingproto.RefundStatus_REFUND_STATUS_UNSPECIFIED:
	}
	return 0, 0
}

// given is both together: what its transaction shows.
func given(r *cardprocessingproto.RefundState) int64 {
	sent, coming := Given(r)
	return sent + coming
}

func statusOfRefund(r *cardprocessingproto.RefundState) transactionsproto.Status {
	switch r.GetStatus() {
	case promised:
		return transactionsproto.Status_STATUS_PENDING
	case posted:
		return transactionsproto.Status_STATUS_SETTLED
	case expired:
		return transactionsproto.Status_STATUS_EXPIRED
	case reversed, cardprocessingproto.RefundStatus_REFUND_STATUS_UNSPECIFIED:
	}
	return transactionsproto.Status_STATUS_REVERSED
}

// ShowsRefund tells whether a transaction shows a refund as it is.
func ShowsRefund(t *transactionsproto.Transaction, r *cardprocessingproto.RefundState) bool {
	return t.GetStatus() == statusOfRefund(r) && t.GetAmount().GetMinor() == given(r)
}

// Due is what falls first of a payment if nobody does anything about it, and when: its hold or a promised refund. It is
// false if there is nothing.
func Due(p *cardprocessingproto.Payment) (at time.Time, fall Said, ok bool) {
	if p.GetHeldMinor() > 0 {
		at, ok = time.UnixMilli(p.GetHeldMs()).Add(Term(p.GetMcc())), true
		fall = Said{Kind: Expiry, MessageID: "expiry"}
	}
	for _, r := range p.GetRefunds() {
		due := time.UnixMilli(r.GetAtMs()).Add(RefundTerm)
		if r.GetStatus() == promised && (!ok || due.Before(at)) {
			at, ok = due, true
			fall = Said{
				Kind: Expiry, MessageID: "expiry/" + r.GetAuthorisationId(), RefundAuthorisation: r.GetAuthorisationId(),
			}
		}
	}
	return at, fall, ok
}
