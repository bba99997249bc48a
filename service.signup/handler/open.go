package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	accountproto "farthing/service.account/proto"
	cardsproto "farthing/service.cards/proto"
	customerproto "farthing/service.customer/proto"
	"farthing/service.signup/logic"
	signupproto "farthing/service.signup/proto"
)

// What is opened for everybody.
const (
	accountType = "uk_retail"
	currency    = "GBP"
)

// open makes the customer, the account and the card of an application that was approved. Each is made once, under the
// application's id: whoever dies between is followed by somebody who finds what is there.
func (h *Handler) open(ctx context.Context, a *signupproto.Application) (*signupproto.Application, error) {
	created, err := h.create(ctx, a)
	if reason := refusal(err); reason != "" {
		return logic.Go(a, signupproto.State_STATE_REFUSED, reason, h.clock.Now())
	}
	if err != nil {
		return nil, fmt.Errorf("creating the customer: %w", err)
	}
	userID := created.GetCustomer().GetId()
	opened, err := h.accounts.Open(ctx, &accountproto.OpenRequest{
		UserId: userID, Type: accountType, Currency: currency, DedupeId: a.GetId(),
	})
	if err != nil {
		return nil, fmt.Errorf("opening the account: %w", err)
	}
	issued, err := h.cards.Issue(ctx, &cardsproto.IssueRequest{
		AccountId: opened.GetAccount().GetId(), UserId: userID, DedupeId: a.GetId(),
	})
	if err != nil {
		return nil, fmt.Errorf("issuing the card: %w", err)
	}
	next, err := logic.Go(a, signupproto.State_STATE_OPENED, "", h.clock.Now())
	if err == nil {
		next.UserId, next.AccountId, next.CardId = userID, opened.GetAccount().GetId(), issued.GetCard().GetId()
	}
	return next, err
}

func (h *Handler) create(
	ctx context.Context, a *signupproto.Application,
) (*customerproto.CreateResponse, error) {
	p := a.GetPerson()
	return h.customers.Create(ctx, &customerproto.CreateRequest{
		DedupeId: a.GetId(), PreferredName: p.GetPreferredName(), PreferredFirstName: p.GetPreferredFirstName(),
		Email: p.GetEmail(), DateOfBirth: p.GetDateOfBirth(), Address: p.GetAddress(),
	})
}

// refusal is why a customer can never be created, empty if it may be tried again: so far nothing else was made.
func refusal(err error) string {
	switch {
	case errs.Is(err, errs.Conflict+".email_taken"):
		return logic.EmailTaken
	case errs.Is(err, errs.BadRequest):
		return logic.NotTaken
	case errs.Is(err, errs.NotFound): // Somebody has destroyed the customer already.
		return logic.Forgotten
	}
	return ""
}
