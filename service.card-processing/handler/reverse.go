package handler

import (
	"context"

	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// Reverse gives up an authorisation, in whole or in part. That there was nothing to give up is an outcome, not an
// error.
func (h *Handler) Reverse(
	ctx context.Context, req *cardprocessingproto.ReverseRequest,
) (*cardprocessingproto.ReverseResponse, error) {
	f := logic.FollowUp{Message: req.GetMessage(), Original: req.GetOriginal(), Amount: req.GetAmount()}
	if err := logic.CheckReverse(f, h.clock.Now()); err != nil {
		return nil, err
	}
	payment, event, err := h.follow(ctx, logic.Reversal, f)
	return &cardprocessingproto.ReverseResponse{Payment: payment, Event: event}, err
}

// Advise tells the final amount of an authorisation that was an estimate.
func (h *Handler) Advise(
	ctx context.Context, req *cardprocessingproto.AdviseRequest,
) (*cardprocessingproto.AdviseResponse, error) {
	f := logic.FollowUp{Message: req.GetMessage(), Original: req.GetOriginal(), Amount: req.GetAmount()}
	if err := logic.CheckIncrement(f, h.clock.Now()); err != nil {
		return nil, err
	}
	payment, event, err := h.follow(ctx, logic.Advice, f)
	return &cardprocessingproto.AdviseResponse{Payment: payment, Event: event}, err
}

// Increment asks to hold more. It answers by the deadline that Authorise has; being declined is an outcome.
func (h *Handler) Increment(
	ctx context.Context, req *cardprocessingproto.IncrementRequest,
) (*cardprocessingproto.IncrementResponse, error) {
	f := logic.FollowUp{Message: req.GetMessage(), Original: req.GetOriginal(), Amount: req.GetAmount()}
	if err := logic.CheckIncrement(f, h.clock.Now()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	payment, event, err := h.follow(ctx, logic.Increment, f)
	return &cardprocessingproto.IncrementResponse{Payment: payment, Event: event}, err
}
