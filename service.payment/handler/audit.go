package handler

import (
	"context"

	"farthing/pkg/audit"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.payment/logic"
	paymentproto "farthing/service.payment/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// audit compares some payments with the ledger's transfers and with what the customers see. It may go on while they
// change.
func (h *Handler) audit(ctx context.Context, w audit.Window) (audit.Page, error) {
	payments, next, err := h.store.Payments.Walk(ctx, w.After, w.Limit)
	if err != nil {
		return audit.Page{}, err
	}
	page := audit.Page{Next: next, Own: make(map[string]int64)}
	for _, p := range payments {
		page.Checked++
		fault, err := h.contradiction(ctx, p, page.Own)
		if err != nil {
			return audit.Page{}, err
		}
		if fault.Rule == "" {
			continue
		}
		now, _, err := h.store.Payments.Find(ctx, p.State.GetId())
		if err != nil {
			return audit.Page{}, err
		}
		if now.Revision == p.Revision { // Otherwise it changed meanwhile.
			fault.BankPayment = p.State.GetId()
			page.Faults = append(page.Faults, fault)
		}
	}
	return page, nil
}

// contradiction is the first thing in which others do not agree with a payment, without a rule if they all do. It
// counts what the bank's own accounts must have because of it.
func (h *Handler) contradiction(ctx context.Context, p kept, own map[string]int64) (fault audit.Fault, err error) {
	for _, m := range logic.MovementsOf(p.State) {
		made, err := balanceproto.FindTransfer(ctx, h.balance, logic.TransferID(p.State, m.Step))
		if err != nil {
			return audit.Fault{}, err
		}
		m.CountOwn(p.State, made, own)
		if detail := m.Contradicted(p.State, made); detail != "" && fault.Rule == "" {
			fault = audit.Fault{Journal: made.GetJournalId(), Rule: "transfer", Detail: detail}
		}
	}
	if fault.Rule != "" {
		return fault, nil
	}
	returned, err := h.returnedAs(ctx, p)
	if err != nil {
		return audit.Fault{}, err
	}
	for _, s := range logic.ShowingsOf(p.State, returned) {
		shown, err := h.shown(ctx, s.TransactionID)
		if err != nil {
			return audit.Fault{}, err
		}
		if detail := s.Contradicted(p.State, shown); detail != "" {
			return audit.Fault{Transaction: s.TransactionID, Rule: "transaction", Detail: detail}, nil
		}
	}
	return audit.Fault{}, nil
}

// shown is a transaction, nil if there is none.
func (h *Handler) shown(ctx context.Context, transactionID string) (*transactionsproto.Transaction, error) {
	if transactionID == "" {
		return nil, nil
	}
	return transactionsproto.Find(ctx, h.transactions, transactionID)
}

// returnedAs is the transaction of a payment's return, empty if it has not come back. Its id is of the revision in
// which the payment was coming back, the last but one.
func (h *Handler) returnedAs(ctx context.Context, p kept) (string, error) {
	if p.State.GetState() != paymentproto.State_STATE_RETURNED {
		return "", nil
	}
	was, found, err := h.store.Payments.Past(ctx, p.State.GetId(), p.Revision-1)
	if err != nil || !found {
		return "", err
	}
	return logic.ReturnID(was), nil
}
