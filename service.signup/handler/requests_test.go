package handler

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"farthing/pkg/rpc"
	"farthing/pkg/store/faults"
	signupproto "farthing/service.signup/proto"
)

func TestAnApplicationNamesWhatIsWrongWithIt(t *testing.T) {
	b := newBank(t, nil)
	type req = *signupproto.ApplyRequest
	tooLong := strings.Repeat("1", 65)
	for code, spoil := range map[string]func(req){
		"bad_request.missing_param.dedupe_id":        func(r req) { r.DedupeId = "" },
		"bad_request.bad_param.dedupe_id":            func(r req) { r.DedupeId = tooLong },
		"bad_request.missing_param.preferred_name":   func(r req) { r.Person = nil },
		"bad_request.missing_param.email":            func(r req) { r.Person.Email = "" },
		"bad_request.bad_param.date_of_birth":        func(r req) { r.Person.DateOfBirth = "2008-03-15" },
		"bad_request.bad_param.address.country":      func(r req) { r.Person.Address.Country = "FRA" },
		"bad_request.missing_param.address.postcode": func(r req) { r.Person.Address.Postcode = "" },
		"bad_request.bad_param.address.postcode":     func(r req) { r.Person.Address.Postcode = "75008" },
	} {
		req := ada("one", "")
		spoil(req)
		_, err := b.page.Apply(t.Context(), req)
		wantCode(t, err, code)
	}
	b.wantListed(t, "applied")
}

func TestADecisionNamesWhatIsWrongWithIt(t *testing.T) {
	b := newBank(t, nil)
	applicationID := b.apply(t, ada("one", "+review"))
	b.drive(t)
	type req = *signupproto.DecideRequest
	const nobodys = "signup_00009zIcpb1TB4yeIFXMzx"
	tooLong := strings.Repeat("a", 201)
	for code, spoil := range map[string]func(req){
		"bad_request.missing_param.application_id": func(r req) { r.ApplicationId = "" },
		"bad_request.bad_param.application_id":     func(r req) { r.ApplicationId = "signup_1" },
		"not_found.application":                    func(r req) { r.ApplicationId = nobodys },
		"bad_request.missing_param.decision":       func(r req) { r.Decision = 0 },
		"bad_request.bad_param.decision":           func(r req) { r.Decision = 3 },
		"bad_request.missing_param.by":             func(r req) { r.Said = nil },
		"bad_request.bad_param.by":                 func(r req) { r.Said.By = "a\nb" },
		"bad_request.missing_param.reason":         func(r req) { r.Said.Reason = "" },
		"bad_request.bad_param.reason":             func(r req) { r.Said.Reason = tooLong },
	} {
		req := &signupproto.DecideRequest{
			ApplicationId: applicationID, Decision: approve, Said: &signupproto.Said{By: "olive", Reason: "good"},
		}
		spoil(req)
		_, err := b.desk.Decide(t.Context(), req)
		wantCode(t, err, code)
	}
	b.want(t, applicationID, "review", "name_mismatch")
}

func TestReadingNamesWhatIsWrong(t *testing.T) {
	b := newBank(t, nil)
	for code, req := range map[string]*signupproto.ListRequest{
		"bad_request.missing_param.state": {},
		"bad_request.bad_param.state":     {State: 99},
		"bad_request.bad_param.limit":     {State: 1, Limit: 101},
		"bad_request.bad_param.before_id": {State: 1, BeforeId: "acc_1"},
	} {
		_, err := b.desk.List(t.Context(), req)
		wantCode(t, err, code)
	}
	_, err := b.desk.Get(t.Context(), &signupproto.GetRequest{ApplicationId: "signup_00009zIcpb1TB4yeIFXMzx"})
	wantCode(t, err, "not_found.application")
	_, err = b.page.Get(t.Context(), &signupproto.GetRequest{ApplicationId: "signup_00009zIcpb1TB4yeIFXMzx"})
	wantCode(t, err, rpc.NotACaller)
}

func TestAnApplicantIsInNoErrorAndNoLog(t *testing.T) {
	var down atomic.Bool
	b := newBank(t, func(op faults.Op) faults.Fault {
		if down.Load() && op == faults.Apply {
			return faults.UnknownLost
		}
		return faults.None
	})
	said := new(strings.Builder)
	try := func(what error) { fmt.Fprintf(said, "%v %+v %#v\n", what, what, what) }
	review := b.apply(t, ada("review", "+review"))
	b.apply(t, ada("down", "+down"))
	b.drive(t)
	_, err := b.page.Apply(t.Context(), ada("review", "+other"))
	try(err)
	down.Store(true)
	_, err = b.page.Apply(t.Context(), ada("lost", ""))
	try(err)
	_, err = b.desk.Decide(t.Context(), &signupproto.DecideRequest{
		ApplicationId: review, Decision: approve, Said: &signupproto.Said{By: "Olive Quist", Reason: "Lovelace is hers"},
	})
	try(err)
	for _, secret := range []string{"Lovelace", "ada+", "@example", "1990-12-10", "St James", "SW1Y", "Quist"} {
		if strings.Contains(said.String(), secret) {
			t.Errorf("%q was answered", secret)
		}
		if strings.Contains(b.Logged(), secret) {
			t.Errorf("%q was logged", secret)
		}
	}
	if !strings.Contains(b.Logged(), "applicant not checked") || !strings.Contains(b.Logged(), "request failed") {
		t.Error("nothing was logged: the test looks in the wrong place")
	}
}
