package handler

import (
	"context"
	"net/http"
	"strings"

	"farthing/pkg/audit"
	"farthing/pkg/errs"
	"farthing/pkg/foundation"
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
	if who.account == "" {
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

// operate answers operators:
//
//	GET /audit/payments?after=PLACE&limit=100    audit.Page: some payments, compared with ledger and transactions
//	GET /explanations/{id}?card_id=    cardprocessingproto.Explanation: by the id of a transaction, or of an
//	                                   authorisation on a card
func (h *Handler) operate(env *foundation.Env) {
	env.Operate("GET "+cardprocessingproto.AuditPaymentsPath, audit.Pages(h.audit))
	env.Operate("GET "+cardprocessingproto.ExplanationsPath+"{id}", http.HandlerFunc(
		func(w http.ResponseWriter, req *http.Request) {
			asked := &cardprocessingproto.ExplainRequest{TransactionId: req.PathValue("id")}
			if strings.HasPrefix(req.PathValue("id"), logic.AuthorisationPrefix) {
				asked = &cardprocessingproto.ExplainRequest{
					AuthorisationId: req.PathValue("id"), CardId: req.FormValue("card_id"),
				}
			}
			found, err := h.Explain(req.Context(), asked)
			foundation.Reply(w, cardprocessingproto.ExplanationOf(found), err)
		}))
}
