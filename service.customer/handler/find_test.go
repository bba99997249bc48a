package handler

import (
	"fmt"
	"sync"
	"testing"

	"farthing/pkg/errs"
	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/rpc"
	"farthing/pkg/store/faults"
	customerproto "farthing/service.customer/proto"
)

// with is a creation under an address of its own.
func with(dedupeID, email string) *customerproto.CreateRequest {
	req := ada(dedupeID)
	req.Email = email
	return req
}

func TestAnAddressFindsItsCustomerHoweverItIsWritten(t *testing.T) {
	b := newBank(t, nil)
	made, err := b.customers.Create(t.Context(), with("one", "Ada.Lovelace@Example.COM"))
	if err != nil {
		t.Fatal(err)
	}
	if kept := made.GetCustomer().GetEmail(); kept != "Ada.Lovelace@Example.COM" {
		t.Errorf("it is kept as %s", kept)
	}
	for _, email := range []string{"Ada.Lovelace@Example.COM", "ada.lovelace@example.com", " ADA.LOVELACE@example.com "} {
		b.wantFound(t, email, made.GetCustomer().GetId())
	}
	for _, email := range []string{"adalovelace@example.com", "ada.lovelace+a@example.com", "ada.lovelace@example.org"} {
		b.wantFound(t, email, "")
	}
}

func TestFindingNamesWhatIsWrong(t *testing.T) {
	b := newBank(t, nil)
	for email, code := range map[string]string{
		"": "bad_request.missing_param.email", "ada": "bad_request.bad_param.email",
		"a@b\n.co": "bad_request.bad_param.email",
	} {
		_, err := b.customers.FindByEmail(t.Context(), &customerproto.FindByEmailRequest{Email: email})
		wantCode(t, err, code)
	}
	stranger := customerproto.NewCustomersClient(b.Dial(t, "service.feed", Service.Name))
	_, err := stranger.FindByEmail(t.Context(), &customerproto.FindByEmailRequest{Email: "ada@example.com"})
	wantCode(t, err, rpc.NotACaller)
}

func TestAnAddressIsOneCustomersOnly(t *testing.T) {
	b := newBank(t, nil)
	ada := b.until(t, "one")
	for _, email := range []string{"ada@example.com", "ADA@example.com"} {
		_, err := b.customers.Create(t.Context(), with("two", email))
		wantCode(t, err, "conflict.email_taken")
	}
	b.wantFound(t, "ada@example.com", ada.GetId())
	// The dedupe_id was not used up.
	grace, err := b.customers.Create(t.Context(), with("two", "grace@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	b.wantFound(t, "grace@example.com", grace.GetCustomer().GetId())
}

func TestOneOfManyWhoWantAnAddressGetsIt(t *testing.T) {
	b := newBank(t, nil)
	customers := make([]string, 16)
	var all sync.WaitGroup
	for i := range customers {
		all.Go(func() {
			rsp, err := b.customers.Create(t.Context(), with(fmt.Sprint("dedupe", i), "ada@example.com"))
			if customers[i] = rsp.GetCustomer().GetId(); err != nil && !errs.Is(err, "conflict.email_taken") {
				t.Error(err)
			}
		})
	}
	all.Wait()
	won := ""
	for _, customer := range customers {
		if customer != "" && won != "" {
			t.Fatalf("%s and %s have one address", won, customer)
		}
		won += customer
	}
	b.wantFound(t, "ada@example.com", won)
}

// Whoever repeats a creation that was cut short with another address must not keep both.
func TestACreationThatWasCutShortKeepsItsDetails(t *testing.T) {
	foundationtest.AtEachWrite(t, func(t *testing.T, pick faults.Pick) {
		b := newBank(t, pick)
		if _, err := b.customers.Create(t.Context(), ada("one")); err == nil {
			return
		}
		b.Settle(t)
		_, err := b.customers.Create(t.Context(), with("one", "augusta@example.com"))
		if err == nil { // Nothing of the first had been written.
			b.wantFound(t, "ada@example.com", "")
			return
		}
		wantCode(t, err, "conflict.dedupe_id")
		b.wantFound(t, "augusta@example.com", "")
		b.wantFound(t, "ada@example.com", b.until(t, "one").GetId())
	})
}

func TestWhoIsDestroyedLeavesTheAddressToOthers(t *testing.T) {
	b := newBank(t, nil)
	ada := b.until(t, "one")
	if err := b.handler.customers.Destroy(t.Context(), ada.GetId()); err != nil {
		t.Fatal(err)
	}
	b.wantFound(t, "ada@example.com", "")
	second := b.until(t, "two")
	b.wantFound(t, "ada@example.com", second.GetId())
	_, err := b.customers.Create(t.Context(), with("three", "ada@example.com"))
	wantCode(t, err, "conflict.email_taken")
	_, err = b.customers.Create(t.Context(), with("one", "ada@example.com"))
	wantCode(t, err, "not_found.customer")
	b.wantFound(t, "ada@example.com", second.GetId())
}
