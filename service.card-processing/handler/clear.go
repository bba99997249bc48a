package handler

import (
	"context"

	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
	cardsproto "farthing/service.cards/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// Clear collects what was authorised, or what was not: the scheme has paid the merchant already.
func (h *Handler) Clear(
	ctx context.Context, req *cardprocessingproto.ClearRequest,
) (*cardprocessingproto.ClearResponse, error) {
	f := logic.FollowUp{
		Message: req.GetMessage(), Original: req.GetOriginal(), Amount: req.GetAmount(), LocalAmount: req.GetLocalAmount(),
		Rate:       req.GetConversionRate(),
		Descriptor: req.GetDescriptor_(), MCC: req.GetMcc(), MoreFollows: req.GetMoreFollows(),
		OnlyHeld: req.GetOnlyHeld(),
	}
	if err := logic.CheckMoved(f, h.clock.Now()); err != nil {
		return nil, err
	}
	payment, event, err := h.follow(ctx, logic.Clearing, f)
	return &cardprocessingproto.ClearResponse{Payment: payment, Event: event}, err
}

// matchPage is how many transactions are looked at in one read.
const matchPage = 100

// match looks among a card's pending payments for the one that a collection is of, as logic.Match.
func (h *Handler) match(
	ctx context.Context, f logic.FollowUp, card *cardsproto.Card,
) (string, *cardprocessingproto.Doubt, error) {
	var pending []*transactionsproto.Transaction
	req := &transactionsproto.ListRequest{
		AccountId: card.GetAccountId(), SinceMs: h.clock.Now().Add(-logic.LongestTerm).UnixMilli(), Limit: matchPage,
	}
	for {
		page, err := h.transactions.List(ctx, req)
		if err != nil {
			return "", nil, err
		}
		for _, t := range page.GetTransactions() {
			if t.GetCardId() == card.GetId() && t.GetStatus() == transactionsproto.Status_STATUS_PENDING {
				pending = append(pending, t)
			}
		}
		if len(page.GetTransactions()) < matchPage {
			hold, doubt := logic.Match(f, pending)
			return hold, doubt, nil
		}
		req.SinceMs, req.SinceId = 0, page.GetTransactions()[matchPage-1].GetId()
	}
}
