package handler

import (
	"context"
	"fmt"

	"farthing/pkg/id"
	"farthing/service.customer/logic"
	customerproto "farthing/service.customer/proto"
)

// Get is one customer: not_found.customer if there is none, or if the data were destroyed.
func (h *Handler) Get(ctx context.Context, req *customerproto.GetRequest) (*customerproto.GetResponse, error) {
	if err := id.Check("user_id", "user", req.GetUserId()); err != nil {
		return nil, err
	}
	customer, err := h.customers.Get(ctx, req.GetUserId())
	if err != nil {
		return nil, fmt.Errorf("getting a customer: %w", err)
	}
	return &customerproto.GetResponse{Customer: customerProto(customer)}, nil
}

func customerProto(c logic.Customer) *customerproto.Customer {
	address := c.Details.Address
	return &customerproto.Customer{
		Id: c.ID, PreferredName: c.Details.PreferredName, PreferredFirstName: c.Details.PreferredFirstName,
		Email: c.Details.Email, DateOfBirth: c.Details.DateOfBirth, CreatedMs: c.Created.UnixMilli(),
		Address: &customerproto.Address{
			Lines: address.Lines, City: address.City, Postcode: address.Postcode, Country: address.Country,
		},
	}
}
