package handler

import (
	"context"

	"farthing/pkg/errs"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// Explain is why an authorisation was decided as it was: not_found.payment if it never was.
func (h *Handler) Explain(
	ctx context.Context, req *cardprocessingproto.ExplainRequest,
) (*cardprocessingproto.ExplainResponse, error) {
	who, err := h.named(ctx, req)
	if err != nil {
		return nil, err
	}
	switch {
	case who.account == "" && req.GetCardId() != "":
		return nil, errs.Missing("payment") // Of a card that is nobody's: it was collected, and never decided.
	case who.account == "":
		return nil, errs.MissingParam("card_id")
	}
	found, err := h.balance.Explain(ctx, &balanceproto.ExplainRequest{AccountId: who.account, HoldId: who.key})
	if errs.Is(err, errs.NotFound) {
		return nil, errs.Missing("payment")
	}
	if err != nil {
		return nil, err
	}
	return &cardprocessingproto.ExplainResponse{
		AuthorisationId: logic.AuthorisationID(who.key),
		Approved:        found.GetOutcome() == balanceproto.Outcome_OUTCOME_APPROVED,
		DeclineReason:   balanceproto.ReasonText(found.GetDeclineReason()),
		Checks:          found.GetChecks(), ControlSetId: found.GetControlSetId(), DecidedMs: found.GetDecidedMs(),
	}, nil
}
