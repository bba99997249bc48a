package handler

import (
	"context"
	"crypto/sha256"
	"fmt"
	"reflect"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.customer/logic"
	customerproto "farthing/service.customer/proto"
	"farthing/service.customer/storage"
)

// dedupeIDMax bounds a caller's own ids.
const dedupeIDMax = 64

// Create makes a customer. A repeat of a dedupe_id goes on where the first call stopped, and answers the same
// customer; with other details it is conflict.dedupe_id. An address that is another customer's is conflict.email_taken.
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
	customerID, err := h.begin(ctx, dedupeID, details)
	if err != nil {
		return logic.Customer{}, err
	}
	switch there, err := h.customers.Get(ctx, customerID); {
	case errs.Is(err, errs.NotFound):
		return h.insert(ctx, customerID, details)
	case err == nil && !reflect.DeepEqual(there.Details, details): // Begun by a release that kept no requests.
		return logic.Customer{}, storage.ErrOtherRequest()
	default:
		return there, err
	}
}

// insert does what is not done yet: every step keeps what an earlier or simultaneous call has done. The customer comes
// last, so that nobody is one whose address may be another's.
func (h *Handler) insert(ctx context.Context, customerID string, details logic.Details) (logic.Customer, error) {
	created, err := id.Time("user_id", "user", customerID)
	if err != nil {
		return logic.Customer{}, err
	}
	if err := h.customers.ClaimEmail(ctx, details.Email, customerID); err != nil {
		return logic.Customer{}, err
	}
	asked := logic.Customer{ID: customerID, Details: details, Created: created}
	customer, isNew, err := h.customers.Insert(ctx, asked)
	if isNew {
		h.created.Inc()
	}
	return customer, err
}

// begin is the customer's id that belongs to a dedupe id. An address that is taken is refused before the dedupe id is
// used up: it may come again with another address.
func (h *Handler) begin(ctx context.Context, dedupeID string, details logic.Details) (string, error) {
	request := requestOf(details)
	customerID, found, err := h.customers.Begun(ctx, dedupeID, request)
	if err != nil || found {
		return customerID, err
	}
	if err := h.customers.CheckEmailFree(ctx, details.Email); err != nil {
		return "", err
	}
	return h.customers.Begin(ctx, dedupeID, h.ids.New("user"), request)
}

// requestOf is a hash of what is asked for.
func requestOf(d logic.Details) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q %q %q %q", d.PreferredName, d.PreferredFirstName, d.Email,
		d.DateOfBirth, d.Address.Lines, d.Address.City, d.Address.Postcode, d.Address.Country))
	return sum[:]
}

// Check fails with bad_request, as Create would, unless a person with these details may be a customer.
func (h *Handler) Check(_ context.Context, req *customerproto.CheckRequest) (*customerproto.CheckResponse, error) {
	return &customerproto.CheckResponse{}, detailsOf(req).Check(h.clock.Now())
}

// described is a request with a person's details.
type described interface {
	GetPreferredName() string
	GetPreferredFirstName() string
	GetEmail() string
	GetDateOfBirth() string
	GetAddress() *customerproto.Address
}

func detailsOf(req described) logic.Details {
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
