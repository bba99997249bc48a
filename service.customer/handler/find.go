package handler

import (
	"context"
	"fmt"
	"strings"

	"farthing/service.customer/logic"
	customerproto "farthing/service.customer/proto"
)

// FindByEmail is the customer with an address, however it is capitalised: not_found.customer if there is none, or if
// the data were destroyed.
func (h *Handler) FindByEmail(
	ctx context.Context, req *customerproto.FindByEmailRequest,
) (*customerproto.FindByEmailResponse, error) {
	email := strings.TrimSpace(req.GetEmail())
	if err := logic.CheckEmail("email", email); err != nil {
		return nil, err
	}
	customer, err := h.customers.FindByEmail(ctx, email)
	if err != nil {
		return nil, fmt.Errorf("finding a customer: %w", err)
	}
	return &customerproto.FindByEmailResponse{Customer: customerProto(customer)}, nil
}
