package handler

import (
	"context"
	"fmt"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/service.signup/logic"
	signupproto "farthing/service.signup/proto"
	"farthing/service.signup/storage"
)

const saidMax = 200 // Characters.

// Decide ends the waiting of an application in review. A repeat of the same decision answers the application as it is
// by now; another one is precondition_failed.not_in_review.
func (h *Handler) Decide(
	ctx context.Context, req *signupproto.DecideRequest,
) (*signupproto.DecideResponse, error) {
	if err := checkDecision(req); err != nil {
		return nil, err
	}
	a, err := h.find(ctx, req.GetApplicationId())
	if err != nil {
		return nil, err
	}
	decided, err := h.decide(ctx, a, req)
	return &signupproto.DecideResponse{Application: decided}, err
}

// decide decides an application as it was read, or as it is by now: that whoever listens was told of the review may be
// written meanwhile, and another operator may be faster.
func (h *Handler) decide(
	ctx context.Context, a storage.Kept, req *signupproto.DecideRequest,
) (*signupproto.Application, error) {
	for {
		next, err := logic.Decide(a.State, req.GetDecision(), h.clock.Now())
		if err != nil || next == a.State {
			return next, err
		}
		if err := h.store.Due.Add(ctx, h.clock.Now(), next.GetId()); err != nil { // It does not rest any more.
			return nil, fmt.Errorf("listing what was decided: %w", err)
		}
		if a, err = h.change(ctx, a, next, req.GetSaid()); err != nil {
			return nil, fmt.Errorf("deciding: %w", err)
		}
		h.wake(next.GetId())
	}
}

func checkDecision(req *signupproto.DecideRequest) error {
	switch req.GetDecision() {
	case signupproto.Decision_DECISION_UNSPECIFIED:
		return errs.MissingParam("decision")
	case signupproto.Decision_DECISION_APPROVE, signupproto.Decision_DECISION_REFUSE:
	default:
		return errs.BadParam("decision", "must be to approve or to refuse")
	}
	if err := checkSaid("by", req.GetSaid().GetBy()); err != nil {
		return err
	}
	return checkSaid("reason", req.GetSaid().GetReason())
}

func checkSaid(field, text string) error {
	if text == "" {
		return errs.MissingParam(field)
	}
	return edge.Text(field, text, saidMax)
}
