package handler

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/store/faults"
	customerproto "farthing/service.customer/proto"
)

func TestACustomerIsKeptAsSaid(t *testing.T) {
	b := newBank(t, nil)
	req := ada("one")
	created := b.until(t, "one")
	want := &customerproto.Customer{
		Id: created.GetId(), CreatedMs: created.GetCreatedMs(),
		PreferredName: req.GetPreferredName(), PreferredFirstName: req.GetPreferredFirstName(),
		Email: req.GetEmail(), DateOfBirth: req.GetDateOfBirth(), Address: req.GetAddress(),
	}
	if diff := cmp.Diff(want, created, protocmp.Transform()); diff != "" {
		t.Fatal(diff)
	}
	got, err := b.customers.Get(t.Context(), &customerproto.GetRequest{UserId: created.GetId()})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.GetCustomer(), protocmp.Transform()); diff != "" {
		t.Fatal(diff)
	}
}

func TestADedupeIDMakesOneCustomer(t *testing.T) {
	b := newBank(t, nil)
	first := b.until(t, "one")
	if diff := cmp.Diff(first, b.until(t, "one"), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	grace := ada("two")
	grace.Email = "grace@example.com"
	if two, err := b.customers.Create(t.Context(), grace); err != nil || two.GetCustomer().GetId() == first.GetId() {
		t.Errorf("another dedupe_id made %v, %v", two, err)
	}
	other := ada("one")
	other.Email = "augusta@example.com"
	_, err := b.customers.Create(t.Context(), other)
	wantCode(t, err, "conflict.dedupe_id")
}

func TestADedupeIDMakesOneCustomerForAllAtOnce(t *testing.T) {
	b := newBank(t, nil)
	customers := make([]*customerproto.Customer, 16)
	var all sync.WaitGroup
	for i := range customers {
		all.Go(func() {
			rsp, err := b.customers.Create(t.Context(), ada("one"))
			if err != nil {
				t.Error(err)
			}
			customers[i] = rsp.GetCustomer()
		})
	}
	all.Wait()
	for _, customer := range customers {
		if diff := cmp.Diff(customers[0], customer, protocmp.Transform()); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestARepeatFinishesACreationThatWasCutShort(t *testing.T) {
	foundationtest.AtEachWrite(t, func(t *testing.T, pick faults.Pick) {
		b := newBank(t, pick)
		customer := b.until(t, "one")
		b.Settle(t)
		got, err := b.customers.Get(t.Context(), &customerproto.GetRequest{UserId: customer.GetId()})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(customer, got.GetCustomer(), protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
		b.wantFound(t, "ada@example.com", customer.GetId())
	})
}

func TestACreationNamesWhatIsWrongWithIt(t *testing.T) {
	b := newBank(t, nil)
	tooLong := strings.Repeat("1", 65)
	for code, change := range map[string]func(*customerproto.CreateRequest){
		"bad_request.missing_param.dedupe_id":     func(r *customerproto.CreateRequest) { r.DedupeId = "" },
		"bad_request.bad_param.dedupe_id":         func(r *customerproto.CreateRequest) { r.DedupeId = tooLong },
		"bad_request.missing_param.address.lines": func(r *customerproto.CreateRequest) { r.Address = nil },
		"bad_request.bad_param.date_of_birth":     func(r *customerproto.CreateRequest) { r.DateOfBirth = "2015-01-01" },
	} {
		req := ada("one")
		change(req)
		_, err := b.customers.Create(t.Context(), req)
		wantCode(t, err, code)
		_, err = b.customers.Check(t.Context(), checkOf(req))
		if strings.HasSuffix(code, ".dedupe_id") != (err == nil) {
			t.Errorf("checking: %v, want %s", err, code)
		} else if err != nil {
			wantCode(t, err, code)
		}
	}
}

// checkOf asks whether somebody could be created.
func checkOf(req *customerproto.CreateRequest) *customerproto.CheckRequest {
	return &customerproto.CheckRequest{
		PreferredName: req.GetPreferredName(), PreferredFirstName: req.GetPreferredFirstName(), Email: req.GetEmail(),
		DateOfBirth: req.GetDateOfBirth(), Address: req.GetAddress(),
	}
}

func TestACheckMakesNobody(t *testing.T) {
	b := newBank(t, nil)
	if _, err := b.customers.Check(t.Context(), checkOf(ada("one"))); err != nil {
		t.Fatal(err)
	}
	b.wantFound(t, "ada@example.com", "")
}

func TestGettingNamesWhatIsWrong(t *testing.T) {
	b := newBank(t, nil)
	for code, userID := range map[string]string{
		"bad_request.missing_param.user_id": "",
		"bad_request.bad_param.user_id":     "ada",
		"not_found.customer":                "user_00009zIcpb1TB4yeIFXMzx",
	} {
		_, err := b.customers.Get(t.Context(), &customerproto.GetRequest{UserId: userID})
		wantCode(t, err, code)
	}
}

func TestAPersonIsInNoErrorAndNoLog(t *testing.T) {
	var down atomic.Bool
	b := newBank(t, func(faults.Op) faults.Fault {
		if down.Load() {
			return faults.UnknownLost
		}
		return faults.None
	})
	b.until(t, "one")
	said := new(strings.Builder)
	try := func(change func(*customerproto.CreateRequest)) {
		req := ada("one")
		change(req)
		_, err := b.customers.Create(t.Context(), req)
		fmt.Fprintf(said, "%v %+v %#v\n", err, err, err)
	}
	try(func(r *customerproto.CreateRequest) { r.Address.City = "Bath" })
	try(func(r *customerproto.CreateRequest) { r.Email += "," })
	try(func(r *customerproto.CreateRequest) { r.PreferredName += "\n" })
	try(func(r *customerproto.CreateRequest) { r.DateOfBirth += " " })
	down.Store(true)
	try(func(*customerproto.CreateRequest) {})
	for _, secret := range private() {
		if strings.Contains(said.String(), secret) {
			t.Errorf("%q was answered", secret)
		}
		if strings.Contains(b.Logged(), secret) {
			t.Errorf("%q was logged", secret)
		}
	}
	if !strings.Contains(b.Logged(), "request failed") {
		t.Error("nothing was logged: the test looks in the wrong place")
	}
}
