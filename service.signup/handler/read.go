package handler

import (
	"context"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	signupproto "farthing/service.signup/proto"
	"farthing/service.signup/storage"
)

const listMax = 100

// Get is an application and all that has become of it: not_found.application if there is none.
func (h *Handler) Get(ctx context.Context, req *signupproto.GetRequest) (*signupproto.GetResponse, error) {
	a, err := h.find(ctx, req.GetApplicationId())
	if err != nil {
		return nil, err
	}
	changes, err := h.store.Changes(ctx, a.State.GetId())
	return &signupproto.GetResponse{Application: a.State, Changes: changes}, err
}

// Applicant is to whom mail about an application goes, and where the application is by now: not_found.applicant once
// the person was forgotten, not_found.application if there is none.
func (h *Handler) Applicant(
	ctx context.Context, req *signupproto.ApplicantRequest,
) (*signupproto.ApplicantResponse, error) {
	a, err := h.find(ctx, req.GetApplicationId())
	if err == nil && a.State.GetPerson() == nil {
		err = errs.Missing("applicant")
	}
	if err != nil {
		return nil, err
	}
	return &signupproto.ApplicantResponse{
		Email: a.State.GetPerson().GetEmail(), State: a.State.GetState(),
	}, nil
}

func (h *Handler) find(ctx context.Context, applicationID string) (storage.Kept, error) {
	if err := id.Check("application_id", "signup", applicationID); err != nil {
		return storage.Kept{}, err
	}
	a, found, err := h.store.Find(ctx, applicationID)
	if err == nil && !found {
		err = errs.Missing("application")
	}
	return a, err
}

// List is the applications in a state, the newest first.
func (h *Handler) List(ctx context.Context, req *signupproto.ListRequest) (*signupproto.ListResponse, error) {
	limit := int(req.GetLimit())
	switch {
	case req.GetState() == signupproto.State_STATE_UNSPECIFIED:
		return nil, errs.MissingParam("state")
	case signupproto.Word(req.GetState()) == "":
		return nil, errs.BadParam("state", "must be a state of an application")
	case limit == 0:
		limit = listMax
	case limit < 1, limit > listMax:
		return nil, errs.BadParam("limit", "must be from 1 to 100")
	}
	applications, err := h.store.List(ctx, req.GetState(), req.GetBeforeId(), limit)
	return &signupproto.ListResponse{Applications: applications}, err
}
