package handler

import (
	"context"
	"fmt"
	"reflect"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.customer/logic"
	customerproto "farthing/service.customer/proto"
)

// dedupeIDMax bounds a caller's own ids.
const dedupeIDMax = 64

// Create makes a customer. A repeat of a dedupe_id goes on where the first call stopped, and answers the same
// customer; with other details it is conflict.dedupe_id.
func (h *Handler) Create(
	ctx context.Context, req *customerproto.CreateRequest,
) (*customerproto.CreateResponse, error) {
	details := detailsOf(req)
	switch {
	case req.GetDedupeId() == "":
		return nil, errs.MissingParam("dedupe_id")
	case len(req.GetDedupeId()) > dedupeIDMax:
		return nil, errs.BadParam("dedupe_id", "must be at most 64 bytes")
	}
	if err := details.Check(h.clock.Now()); err != nil {
		return nil, err
	}
	customer, err := h.create(ctx, req.GetDedupeId(), details)
	if err != nil {
		return nil, fmt.Errorf("creating a customer: %w", err)
	}
	return &customerproto.CreateResponse{Customer: customerProto(customer)}, nil
}

func (h *Handler) create(ctx context.Context, dedupeID string, details logic.Details) (logic.Customer, error) {
	customerID, err := h.customers.Begin(ctx, dedupeID, h.ids.New("user"))
	if err != nil {
		return logic.Customer{}, err
	}
	created, err := id.Time("user_id", "user", customerID)
	if err != nil {
		return logic.Customer{}, err
	}
	asked := logic.Customer{ID: customerID, Details: details, Created: created}
	customer, isNew, err := h.customers.Insert(ctx, asked)
	switch {
	case err != nil:
		return logic.Customer{}, err
	case isNew:
		h.created.Inc()
	case !reflect.DeepEqual(customer.Details, details):
		return logic.Customer{}, errs.New(errs.Conflict+".dedupe_id", "The dedupe_id was used with another request")
	}
	return customer, nil
}

func detailsOf(req *customerproto.CreateRequest) logic.Details {
	address := req.GetAddress()
	return logic.Details{
		PreferredName: req.GetPreferredName(), PreferredFirstName: req.GetPreferredFirstName(),
		Email: req.GetEmail(), DateOfBirth: req.GetDateOfBirth(),
		Address: logic.Address{
			Lines: address.GetLines(), City: address.GetCity(),
			Postcode: address.GetPostcode(), Country: address.GetCountry(),
		},
	}
}
