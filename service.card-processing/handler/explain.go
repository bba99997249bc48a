package handler

import (
	"context"
	"net/http"
	"strings"

	"farthing/pkg/audit"
	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	"farthing/pkg/id"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// Explain is why an authorisation was decided as it was: not_found.payment if it never was.
func (h *Handler) Explain(
	ctx context.Context, req *cardprocessingproto.ExplainRequest,
) (*cardprocessingproto.ExplainResponse, error) {
	account, hold, err := h.decided(ctx, req)
	if err != nil {
		return nil, err
	}
	found, err := h.balance.Explain(ctx, &balanceproto.ExplainRequest{AccountId: account, HoldId: hold})
	if errs.Is(err, errs.NotFound) {
		return nil, errs.Missing("payment")
	}
	if err != nil {
		return nil, err
	}
	return &cardprocessingproto.ExplainResponse{
		AuthorisationId: logic.AuthorisationID(hold),
		Approved:        found.GetOutcome() == balanceproto.Outcome_OUTCOME_APPROVED,
		DeclineReason:   balanceproto.ReasonText(found.GetDeclineReason()),
		Checks:          found.GetChecks(), ControlSetId: found.GetControlSetId(), DecidedMs: found.GetDecidedMs(),
	}, nil
}

// decided is on which account and under which name an authorisation was decided.
func (h *Handler) decided(
	ctx context.Context, req *cardprocessingproto.ExplainRequest,
) (account, hold string, err error) {
	switch {
	case req.GetTransactionId() != "" && req.GetAuthorisationId() != "":
		return "", "", errs.BadParam("transaction_id", "excludes 'authorisation_id'")
	case req.GetTransactionId() != "":
		t, err := h.transaction(ctx, req.GetTransactionId())
		if err == nil && t.GetHoldId() == "" {
			err = errs.Missing("payment")
		}
		return t.GetAccountId(), t.GetHoldId(), err
	}
	if err := id.Check("authorisation_id", logic.AuthorisationPrefix, req.GetAuthorisationId()); err != nil {
		return "", "", err
	}
	card, err := h.identify(ctx, "", req.GetCardId())
	if err == nil && card == nil {
		err = errs.Missing("card")
	}
	return card.GetAccountId(), logic.HoldOf(req.GetAuthorisationId()), err
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
