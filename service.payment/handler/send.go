package handler

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/pkg/id"
	moneyproto "farthing/pkg/money/proto"
	accountproto "farthing/service.account/proto"
	"farthing/service.payment/logic"
	paymentproto "farthing/service.payment/proto"
)

const (
	nameMax      = 140
	referenceMax = 18 // What the scheme carries.
	dedupeIDMax  = 64
)

// Send pays. Being declined for want of money is an outcome, not an error. A repeat of a dedupe_id answers the payment
// as it is by now.
func (h *Handler) Send(ctx context.Context, req *paymentproto.SendRequest) (*paymentproto.SendResponse, error) {
	if err := checkDedupeID(req.GetDedupeId()); err != nil {
		return nil, err
	}
	account, err := h.accountOf(ctx, req.GetAccountId())
	if err != nil {
		return nil, err
	}
	party, err := h.partyOf(ctx, account, req.GetPayeeId(), req.GetParty())
	if err != nil {
		return nil, err
	}
	p, err := h.asked(account, party, req.GetAmount(), req.GetReference(), req.GetDedupeId())
	if err == nil {
		err = h.admitOnce(ctx, p, account)
	}
	if err != nil {
		return nil, err
	}
	done, err := h.pay(ctx, p)
	return &paymentproto.SendResponse{Payment: done}, err
}

// Get is one payment: not_found.payment if there is none.
func (h *Handler) Get(ctx context.Context, req *paymentproto.GetRequest) (*paymentproto.GetResponse, error) {
	kept, err := h.find(ctx, req.GetPaymentId())
	return &paymentproto.GetResponse{Payment: kept.State}, err
}

func checkDedupeID(dedupeID string) error {
	switch {
	case dedupeID == "":
		return errs.MissingParam("dedupe_id")
	case len(dedupeID) > dedupeIDMax:
		return errs.BadParam("dedupe_id", "must be at most 64 bytes")
	}
	return nil
}

func (h *Handler) accountOf(ctx context.Context, accountID string) (*accountproto.Account, error) {
	if err := id.Check("account_id", "acc", accountID); err != nil {
		return nil, err
	}
	rsp, err := h.accounts.Get(ctx, &accountproto.GetRequest{AccountId: accountID})
	return rsp.GetAccount(), err
}

// partyOf is whom somebody wants to pay: a payee of theirs, or a party that was sent.
func (h *Handler) partyOf(
	ctx context.Context, account *accountproto.Account, payeeID string, sent *paymentproto.Party,
) (*paymentproto.Party, error) {
	if payeeID == "" {
		return sent, checkParty(sent)
	}
	if sent != nil {
		return nil, errs.BadParam("party", "excludes payee_id")
	}
	payees, err := h.store.Payees(ctx, account.GetUserId(), payeesMax)
	if err != nil {
		return nil, err
	}
	for _, payee := range payees {
		if payee.GetId() == payeeID {
			return payee.GetParty(), nil
		}
	}
	return nil, errs.Missing("payee")
}

func checkParty(p *paymentproto.Party) error {
	if p.GetName() == "" {
		return errs.MissingParam("party.name")
	}
	if err := edge.Text("party.name", p.GetName(), nameMax); err != nil {
		return err
	}
	return logic.CheckNumber("party", logic.PartyOf(p))
}

func checkAmount(amount *moneyproto.Money, account *accountproto.Account) error {
	switch {
	case amount == nil:
		return errs.MissingParam("amount")
	case amount.GetMinor() <= 0:
		return errs.BadParam("amount", "must be more than zero")
	case amount.GetCurrency() != account.GetCurrency():
		return errs.BadParam("amount.currency", "must be the account's, "+account.GetCurrency())
	}
	return nil
}

// asked is a payment from an account that is still to be written down, or what is wrong with it by itself.
func (h *Handler) asked(
	from *accountproto.Account, to *paymentproto.Party, amount *moneyproto.Money, reference, dedupeID string,
) (*paymentproto.Payment, error) {
	if err := checkAmount(amount, from); err != nil {
		return nil, err
	}
	if err := edge.Text("reference", reference, referenceMax); err != nil {
		return nil, err
	}
	return &paymentproto.Payment{
		Id: logic.PaymentID(from.GetId(), dedupeID), AccountId: from.GetId(), UserId: from.GetUserId(),
		Direction: paymentproto.Direction_DIRECTION_OUT, State: paymentproto.State_STATE_ACCEPTED, Amount: amount, Party: to,
		Reference: reference,
	}, nil
}

// admit refuses a payment that its two accounts do not allow, and says which way it goes.
func (h *Handler) admit(ctx context.Context, p *paymentproto.Payment, from *accountproto.Account) error {
	if from.GetClosed() {
		return errs.New(errs.PreconditionFailed+".account_closed", "The account is closed")
	}
	return h.route(ctx, p, from)
}

// admitOnce is admit, unless the payment was written down before: what its accounts were like then counts.
func (h *Handler) admitOnce(ctx context.Context, p *paymentproto.Payment, from *accountproto.Account) error {
	refused := h.admit(ctx, p, from)
	if !isRefusal(refused) {
		return refused
	}
	first, found, err := h.store.Payments.Find(ctx, p.GetId())
	switch {
	case err != nil:
		return err
	case !found:
		return refused
	}
	p.Direction = first.State.GetDirection()
	return nil
}

func isRefusal(err error) bool {
	return errs.Is(err, errs.BadRequest) || errs.Is(err, errs.PreconditionFailed)
}

// route finds out whether the other account is the bank's own.
func (h *Handler) route(ctx context.Context, p *paymentproto.Payment, from *accountproto.Account) error {
	found, err := h.accounts.Find(ctx, &accountproto.FindRequest{
		SortCode: p.GetParty().GetSortCode(), AccountNumber: p.GetParty().GetAccountNumber(),
	})
	other := found.GetAccount()
	switch {
	case errs.Is(err, errs.NotFound) && p.GetParty().GetSortCode() != from.GetSortCode():
		return nil
	case errs.Is(err, errs.NotFound), err == nil && other.GetClosed():
		return errs.BadParam("party.account_number", "is no account of this bank that is open")
	case err != nil:
		return fmt.Errorf("looking for the other account: %w", err)
	case other.GetId() == from.GetId():
		return errs.BadParam("party.account_number", "must be another account's")
	case other.GetCurrency() != from.GetCurrency():
		return errs.BadParam("amount.currency", "must be the other account's too")
	}
	p.Direction = paymentproto.Direction_DIRECTION_WITHIN
	p.OtherAccountId, p.OtherUserId = other.GetId(), other.GetUserId()
	return nil
}

// pay writes a payment down, unless its id was used before, and drives it as far as it goes now. A scheme that does not
// answer leaves it sent: the sweep goes on.
func (h *Handler) pay(ctx context.Context, p *paymentproto.Payment) (*paymentproto.Payment, error) {
	p.CreatedMs = h.clock.Now().UnixMilli()
	p.UpdatedMs = p.GetCreatedMs()
	if err := h.store.Unfinished.Add(ctx, h.clock.Now(), p.GetId()); err != nil {
		return nil, err
	}
	kept, err := h.store.Payments.Insert(ctx, p)
	if err != nil {
		return nil, err
	}
	if !sameRequest(p, kept.State) {
		return nil, errs.New(errs.Conflict+".dedupe_id", "The dedupe_id was used with another request")
	}
	kept, err = h.drive(ctx, kept)
	if err != nil && !errs.Is(err, schemeSilent) {
		return nil, fmt.Errorf("paying: %w", err)
	}
	return kept.State, nil
}

func sameRequest(a, b *paymentproto.Payment) bool {
	return a.GetDirection() == b.GetDirection() && proto.Equal(a.GetAmount(), b.GetAmount()) &&
		proto.Equal(a.GetParty(), b.GetParty()) && a.GetReference() == b.GetReference()
}
