package handler

import (
	"context"
	"fmt"

	"farthing/pkg/audit"
	"farthing/pkg/errs"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// audit compares some payments with what the ledger and the customer have of them. It may go on while they change.
func (h *Handler) audit(ctx context.Context, w audit.Window) (audit.Page, error) {
	payments, next, err := h.payments.Walk(ctx, w.After, w.Limit)
	if err != nil {
		return audit.Page{}, err
	}
	page := audit.Page{Next: next, Own: make(map[string]int64)}
	for _, p := range payments {
		page.Checked++
		logic.CountOwn(p.State, page.Own)
		if p.State.GetPending() != nil {
			page.UnderWay = append(page.UnderWay, p.State.GetId())
		}
		rule, detail, err := h.contradiction(ctx, p.State)
		if err != nil {
			return audit.Page{}, err
		}
		if rule == "" {
			continue
		}
		now, _, err := h.payments.Find(ctx, p.Key)
		if err != nil {
			return audit.Page{}, err
		}
		if now.Revision == p.Revision { // Otherwise it changed meanwhile.
			page.Faults = append(page.Faults, audit.Fault{Payment: p.State.GetId(), Rule: rule, Detail: detail})
		}
	}
	return page, nil
}

// contradiction is the first thing in which others do not agree with a payment; no rule if they all do.
func (h *Handler) contradiction(
	ctx context.Context, p *cardprocessingproto.Payment,
) (rule, detail string, err error) {
	if p.GetPending() != nil || p.GetAccountId() == "" { // What is nobody's has no hold, and shows to nobody.
		return "", "", nil
	}
	hold, err := h.balance.GetHold(ctx, &balanceproto.GetHoldRequest{AccountId: p.GetAccountId(), HoldId: p.GetHoldId()})
	switch {
	case errs.Is(err, errs.NotFound):
		return "hold", "the ledger has never decided it", nil
	case err != nil:
		return "", "", err
	case hold.GetRemainingMinor() != p.GetHeldMinor() || hold.GetChanges() != p.GetChanges():
		return "hold", fmt.Sprintf("it holds %d minor units after %d changes, and the ledger %d after %d", p.GetHeldMinor(),
			p.GetChanges(), hold.GetRemainingMinor(), hold.GetChanges()), nil
	}
	if rule, detail, err = h.refundContradiction(ctx, p); rule != "" || err != nil {
		return rule, detail, err
	}
	if p.GetVersion() < 2 || p.GetTransactionId() == "" {
		return "", "", nil // Nothing has followed the authorisation that the customer would see.
	}
	t, err := h.transaction(ctx, p.GetTransactionId())
	switch {
	case err != nil || t == nil: // Nobody was told of it: the hold was abandoned.
		return "", "", err
	case !logic.Shows(t, p):
		return "transaction", fmt.Sprintf("it is %v of %d minor units, and its transaction %v of %d", p.GetStatus(),
			p.GetHeldMinor()+p.GetClearedMinor(), t.GetStatus(), -t.GetAmount().GetMinor()), nil
	}
	return "", "", nil
}

// refundContradiction is contradiction for a payment's refunds, and the sums of them.
func (h *Handler) refundContradiction(
	ctx context.Context, p *cardprocessingproto.Payment,
) (rule, detail string, err error) {
	var refunded, promised int64
	for _, r := range p.GetRefunds() {
		posted, coming := logic.Given(r)
		refunded, promised = refunded+posted, promised+coming
		if r.GetTransactionId() == "" {
			continue // It was kept out.
		}
		t, err := h.transaction(ctx, r.GetTransactionId())
		switch {
		case err != nil:
			return "", "", err
		case t == nil:
			return "refund", "its transaction " + r.GetTransactionId() + " is not there", nil
		case !logic.ShowsRefund(t, r):
			return "refund", fmt.Sprintf("it is %v of %d minor units, and its transaction %v of %d", r.GetStatus(),
				posted+coming, t.GetStatus(), t.GetAmount().GetMinor()), nil
		}
	}
	if refunded != p.GetRefundedMinor() || promised != p.GetPromisedMinor() {
		return "refund", fmt.Sprintf("its refunds come to %d minor units and %d promised, and it says %d and %d", refunded,
			promised, p.GetRefundedMinor(), p.GetPromisedMinor()), nil
	}
	return "", "", nil
}
