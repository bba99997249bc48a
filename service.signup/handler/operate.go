package handler

import (
	"encoding/json"
	"net/http"
	"strconv"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	signupproto "farthing/service.signup/proto"
)

const bodyMax = 16 << 10

// operate answers operators, each with the application as it then is (signupproto.View):
//
//	GET  /sign-ups?state=review&before=ID&limit=100    {"sign_ups": [signupproto.View]}, the newest first
//	POST /sign-ups                                     signupproto.Applying
//	GET  /sign-ups/{id}                                with its changes
//	POST /sign-ups/{id}/approval                       signupproto.Deciding
//	POST /sign-ups/{id}/refusal                        signupproto.Deciding
func (h *Handler) operate(env *foundation.Env) {
	const one = signupproto.SignUpsPath + "/{id}"
	env.Operate("GET "+signupproto.SignUpsPath, reply(h.operateList))
	env.Operate("POST "+signupproto.SignUpsPath, reply(h.operateApply))
	env.Operate("GET "+one, reply(h.operateShow))
	env.Operate("POST "+one+signupproto.ApprovalPath, reply(h.operateDecide(signupproto.Decision_DECISION_APPROVE)))
	env.Operate("POST "+one+signupproto.RefusalPath, reply(h.operateDecide(signupproto.Decision_DECISION_REFUSE)))
}

func reply(do func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := do(req)
		foundation.Reply(w, body, err)
	})
}

func decode(req *http.Request, into any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(nil, req.Body, bodyMax))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return errs.New(errs.BadRequest+".bad_body", "The body is not what was expected").Because(err)
	}
	return nil
}

func (h *Handler) operateList(req *http.Request) (any, error) {
	limit := 0
	if given := req.FormValue("limit"); given != "" {
		var err error
		if limit, err = strconv.Atoi(given); err != nil || limit < 1 || limit > listMax {
			return nil, errs.BadParam("limit", "must be from 1 to 100")
		}
	}
	state := signupproto.StateOf(req.FormValue("state"))
	if state == signupproto.State_STATE_UNSPECIFIED && req.FormValue("state") != "" {
		return nil, errs.BadParam("state", "must be applied, checking, review, approved, opened or refused")
	}
	rsp, err := h.List(req.Context(), &signupproto.ListRequest{
		State: state, BeforeId: req.FormValue("before"), Limit: int32(limit), //nolint:gosec // At most 100.
	})
	views := make([]signupproto.View, len(rsp.GetApplications()))
	for i, a := range rsp.GetApplications() {
		views[i] = signupproto.ViewOf(a)
	}
	return map[string]any{"sign_ups": views}, err
}

func (h *Handler) operateApply(req *http.Request) (any, error) {
	var sent signupproto.Applying
	if err := decode(req, &sent); err != nil {
		return nil, err
	}
	rsp, err := h.Apply(req.Context(), &signupproto.ApplyRequest{DedupeId: sent.DedupeID, Person: sent.Person()})
	if err != nil {
		return nil, err
	}
	a, err := h.find(req.Context(), rsp.GetApplicationId())
	return signupproto.ViewOf(a.State), err
}

func (h *Handler) operateShow(req *http.Request) (any, error) {
	rsp, err := h.Get(req.Context(), &signupproto.GetRequest{ApplicationId: req.PathValue("id")})
	return signupproto.ViewOf(rsp.GetApplication(), rsp.GetChanges()...), err
}

func (h *Handler) operateDecide(decision signupproto.Decision) func(*http.Request) (any, error) {
	return func(req *http.Request) (any, error) {
		var sent signupproto.Deciding
		if err := decode(req, &sent); err != nil {
			return nil, err
		}
		rsp, err := h.Decide(req.Context(), &signupproto.DecideRequest{
			ApplicationId: req.PathValue("id"), Decision: decision,
			Said: &signupproto.Said{By: sent.By, Reason: sent.Reason},
		})
		return signupproto.ViewOf(rsp.GetApplication()), err
	}
}
