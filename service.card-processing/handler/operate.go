package handler

import (
	"net/http"
	"strings"

	"farthing/pkg/audit"
	"farthing/pkg/foundation"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// operate answers operators:
//
//	GET /audit/payments?after=PLACE&limit=100    audit.Page: some payments, compared with ledger and transactions
//	GET /explanations/{id}?card_id=    cardprocessingproto.Explanation: by the id of a transaction, or of an
//	                                   authorisation on a card
//	GET /stand-ins?days=7    cardprocessingproto.StandIns: what was approved in the ledger's place
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
	env.Operate("GET "+cardprocessingproto.StandInsPath, http.HandlerFunc(
		func(w http.ResponseWriter, req *http.Request) {
			found, err := h.showStandIns(req.Context(), req.FormValue("days"))
			foundation.Reply(w, found, err)
		}))
}
