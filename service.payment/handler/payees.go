package handler

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	accountproto "farthing/service.account/proto"
	"farthing/service.payment/logic"
	paymentproto "farthing/service.payment/proto"
)

// payeesMax is how many payees a customer may have.
const payeesMax = 500

// AddPayee keeps somebody whom a customer pays. A repeat of the same answers the first.
func (h *Handler) AddPayee(
	ctx context.Context, req *paymentproto.AddPayeeRequest,
) (*paymentproto.AddPayeeResponse, error) {
	if err := id.Check("user_id", "user", req.GetUserId()); err != nil {
		return nil, err
	}
	if err := checkParty(req.GetParty()); err != nil {
		return nil, err
	}
	payees, err := h.store.Payees(ctx, req.GetUserId(), payeesMax)
	if err != nil {
		return nil, err
	}
	for _, payee := range payees {
		if proto.Equal(payee.GetParty(), req.GetParty()) {
			return &paymentproto.AddPayeeResponse{Payee: payee}, nil
		}
	}
	if len(payees) == payeesMax {
		return nil, errs.New(errs.PreconditionFailed+".payees", "There are too many payees")
	}
	now := h.clock.Now()
	added := &paymentproto.Payee{
		Id: h.ids.At("payee", now), UserId: req.GetUserId(), Party: req.GetParty(), CreatedMs: now.UnixMilli(),
	}
	return &paymentproto.AddPayeeResponse{Payee: added}, h.store.AddPayee(ctx, added)
}

// ListPayees is a customer's payees, oldest first.
func (h *Handler) ListPayees(
	ctx context.Context, req *paymentproto.ListPayeesRequest,
) (*paymentproto.ListPayeesResponse, error) {
	if err := id.Check("user_id", "user", req.GetUserId()); err != nil {
		return nil, err
	}
	payees, err := h.store.Payees(ctx, req.GetUserId(), payeesMax)
	return &paymentproto.ListPayeesResponse{Payees: payees}, err
}

// RemovePayee forgets a payee; one that there is not is forgotten already.
func (h *Handler) RemovePayee(
	ctx context.Context, req *paymentproto.RemovePayeeRequest,
) (*paymentproto.RemovePayeeResponse, error) {
	if err := id.Check("user_id", "user", req.GetUserId()); err != nil {
		return nil, err
	}
	if err := id.Check("payee_id", "payee", req.GetPayeeId()); err != nil {
		return nil, err
	}
	return &paymentproto.RemovePayeeResponse{}, h.store.RemovePayee(ctx, req.GetUserId(), req.GetPayeeId())
}

// CheckName compares a name with the one that the account's bank has: this one itself, or the one that the scheme asks.
func (h *Handler) CheckName(
	ctx context.Context, req *paymentproto.CheckNameRequest,
) (*paymentproto.CheckNameResponse, error) {
	if err := checkParty(req.GetParty()); err != nil {
		return nil, err
	}
	match, name, err := h.compare(ctx, logic.PartyOf(req.GetParty()))
	if err != nil {
		return nil, err
	}
	rsp := &paymentproto.CheckNameResponse{Match: paymentproto.NameMatch(match)} //nolint:gosec // Its numbers are these.
	if match == logic.CloseMatch {
		rsp.Name = name
	}
	return rsp, nil
}

func (h *Handler) compare(ctx context.Context, p logic.Party) (logic.NameCheck, string, error) {
	found, err := h.accounts.Find(ctx, &accountproto.FindRequest{SortCode: p.SortCode, AccountNumber: p.AccountNumber})
	switch {
	case errs.Is(err, errs.NotFound):
		return h.scheme.CheckName(ctx, p)
	case err != nil:
		return 0, "", fmt.Errorf("looking for the account: %w", err)
	}
	name, err := h.nameOf(ctx, found.GetAccount().GetUserId())
	return logic.CompareNames(p.Name, name), name, err
}
