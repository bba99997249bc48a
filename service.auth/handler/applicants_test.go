package handler

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/store"
	"farthing/pkg/store/faults"
	"farthing/pkg/store/storetest"
	"farthing/service.auth/mail"
	"farthing/service.auth/storage"
	customerproto "farthing/service.customer/proto"
	signupproto "farthing/service.signup/proto"
	signupevents "farthing/service.signup/proto/events"
)

const applicationID = "signup_00009zIcpb1TB4yeIFXMzx"

// office mails applicants, among fakes of its peers and of a mail server.
type office struct {
	applicants

	pick  faults.Pick // Of the next operations of the store; none at first.
	now   signupproto.State
	gone  bool  // The person was forgotten.
	down  error // What service.signup answers, if it does not answer.
	full  error // What the mail server answers, if it takes nothing.
	mails []mail.Message
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{pick: func(faults.Op) faults.Fault { return faults.None }}
	engine := faults.Wrap(storetest.Memory(t, storage.Schema()).Open("auth"),
		func(op faults.Op) faults.Fault { return o.pick(op) })
	o.applicants = applicants{
		url: "https://login.example", signUps: signUps{office: o}, customers: customers{office: o}, sender: o,
		letters: storage.NewLetters(store.NewKeyspace("auth", engine)), clock: clock.Real{},
		metrics: newMetrics(prometheus.NewRegistry()),
	}
	return o
}

type signUps struct {
	signupproto.SignUpsClient
	office *office
}

func (s signUps) Applicant(
	_ context.Context, req *signupproto.ApplicantRequest, _ ...grpc.CallOption,
) (*signupproto.ApplicantResponse, error) {
	switch {
	case s.office.down != nil:
		return nil, s.office.down
	case s.office.gone || req.GetApplicationId() != applicationID:
		return nil, errs.Missing("applicant")
	}
	return &signupproto.ApplicantResponse{Email: "Ada@Example.com", State: s.office.now}, nil
}

type customers struct {
	customerproto.CustomersClient
	office *office
}

func (c customers) FindByEmail(
	_ context.Context, req *customerproto.FindByEmailRequest, _ ...grpc.CallOption,
) (*customerproto.FindByEmailResponse, error) {
	if c.office.gone || req.GetEmail() != "Ada@Example.com" {
		return nil, errs.Missing("customer")
	}
	return &customerproto.FindByEmailResponse{Customer: &customerproto.Customer{Email: "ada@example.com"}}, nil
}

func (o *office) Send(_ context.Context, m mail.Message) error {
	if o.full != nil {
		return o.full
	}
	o.mails = append(o.mails, m)
	return nil
}

// rests has an application come to rest, and is the event that tells of it.
func (o *office) rests(t *testing.T, state, reason string) events.Event {
	t.Helper()
	o.now = signupproto.StateOf(state)
	body, err := proto.Marshal(&signupevents.ApplicationRested{Application: &signupproto.Application{
		Id: applicationID, State: o.now, Reason: reason,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return events.Event{ID: "evt_" + state, Type: "signup.rested", Key: applicationID, Body: body}
}

// wantMailed fails unless these were mailed, as "to: subject".
func (o *office) wantMailed(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, m := range o.mails {
		got = append(got, m.To+": "+m.Subject)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestApplicantsAreMailedOnceWhereTheirApplicationCameToRest(t *testing.T) {
	for state, c := range map[string]struct{ reason, mail string }{
		"opened":  {"", "Ada@Example.com: Your account is open"},
		"review":  {"name_mismatch", "Ada@Example.com: We need a little longer"},
		"refused": {"identity_not_verified", "Ada@Example.com: Your application"},
	} {
		t.Run(state, func(t *testing.T) {
			o := newOffice(t)
			e := o.rests(t, state, c.reason)
			for range 3 {
				noError(t, o.rested(t.Context(), e))
			}
			o.wantMailed(t, c.mail)
			if said := o.mails[0].Text; c.reason != "" && strings.Contains(said, c.reason) {
				t.Errorf("it says why: %s", said)
			}
		})
	}
}

func TestThatSomebodyBanksHereIsToldOnlyToThem(t *testing.T) {
	o := newOffice(t)
	e := o.rests(t, "refused", "email_taken")
	noError(t, o.rested(t.Context(), e))
	o.wantMailed(t, "ada@example.com: You already bank here") // As the customer writes it, not as the applicant does.
}

func TestWhatIsNoLongerSoIsNotMailed(t *testing.T) {
	o := newOffice(t)
	review, opened := o.rests(t, "review", ""), o.rests(t, "opened", "")
	noError(t, o.rested(t.Context(), opened))
	noError(t, o.rested(t.Context(), review)) // It comes late.
	o.now = signupproto.State_STATE_APPROVED
	noError(t, o.rested(t.Context(), o.rests(t, "approved", ""))) // It has not come to rest.
	o.wantMailed(t, "Ada@Example.com: Your account is open")
}

func TestNobodyIsLeftToMailOnceTheyAreForgotten(t *testing.T) {
	for reason, o := range map[string]*office{"": newOffice(t), "email_taken": newOffice(t)} {
		o.gone = true
		noError(t, o.rested(t.Context(), o.rests(t, "refused", reason)))
		o.wantMailed(t)
	}
}

func TestAMailWaitsUntilAServerTakesIt(t *testing.T) {
	o := newOffice(t)
	e := o.rests(t, "opened", "")
	o.down = errs.New(errs.Unavailable, "service.signup cannot be reached")
	for range 2 {
		if err := o.rested(t.Context(), e); err == nil || errors.Is(err, events.ErrPoison) {
			t.Fatalf("got %v, want what has it tried again", err)
		}
		o.down, o.full = nil, errors.New("the mail server did not take it")
	}
	o.full = nil
	noError(t, o.rested(t.Context(), e))
	o.wantMailed(t, "Ada@Example.com: Your account is open")
}

// Whoever dies between the mail and the line that says so is followed by somebody who cannot know of it.
func TestAMailOfWhichNothingWasNotedIsSentAgain(t *testing.T) {
	o := newOffice(t)
	e := o.rests(t, "opened", "")
	o.pick = func(op faults.Op) faults.Fault {
		if op == faults.Apply {
			return faults.Unavailable
		}
		return faults.None
	}
	if err := o.rested(t.Context(), e); err == nil {
		t.Fatal("it is acknowledged and not noted")
	}
	o.pick = func(faults.Op) faults.Fault { return faults.None }
	for range 2 {
		noError(t, o.rested(t.Context(), e))
	}
	o.wantMailed(t, slices.Repeat([]string{"Ada@Example.com: Your account is open"}, 2)...)
}

func TestAnEventThatIsNoneIsNotTriedAgain(t *testing.T) {
	o := newOffice(t)
	nameless, err := proto.Marshal(&signupevents.ApplicationRested{})
	noError(t, err)
	for _, body := range [][]byte{[]byte("\xff"), nameless} {
		if err := o.rested(t.Context(), events.Event{ID: "evt_1", Body: body}); !errors.Is(err, events.ErrPoison) {
			t.Errorf("got %v", err)
		}
	}
}
