package handler

import (
	"context"
	"crypto/sha256"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	customerproto "farthing/service.customer/proto"
	"farthing/service.signup/logic"
	signupproto "farthing/service.signup/proto"
)

// dedupeIDMax bounds a caller's own ids.
const dedupeIDMax = 64

// Apply takes an application. What becomes of it is not waited for, so that neither the answer nor its time tells
// whether the address is a customer's. A repeat of a dedupe_id answers the same; for another person it is
// conflict.dedupe_id.
func (h *Handler) Apply(ctx context.Context, req *signupproto.ApplyRequest) (*signupproto.ApplyResponse, error) {
	switch {
	case req.GetDedupeId() == "":
		return nil, errs.MissingParam("dedupe_id")
	case len(req.GetDedupeId()) > dedupeIDMax:
		return nil, errs.BadParam("dedupe_id", "must be at most 64 bytes")
	}
	person := personOf(req.GetPerson())
	if err := h.check(ctx, person); err != nil {
		return nil, err
	}
	a, err := h.take(ctx, req.GetDedupeId(), person)
	if err != nil {
		return nil, fmt.Errorf("taking an application: %w", err)
	}
	return &signupproto.ApplyResponse{ApplicationId: a.GetId(), CreatedMs: a.GetCreatedMs()}, nil
}

// personOf is a person as they say, with what they may leave out.
func personOf(said *signupproto.Person) *signupproto.Person {
	first := said.GetPreferredFirstName()
	if first == "" {
		first = logic.FirstName(said.GetPreferredName())
	}
	return &signupproto.Person{
		PreferredName: said.GetPreferredName(), PreferredFirstName: first, Email: said.GetEmail(),
		DateOfBirth: said.GetDateOfBirth(), Address: said.GetAddress(),
	}
}

// check fails with bad_request unless a person may have an account, and be a customer, which service.customer knows.
func (h *Handler) check(ctx context.Context, p *signupproto.Person) error {
	if err := logic.CheckApplicant(p, h.clock.Now()); err != nil {
		return err
	}
	_, err := h.customers.Check(ctx, &customerproto.CheckRequest{
		PreferredName: p.GetPreferredName(), PreferredFirstName: p.GetPreferredFirstName(), Email: p.GetEmail(),
		DateOfBirth: p.GetDateOfBirth(), Address: p.GetAddress(),
	})
	if err != nil {
		return fmt.Errorf("checking a person's details: %w", err)
	}
	return nil
}

// take writes an application down, unless it is there. It is listed first, so that whatever is written is gone on with.
func (h *Handler) take(
	ctx context.Context, dedupeID string, p *signupproto.Person,
) (*signupproto.Application, error) {
	applicationID, err := h.store.Begin(ctx, dedupeID, h.ids.New("signup"), requestOf(p))
	if err != nil {
		return nil, err
	}
	if there, found, err := h.store.Find(ctx, applicationID); err != nil || found {
		return there.State, err
	}
	created, err := id.Time("application_id", "signup", applicationID)
	if err != nil {
		return nil, err
	}
	now := h.clock.Now()
	if err := h.store.Due.Add(ctx, now, applicationID); err != nil {
		return nil, err
	}
	kept, isNew, err := h.store.Insert(ctx, &signupproto.Application{
		Id: applicationID, State: signupproto.State_STATE_APPLIED, Person: p, CreatedMs: created.UnixMilli(),
		UpdatedMs: created.UnixMilli(), NextMs: now.Add(logic.LeftBehind).UnixMilli(),
	})
	if isNew {
		h.counts.came(kept.State)
		h.wake(applicationID)
	}
	return kept.State, err
}

// requestOf is a hash of what is asked for.
func requestOf(p *signupproto.Person) []byte {
	a := p.GetAddress()
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q %q %q %q", p.GetPreferredName(), p.GetPreferredFirstName(),
		p.GetEmail(), p.GetDateOfBirth(), a.GetLines(), a.GetCity(), a.GetPostcode(), a.GetCountry()))
	return sum[:]
}
