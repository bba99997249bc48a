package handler

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"farthing/pkg/audit"
	"farthing/pkg/errs"
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
//	GET /unmatched?state=open&before=ID&limit=100    cardprocessingproto.UnmatchedList; state is open or resolved
//	GET /unmatched/{id}                cardprocessingproto.UnmatchedView
//	POST /unmatched/{id}/resolution    decides it (cardprocessingproto.Decision); the answer is as it then is
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
	h.operateUnmatched(env)
	h.operateClearing(env)
	h.operateDisputes(env)
}

func (h *Handler) operateUnmatched(env *foundation.Env) {
	env.Operate("GET "+cardprocessingproto.UnmatchedPath, operation(
		func(req *http.Request) (cardprocessingproto.UnmatchedList, error) {
			asked, err := askedList(req)
			if err != nil {
				return cardprocessingproto.UnmatchedList{}, err
			}
			found, err := h.listUnmatched(req.Context(), asked.closed, asked.before, asked.limit)
			return cardprocessingproto.UnmatchedList{Unmatched: found}, err
		}))
	const one = cardprocessingproto.UnmatchedPath + "/{id}"
	env.Operate("GET "+one, operation(func(req *http.Request) (cardprocessingproto.UnmatchedView, error) {
		found, err := h.item(req.Context(), req.PathValue("id"))
		if err != nil {
			return cardprocessingproto.UnmatchedView{}, err
		}
		return viewOf(found), nil
	}))
	env.Operate("POST "+one+cardprocessingproto.ResolutionPath, operation(
		func(req *http.Request) (cardprocessingproto.UnmatchedView, error) {
			var sent cardprocessingproto.Decision
			if err := decode(req, &sent); err != nil {
				return cardprocessingproto.UnmatchedView{}, err
			}
			return h.resolve(req.Context(), req.PathValue("id"), sent)
		}))
}

// operation answers an operator JSON.
func operation[A any](do func(*http.Request) (A, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		answer, err := do(req)
		foundation.Reply(w, answer, err)
	})
}

const bodyMax = 64 << 10

// decode reads what an operator has sent.
func decode(req *http.Request, into any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(nil, req.Body, bodyMax))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return errs.New(errs.BadRequest+".bad_body", "The body is not what this operation takes").Because(err)
	}
	return nil
}

// list is a page of a register that an operator asks for.
type list struct {
	closed bool
	before string // An id; empty for the newest.
	limit  int
}

const (
	listUsually = 100
	listMax     = 500
)

func askedList(req *http.Request) (list, error) {
	asked := list{before: req.FormValue("before"), limit: listUsually}
	switch state := req.FormValue("state"); state {
	case "", "open":
	case "closed", "resolved":
		asked.closed = true
	default:
		return list{}, errs.BadParam("state", "must be open, or what comes after it")
	}
	if text := req.FormValue("limit"); text != "" {
		var err error
		if asked.limit, err = strconv.Atoi(text); err != nil || asked.limit < 1 || asked.limit > listMax {
			return list{}, errs.BadParam("limit", "must be from 1 to "+strconv.Itoa(listMax))
		}
	}
	return asked, nil
}
