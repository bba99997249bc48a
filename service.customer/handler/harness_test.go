package handler

import (
	"testing"

	"go.uber.org/goleak"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/store/faults"
	customerproto "farthing/service.customer/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bank is service.customer, called as service.signup.
type bank struct {
	*foundationtest.Bank
	handler   *Handler
	customers customerproto.CustomersClient
}

func newBank(t *testing.T, pick faults.Pick) *bank {
	t.Helper()
	b := &bank{}
	service := foundation.Service{Name: Service.Name, Schema: Service.Schema, Register: func(env *foundation.Env) error {
		var err error
		if b.handler, err = newHandler(env); err == nil {
			customerproto.RegisterCustomersServer(env.GRPC, b.handler)
		}
		return err
	}}
	b.Bank = foundationtest.RunOn(t, pick, service)
	b.customers = customerproto.NewCustomersClient(b.Dial(t, "service.signup", Service.Name))
	return b
}

func ada(dedupeID string) *customerproto.CreateRequest {
	return &customerproto.CreateRequest{
		DedupeId: dedupeID, PreferredName: "Ada Lovelace", PreferredFirstName: "Ada",
		Email: "ada@example.com", DateOfBirth: "1990-12-10",
		Address: &customerproto.Address{
			Lines: []string{"12 St James's Square", "Westminster"}, City: "London", Postcode: "SW1Y 4JH", Country: "GBR",
		},
	}
}

// private is what must not be seen of her anywhere.
func private() []string {
	return []string{"Lovelace", "ada@example.com", "1990-12-10", "St James", "SW1Y"}
}

// until repeats a creation until it is answered.
func (b *bank) until(t *testing.T, dedupeID string) *customerproto.Customer {
	t.Helper()
	var err error
	for range 3 {
		var rsp *customerproto.CreateResponse
		if rsp, err = b.customers.Create(t.Context(), ada(dedupeID)); err == nil {
			return rsp.GetCustomer()
		}
	}
	t.Fatalf("three creations failed, at last with %v", err)
	return nil
}

// wantFound fails unless an address finds this customer; nobody, if it is empty.
func (b *bank) wantFound(t *testing.T, email, customer string) {
	t.Helper()
	rsp, err := b.customers.FindByEmail(t.Context(), &customerproto.FindByEmailRequest{Email: email})
	if customer == "" {
		wantCode(t, err, "not_found.customer")
	} else if err != nil || rsp.GetCustomer().GetId() != customer {
		t.Errorf("%s finds %s, %v, want %s", email, rsp.GetCustomer().GetId(), err, customer)
	}
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if err == nil || errs.Of(err).Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
}
