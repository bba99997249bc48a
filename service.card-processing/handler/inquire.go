package handler

import (
	"context"
	"fmt"

	balanceproto "farthing/service.balance/proto"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
	cardsproto "farthing/service.cards/proto"
)

// InquireBalance is what a card's account has, for whoever may use the card. Being declined is an outcome. It answers
// by the deadline that Authorise has.
func (h *Handler) InquireBalance(
	ctx context.Context, req *cardprocessingproto.InquireBalanceRequest,
) (*cardprocessingproto.InquireBalanceResponse, error) {
	if err := logic.CheckInquiry(req, h.clock.Now()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	rsp, err := h.inquire(ctx, req)
	h.metrics.inquired(rsp, err)
	return rsp, err
}

func (h *Handler) inquire(
	ctx context.Context, req *cardprocessingproto.InquireBalanceRequest,
) (*cardprocessingproto.InquireBalanceResponse, error) {
	card, err := h.identify(ctx, req.GetMessage().GetCardNumber(), req.GetMessage().GetCardId())
	if err != nil {
		return nil, err
	}
	if card == nil {
		return &cardprocessingproto.InquireBalanceResponse{DeclineReason: unknownCard}, nil
	}
	use := logic.UseOfInquiry(req)
	if use.PIN, err = h.tryInquirysPIN(ctx, req, card); err != nil {
		return nil, err
	}
	if _, refusal := logic.Control(card, use, h.clock.Now()); refusal != 0 {
		return &cardprocessingproto.InquireBalanceResponse{DeclineReason: balanceproto.ReasonText(refusal)}, nil
	}
	found, err := h.balance.GetBalance(ctx, &balanceproto.GetBalanceRequest{AccountId: card.GetAccountId()})
	if err != nil {
		return nil, fmt.Errorf("getting the balance: %w", err)
	}
	return &cardprocessingproto.InquireBalanceResponse{
		Approved: true, Available: found.GetAvailable(), Posted: found.GetPosted(),
	}, nil
}

// tryInquirysPIN names an inquiry, as a payment would be, only if there is a PIN to be counted under that name.
func (h *Handler) tryInquirysPIN(
	ctx context.Context, req *cardprocessingproto.InquireBalanceRequest, card *cardsproto.Card,
) (*cardsproto.TryPINResponse, error) {
	if tried, _ := logic.PINTried(req.GetVerification()); !tried {
		return nil, nil //nolint:nilnil // Nobody did.
	}
	attempt, err := h.claim(ctx, "balance_inquiry/", req.GetMessage(), card, logic.FollowUp{})
	if err != nil {
		return nil, err
	}
	return h.tryPIN(ctx, card, attempt, req.GetVerification())
}
