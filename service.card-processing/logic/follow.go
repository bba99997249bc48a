package logic

import (
	moneyproto "farthing/pkg/money/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// Scheme is the card scheme that all payments come from.
const Scheme = "mastercard"

// Follow is what an event changes for the customer: of the payment's transaction, and of one that it begins. It is
// nothing for an event that the customer never sees.
func Follow(
	before, after *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent,
) []*transactionsproto.FollowRequest {
	all := make([]*transactionsproto.FollowRequest, 0, 2)
	for _, follow := range []*transactionsproto.FollowRequest{followed(before, after, e), moved(after, e)} {
		if follow != nil {
			all = append(all, follow)
		}
	}
	return all
}

func followed(
	before, after *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent,
) *transactionsproto.FollowRequest {
	switch {
	case e.GetUnmatched().GetSuspended():
		return nil
	case IsOfRefund(e):
		return followRefund(after, e)
	case before.GetRefundedMinor() > after.GetRefundedMinor():
		return unrefunded(after, e)
	case e.GetKind() == Abandonment, after.GetTransactionId() == "":
		return nil
	case taken(before) == taken(after) && before.GetStatus() == after.GetStatus() && e.GetDispute() == nil:
		return nil
	}
	return &transactionsproto.FollowRequest{
		TransactionId: after.GetTransactionId(), AccountId: after.GetAccountId(), Version: e.GetNumber(),
		Status: statusOf(after), Amount: minorOf(-taken(after), after), LocalAmount: localOf(after),
		AtMs: e.GetAtMs(), SettledMs: after.GetSettledMs(), Balance: e.GetBalance(), Beginning: ownBeginning(after, e),
		Rate: rateOf(after, e),
		// What was held is collected, or the customer's own dispute: the customer has heard of it.
		Quiet: e.GetKind() == Clearing && e.GetBeginsTransactionId() == "" && taken(before) == taken(after) ||
			e.GetKind() == Disputed || e.GetDispute() != nil && e.GetBeginsTransactionId() != "",
		Dispute: shownDispute(after), Attached: allAttached(after),
	}
}

// Shows tells whether a transaction shows a payment as it is.
func Shows(t *transactionsproto.Transaction, p *cardprocessingproto.Payment) bool {
	if t.GetStatus() == transactionsproto.Status_STATUS_DECLINED {
		return taken(p) == 0
	}
	return t.GetStatus() == statusOf(p) && t.GetDispute() == shownDispute(p) && -t.GetAmount().GetMinor() == taken(p)
}

// ownBeginning is that of the payment's own transaction.
func ownBeginning(
	p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent,
) *transactionsproto.Beginning {
	if e.GetDispute() != nil {
		return nil
	}
	return beginningOf(p, e)
}

// unrefunded is a refund that was taken back.
func unrefunded(p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent) *transactionsproto.FollowRequest {
	u := FindUnmatched(p, e.GetResolution().GetUnmatchedId())
	return &transactionsproto.FollowRequest{
		TransactionId: u.GetTransactionId(), AccountId: p.GetAccountId(),
		Version: e.GetNumber(), Status: transactionsproto.Status_STATUS_REVERSED, Amount: minorOf(0, p), AtMs: e.GetAtMs(),
		SettledMs: e.GetAtMs(), Balance: e.GetBalance(), Attached: attachedWithin(p, u),
	}
}

// taken is what a payment takes from its customer now, held or collected.
func taken(p *cardprocessingproto.Payment) int64 { return p.GetHeldMinor() + p.GetClearedMinor() }

func minorOf(minor int64, p *cardprocessingproto.Payment) *moneyproto.Money {
	return &moneyproto.Money{Minor: minor, Currency: p.GetCurrency()}
}

// localOf is the merchant's amount of what is taken, nil where nobody said.
func localOf(p *cardprocessingproto.Payment) *moneyproto.Money {
	local := p.GetLocalAmount()
	switch {
	case p.GetClearedLocal() != nil && p.GetHeldMinor() == 0: // All of it is collected.
		return &moneyproto.Money{Minor: -p.GetClearedLocal().GetMinor(), Currency: p.GetClearedLocal().GetCurrency()}
	case local.GetCurrency() == p.GetCurrency():
		return minorOf(-taken(p), p)
	case taken(p) == 0 && local != nil:
		return &moneyproto.Money{Currency: local.GetCurrency()}
	}
	return nil
}

// rateOf is the rate of what is taken: the newest collection's once all of it is collected. Nil stays what it was.
func rateOf(p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent) *moneyproto.Rate {
	if p.GetClearedLocal() == nil || p.GetHeldMinor() > 0 {
		return nil
	}
	return e.GetRate()
}

func statusOf(p *cardprocessingproto.Payment) transactionsproto.Status {
	switch p.GetStatus() {
	case cardprocessingproto.PaymentStatus_PAYMENT_STATUS_PENDING:
		return transactionsproto.Status_STATUS_PENDING
	case cardprocessingproto.PaymentStatus_PAYMENT_STATUS_SETTLED:
		return transactionsproto.Status_STATUS_SETTLED
	case cardprocessingproto.PaymentStatus_PAYMENT_STATUS_REVERSED:
		return transactionsproto.Status_STATUS_REVERSED
	case cardprocessingproto.PaymentStatus_PAYMENT_STATUS_EXPIRED:
		return transactionsproto.Status_STATUS_EXPIRED
	case cardprocessingproto.PaymentStatus_PAYMENT_STATUS_DECLINED,
		cardprocessingproto.PaymentStatus_PAYMENT_STATUS_SUSPENDED,
		cardprocessingproto.PaymentStatus_PAYMENT_STATUS_UNSPECIFIED:
	}
	return transactionsproto.Status_STATUS_DECLINED
}

func beginningOf(
	p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent,
) *transactionsproto.Beginning {
	if e.GetBeginsTransactionId() == "" {
		return nil
	}
	return &transactionsproto.Beginning{
		UserId: p.GetUserId(), CardId: p.GetCardId(), HoldId: p.GetHoldId(), Descriptor_: e.GetDescriptor_(),
		Mcc: e.GetMcc(), Scheme: Scheme, Refund: e.GetRefund() != nil,
	}
}
