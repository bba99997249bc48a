package handler

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	apiproto "farthing/service.api/proto"
	balanceproto "farthing/service.balance/proto"
	cardsproto "farthing/service.cards/proto"
	customerproto "farthing/service.customer/proto"
	potproto "farthing/service.pot/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// message is the body of a message, as Standard Webhooks has it.
type message struct {
	Type      string `json:"type"`
	Timestamp string `json:"timestamp"` // When it happened.
	Data      any    `json:"data"`
}

func bodyOf(kind string, at time.Time, data any) ([]byte, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // As the public API has it.
	err := encoder.Encode(message{kind, apiproto.Time(at.UnixMilli()), data})
	if err != nil {
		return nil, fmt.Errorf("encoding a message: %w", err)
	}
	return bytes.TrimSuffix(body.Bytes(), []byte("\n")), nil
}

// transactionFor is a transaction in the state that the event tells of, with what events do not hold: names, and what
// the client itself has noted on it.
func (h *Handler) transactionFor(ctx context.Context, t *transactionsproto.Transaction, client string) (any, error) {
	rsp, err := h.transactions.Get(ctx, &transactionsproto.GetRequest{TransactionId: t.GetId(), ClientId: client})
	if err != nil {
		return nil, fmt.Errorf("asking for a transaction: %w", err)
	}
	now := rsp.GetTransaction()
	told := proto.CloneOf(t)
	told.Counterparty, told.Descriptor_ = now.GetCounterparty(), now.GetDescriptor_()
	told.Metadata, told.Notes = now.GetMetadata(), now.GetNotes()
	return apiproto.TransactionOf(told, true), nil
}

// accountBalance is a balance, and whose: beside other balances it must say so.
type accountBalance struct {
	AccountID string `json:"account_id"`
	apiproto.Balance
}

func (h *Handler) balance(ctx context.Context, account string) (any, error) {
	has, err := h.balances.GetBalance(ctx, &balanceproto.GetBalanceRequest{AccountId: account})
	if err != nil {
		return nil, fmt.Errorf("asking for a balance: %w", err)
	}
	pots, err := h.pots.List(ctx, &potproto.ListRequest{CurrentAccountId: account})
	if err != nil {
		return nil, fmt.Errorf("asking for its pots: %w", err)
	}
	return accountBalance{account, apiproto.BalanceOf(has, pots.GetPots())}, nil
}

// card is a card with the name on it, none if its customer was forgotten.
func (h *Handler) card(ctx context.Context, c *cardsproto.Card) (any, error) {
	holder, err := h.customers.Get(ctx, &customerproto.GetRequest{UserId: c.GetUserId()})
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, fmt.Errorf("asking for a name: %w", err)
	}
	return apiproto.CardOf(c, holder.GetCustomer().GetPreferredName()), nil
}

func (h *Handler) pot(ctx context.Context, potID string) (any, error) {
	rsp, err := h.pots.Get(ctx, &potproto.GetRequest{PotId: potID})
	if err != nil {
		return nil, fmt.Errorf("asking for a pot: %w", err)
	}
	return apiproto.PotOf(rsp.GetPot()), nil
}
