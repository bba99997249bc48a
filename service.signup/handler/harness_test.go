package handler

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/store/faults"
	"farthing/pkg/store/worklist"
	customerproto "farthing/service.customer/proto"
	signupproto "farthing/service.signup/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bank is service.signup beside fakes of its peers. Nobody goes on with an application but the test.
type bank struct {
	*foundationtest.Bank
	handler *Handler
	sweeper worklist.Sweeper
	peers   *peers
	told    *listener

	page, desk signupproto.SignUpsClient // As service.auth and service.console call it.
}

func newBank(t *testing.T, pick faults.Pick) *bank {
	t.Helper()
	b := &bank{peers: newPeers(), told: &listener{}}
	service := foundation.Service{Name: Service.Name, Schema: Service.Schema, Register: func(env *foundation.Env) error {
		var err error
		if b.handler, err = newHandler(env); err == nil {
			signupproto.RegisterSignUpsServer(env.GRPC, b.handler)
			b.sweeper, b.handler.bus = b.handler.sweeper(env), b.told
		}
		return err
	}}
	b.Bank = foundationtest.RunOn(t, pick, append(b.peers.services(), service)...)
	b.page = signupproto.NewSignUpsClient(b.Dial(t, "service.auth", Service.Name))
	b.desk = signupproto.NewSignUpsClient(b.Dial(t, "service.console", Service.Name))
	return b
}

// ada applies under an address whose tag says what the provider finds.
func ada(dedupeID, tag string) *signupproto.ApplyRequest {
	return &signupproto.ApplyRequest{DedupeId: dedupeID, Person: &signupproto.Person{
		PreferredName: "Ada Lovelace", Email: "ada" + tag + "@example.com", DateOfBirth: "1990-12-10",
		Address: &customerproto.Address{
			Lines: []string{"12 St James's Square"}, City: "London", Postcode: "SW1Y 4JH", Country: "GBR",
		},
	}}
}

// apply has somebody apply until it is answered, and answers the application's id.
func (b *bank) apply(t *testing.T, req *signupproto.ApplyRequest) string {
	t.Helper()
	rsp, err := foundationtest.Until(func() (*signupproto.ApplyResponse, error) { return b.page.Apply(t.Context(), req) })
	if err != nil {
		t.Fatalf("applying: %v", err)
	}
	return rsp.GetApplicationId()
}

// drive goes on with what was woken, as the drivers do.
func (b *bank) drive(t *testing.T) {
	t.Helper()
	for {
		select {
		case applicationID := <-b.handler.woken:
			_ = b.handler.driveOne(t.Context(), applicationID) // The sweep goes on with what fails.
		default:
			return
		}
	}
}

// later lets time pass, and sweeps until nothing fails any more.
func (b *bank) later(t *testing.T, d time.Duration) {
	t.Helper()
	b.Clock.AdvanceTo(b.Clock.Now().Add(d))
	_, err := foundationtest.Until(func() (struct{}, error) { return struct{}{}, b.sweeper.Sweep(t.Context()) })
	if err != nil {
		t.Fatalf("sweeping: %v", err)
	}
}

func (b *bank) get(t *testing.T, applicationID string) *signupproto.GetResponse {
	t.Helper()
	rsp, err := b.desk.Get(t.Context(), &signupproto.GetRequest{ApplicationId: applicationID})
	if err != nil {
		t.Fatalf("getting: %v", err)
	}
	return rsp
}

func (b *bank) applicant(t *testing.T, applicationID string) (*signupproto.ApplicantResponse, error) {
	t.Helper()
	return b.page.Applicant(t.Context(), &signupproto.ApplicantRequest{ApplicationId: applicationID})
}

// want fails unless an application is in a state, for a reason.
func (b *bank) want(t *testing.T, applicationID, state, reason string) *signupproto.Application {
	t.Helper()
	a := b.get(t, applicationID).GetApplication()
	if signupproto.Word(a.GetState()) != state || a.GetReason() != reason {
		t.Errorf("it is %v because of %q, want %s because of %q", a.GetState(), a.GetReason(), state, reason)
	}
	return a
}

func (b *bank) decide(
	t *testing.T, applicationID string, d signupproto.Decision,
) (*signupproto.Application, error) {
	t.Helper()
	rsp, err := foundationtest.Until(func() (*signupproto.DecideResponse, error) {
		return b.desk.Decide(t.Context(), &signupproto.DecideRequest{
			ApplicationId: applicationID, Decision: d,
			Said: &signupproto.Said{By: "Olive Quist", Reason: "the passport is hers"},
		})
	})
	return rsp.GetApplication(), err
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if err == nil || errs.Of(err).Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
}
