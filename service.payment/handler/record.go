package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	moneyproto "farthing/pkg/money/proto"
	accountproto "farthing/service.account/proto"
	balanceproto "farthing/service.balance/proto"
	customerproto "farthing/service.customer/proto"
	"farthing/service.payment/logic"
	paymentproto "farthing/service.payment/proto"
	transactionsproto "farthing/service.transactions/proto"
)

const (
	schemeOut    = "payport_faster_payments"
	schemeWithin = "p2p_payment"
)

// recordTaken records a payment whose money has moved, on the customer's account and, within the bank, on the other.
func (h *Handler) recordTaken(
	ctx context.Context, p *paymentproto.Payment, moved *balanceproto.TransferResponse,
) error {
	if p.GetSuspense() {
		return nil // It is nobody's yet.
	}
	r := h.recordOf(p, 1)
	r.Balance, r.Metadata["ledger_insertion_id"] = moved.GetFromBalance(), moved.GetJournalId()
	switch p.GetDirection() {
	case paymentproto.Direction_DIRECTION_IN:
		r.Kind, r.Category, r.Amount = transactionsproto.Kind_KIND_PAYMENT_IN, "income", p.GetAmount()
		r.Balance = moved.GetToBalance()
	case paymentproto.Direction_DIRECTION_WITHIN:
		if err := h.recordReceived(ctx, p, moved); err != nil {
			return err
		}
		r.Personal.Counterparty.AccountId, r.Personal.Counterparty.UserId = p.GetOtherAccountId(), p.GetOtherUserId()
	default:
	}
	return h.record(ctx, r)
}

// recordReceived records a payment within the bank on the account that it goes to.
func (h *Handler) recordReceived(
	ctx context.Context, p *paymentproto.Payment, moved *balanceproto.TransferResponse,
) error {
	from, err := h.accounts.Get(ctx, &accountproto.GetRequest{AccountId: p.GetAccountId()})
	if err != nil {
		return fmt.Errorf("looking for who pays: %w", err)
	}
	name, err := h.nameOf(ctx, p.GetUserId())
	if err != nil {
		return err
	}
	r := h.recordOf(p, 1)
	r.TransactionId, r.AccountId = logic.TransactionID(p, p.GetOtherAccountId()), p.GetOtherAccountId()
	r.UserId, r.Kind, r.Category = p.GetOtherUserId(), transactionsproto.Kind_KIND_PAYMENT_IN, "income"
	r.Amount, r.Balance = p.GetAmount(), moved.GetToBalance()
	r.Personal.Counterparty = &transactionsproto.Counterparty{
		Name: name, SortCode: from.GetAccount().GetSortCode(), AccountNumber: from.GetAccount().GetAccountNumber(),
		UserId: p.GetUserId(), AccountId: p.GetAccountId(),
	}
	return h.record(ctx, r)
}

// nameOf is a customer's name; of one who was forgotten something that is none.
func (h *Handler) nameOf(ctx context.Context, user string) (string, error) {
	rsp, err := h.customers.Get(ctx, &customerproto.GetRequest{UserId: user})
	if errs.Is(err, errs.NotFound) {
		return "Somebody", nil
	}
	if err != nil {
		return "", fmt.Errorf("asking for a name: %w", err)
	}
	return rsp.GetCustomer().GetPreferredName(), nil
}

// recordSettled records that a payment out has arrived. Nobody is woken for it.
func (h *Handler) recordSettled(ctx context.Context, p *paymentproto.Payment) error {
	r := h.recordOf(p, 2)
	r.Status, r.Quiet = transactionsproto.Status_STATUS_SETTLED, true
	r.AtMs, r.SettledMs = h.clock.Now().UnixMilli(), h.clock.Now().UnixMilli()
	return h.record(ctx, r)
}

func (h *Handler) recordRefused(
	ctx context.Context, p *paymentproto.Payment, moved *balanceproto.TransferResponse,
) error {
	r := h.recordOf(p, 2)
	r.Status, r.Balance, r.AtMs = transactionsproto.Status_STATUS_REVERSED, moved.GetToBalance(), moved.GetDecidedMs()
	r.Amount = &moneyproto.Money{Currency: p.GetAmount().GetCurrency()}
	return h.record(ctx, r)
}

// recordReturned records a return as a transaction of its own.
func (h *Handler) recordReturned(
	ctx context.Context, p *paymentproto.Payment, moved *balanceproto.TransferResponse,
) error {
	if p.GetSuspense() {
		return nil
	}
	r := h.recordOf(p, 1)
	r.TransactionId, r.Kind, r.Amount = logic.ReturnID(p), transactionsproto.Kind_KIND_PAYMENT_RETURNED, p.GetAmount()
	r.Status, r.Balance = transactionsproto.Status_STATUS_SETTLED, moved.GetToBalance()
	r.AtMs, r.SettledMs = p.GetUpdatedMs(), moved.GetDecidedMs()
	r.Metadata["returned_transaction_id"], r.Metadata["return_reason"] = p.GetTransactionId(), p.GetReason()
	return h.record(ctx, r)
}

// recordOf is a payment out as its customer's account records it first; of one that is no payment out it is a start.
func (h *Handler) recordOf(p *paymentproto.Payment, version int64) *transactionsproto.RecordRequest {
	r := &transactionsproto.RecordRequest{
		TransactionId: logic.TransactionID(p, p.GetAccountId()), AccountId: p.GetAccountId(), UserId: p.GetUserId(),
		Kind: transactionsproto.Kind_KIND_PAYMENT_OUT, Version: version, Status: transactionsproto.Status_STATUS_PENDING,
		Amount: negated(p.GetAmount()), Scheme: schemeOut, Category: "transfers", OriginId: p.GetId(),
		Personal: personalOf(p.GetParty(), p.GetReference()),
		Metadata: map[string]string{"faster_payment": "true", "fps_payment_id": p.GetId()},
		AtMs:     p.GetCreatedMs(),
	}
	if p.GetStandingOrderId() != "" {
		r.Kind = transactionsproto.Kind_KIND_STANDING_ORDER
		r.Metadata["standing_order_id"] = p.GetStandingOrderId()
	}
	if p.GetDirection() != paymentproto.Direction_DIRECTION_OUT {
		r.Status, r.SettledMs = transactionsproto.Status_STATUS_SETTLED, p.GetCreatedMs()
	}
	if p.GetDirection() == paymentproto.Direction_DIRECTION_WITHIN {
		r.Scheme = schemeWithin
		delete(r.Metadata, "faster_payment")
		delete(r.Metadata, "fps_payment_id")
	}
	return r
}

func personalOf(party *paymentproto.Party, reference string) *transactionsproto.Personal {
	name := party.GetName()
	if name == "" {
		name = "Somebody" // A customer who was forgotten.
	}
	return &transactionsproto.Personal{
		Counterparty: &transactionsproto.Counterparty{
			Name: name, SortCode: party.GetSortCode(), AccountNumber: party.GetAccountNumber(),
		},
		Reference: reference,
	}
}

func negated(m *moneyproto.Money) *moneyproto.Money {
	return &moneyproto.Money{Minor: -m.GetMinor(), Currency: m.GetCurrency()}
}

func (h *Handler) record(ctx context.Context, r *transactionsproto.RecordRequest) error {
	if _, err := h.transactions.Record(ctx, r); err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	return nil
}
