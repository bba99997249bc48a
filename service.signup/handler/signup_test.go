package handler

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/id"
	"farthing/pkg/store/faults"
	"farthing/service.signup/logic"
	signupproto "farthing/service.signup/proto"
)

const (
	approve = signupproto.Decision_DECISION_APPROVE
	refuse  = signupproto.Decision_DECISION_REFUSE
)

// went is the states that an application was in.
func (b *bank) went(t *testing.T, applicationID string) string {
	t.Helper()
	var states []string
	for _, change := range b.get(t, applicationID).GetChanges() {
		states = append(states, signupproto.Word(change.GetState()))
	}
	return strings.Join(states, " ")
}

func TestWhoeverIsApprovedHasAnAccountAndACard(t *testing.T) {
	b := newBank(t, nil)
	applicationID := b.apply(t, ada("one", ""))
	b.want(t, applicationID, "applied", "")
	b.drive(t)
	a := b.want(t, applicationID, "opened", "")
	if went := b.went(t, applicationID); went != "applied checking approved opened" {
		t.Errorf("it was %s", went)
	}
	want := ada("one", "").GetPerson()
	want.PreferredFirstName = "Ada"
	if diff := cmp.Diff(want, a.GetPerson(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	for prefix, id := range map[string]string{"user_": a.GetUserId(), "acc_": a.GetAccountId(), "card_": a.GetCardId()} {
		if !strings.HasPrefix(id, prefix) {
			t.Errorf("got %q, want an id that starts with %s", id, prefix)
		}
	}
	b.peers.wantMade(t, 1)
	if heard := b.told.heard(t, applicationID); heard != "opened" {
		t.Errorf("whoever listens was told %q", heard)
	}
	b.later(t, time.Minute) // Nothing is left to do, and it is off the list.
	b.later(t, time.Minute)
	b.peers.wantMade(t, 1)
}

func TestARepeatAnswersTheFirstApplication(t *testing.T) {
	b := newBank(t, nil)
	first := b.apply(t, ada("one", ""))
	b.drive(t)
	if again := b.apply(t, ada("one", "")); again != first {
		t.Errorf("the repeat made %s", again)
	}
	_, err := b.page.Apply(t.Context(), ada("one", "+other"))
	wantCode(t, err, "conflict.dedupe_id")
	b.drive(t)
	b.peers.wantMade(t, 1)
}

func TestWhoeverIsRefusedHasNothing(t *testing.T) {
	b := newBank(t, nil)
	applicationID := b.apply(t, ada("one", "+refuse"))
	b.drive(t)
	b.want(t, applicationID, "refused", "identity_not_verified")
	b.later(t, time.Minute)
	b.peers.wantMade(t, 0)
	_, err := b.decide(t, applicationID, approve)
	wantCode(t, err, "precondition_failed.not_in_review")
}

func TestAnApplicationInReviewIsDecidedOnce(t *testing.T) {
	for decision, c := range map[signupproto.Decision]struct {
		other signupproto.Decision
		went  string
		made  int
	}{
		approve: {refuse, "applied checking review approved opened", 1},
		refuse:  {approve, "applied checking review refused", 0},
	} {
		t.Run(decision.String(), func(t *testing.T) {
			b := newBank(t, nil)
			applicationID := b.apply(t, ada("one", "+review"))
			b.drive(t)
			b.later(t, 72*time.Hour)
			b.want(t, applicationID, "review", "name_mismatch")
			for range 2 {
				if a, err := b.decide(t, applicationID, decision); err != nil || a.GetDecided() != decision {
					t.Fatalf("deciding: %v, %v", a, err)
				}
				b.drive(t)
			}
			_, err := b.decide(t, applicationID, c.other)
			wantCode(t, err, "precondition_failed.not_in_review")
			if went := b.went(t, applicationID); went != c.went {
				t.Errorf("it was %s, want %s", went, c.went)
			}
			said := b.get(t, applicationID).GetChanges()[3]
			if said.GetReason() != "operator" || said.GetSaid().GetBy() != "Olive Quist" {
				t.Errorf("the decision is kept as %v", said)
			}
			b.peers.wantMade(t, c.made)
			last := c.went[strings.LastIndexByte(c.went, ' ')+1:]
			if heard := b.told.heard(t, applicationID); heard != "review "+last {
				t.Errorf("whoever listens was told %q", heard)
			}
		})
	}
}

func TestASweepBetweenTheStepsOfADecisionForgetsNothing(t *testing.T) {
	b := newBank(t, nil)
	applicationID := b.apply(t, ada("one", "+review"))
	b.drive(t)
	waiting, err := b.handler.find(t.Context(), applicationID)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.handler.store.Due.Add(t.Context(), b.Clock.Now(), applicationID); err != nil {
		t.Fatal(err)
	}
	b.later(t, time.Second)
	next, err := logic.Decide(waiting.State, approve, b.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.handler.change(t.Context(), waiting, next, nil); err != nil { // And then it dies.
		t.Fatal(err)
	}
	b.later(t, time.Minute)
	b.want(t, applicationID, "opened", "")
}

func TestADecisionCountsThoughTheApplicationIsWrittenMeanwhile(t *testing.T) {
	b := newBank(t, nil)
	applicationID := b.apply(t, ada("one", "+review"))
	b.drive(t)
	seen, err := b.handler.find(t.Context(), applicationID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.handler.change(t.Context(), seen, logic.Told(seen.State), nil); err != nil {
		t.Fatal(err)
	}
	said := &signupproto.Said{By: "Olive Quist", Reason: "the passport is hers"}
	decided, err := b.handler.decide(t.Context(), seen, &signupproto.DecideRequest{
		ApplicationId: applicationID, Decision: approve, Said: said,
	})
	if err != nil || decided.GetDecided() != approve {
		t.Fatalf("deciding: %v, %v", decided, err)
	}
	b.drive(t)
	b.want(t, applicationID, "opened", "")
}

func TestOneOfManyOperatorsDecides(t *testing.T) {
	b := newBank(t, nil)
	applicationID := b.apply(t, ada("one", "+review"))
	b.drive(t)
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			if _, err := b.decide(t, applicationID, []signupproto.Decision{approve, refuse}[i%2]); err != nil {
				wantCode(t, err, "precondition_failed.not_in_review")
			}
		})
	}
	all.Wait()
	b.drive(t)
	switch went := b.went(t, applicationID); went {
	case "applied checking review approved opened":
		b.peers.wantMade(t, 1)
	case "applied checking review refused":
		b.peers.wantMade(t, 0)
	default:
		t.Errorf("it was %s", went)
	}
}

func TestAProviderWithNothingToSayIsAskedAgain(t *testing.T) {
	for tag, c := range map[string]struct {
		waits  time.Duration
		reason string
	}{
		"+slow": {time.Hour, "in_progress"}, "+down": {6 * time.Hour, "provider_silent"},
	} {
		t.Run(tag, func(t *testing.T) {
			b := newBank(t, nil)
			applicationID := b.apply(t, ada("one", tag))
			b.drive(t)
			for passed := time.Duration(0); passed < c.waits; passed += 10 * time.Minute {
				b.want(t, applicationID, "checking", c.reason)
				b.later(t, 10*time.Minute)
			}
			b.later(t, 8*time.Hour)
			a := b.want(t, applicationID, "opened", "")
			if tries := a.GetTries(); tries < 4 || tries > 6 {
				t.Errorf("the provider had nothing to say %d times", tries)
			}
			b.peers.wantMade(t, 1)
		})
	}
}

func TestAfterAWeekWithoutAVerdictAnOperatorLooks(t *testing.T) {
	b := newBank(t, nil)
	applicationID := b.apply(t, ada("one", "+never"))
	b.drive(t)
	for range 7 * 24 / 8 {
		b.want(t, applicationID, "checking", "in_progress")
		b.later(t, 8*time.Hour)
	}
	b.later(t, 8*time.Hour)
	b.want(t, applicationID, "review", "no_verdict")
}

func TestWhoeverAppliesUnderACustomersAddressLearnsNothingOfIt(t *testing.T) {
	b := newBank(t, nil)
	first := b.apply(t, ada("one", ""))
	b.drive(t)
	second, err := b.page.Apply(t.Context(), ada("two", ""))
	if err != nil {
		t.Fatal(err)
	}
	b.drive(t)
	again, err := b.page.Apply(t.Context(), ada("two", ""))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(second, again, protocmp.Transform()); diff != "" {
		t.Errorf("the answer changed once it was refused:\n%s", diff)
	}
	b.want(t, first, "opened", "")
	b.want(t, second.GetApplicationId(), "refused", "email_taken")
	b.peers.wantMade(t, 1)
}

func TestWhatIsCutShortAnywhereIsFinished(t *testing.T) {
	foundationtest.AtEachWrite(t, func(t *testing.T, pick faults.Pick) {
		b := newBank(t, pick)
		applicationID := b.apply(t, ada("one", "+review"))
		b.drive(t)
		b.later(t, time.Minute)
		b.Settle(t)
		b.want(t, applicationID, "review", "name_mismatch")
		if _, err := b.decide(t, applicationID, approve); err != nil {
			t.Fatal(err)
		}
		b.drive(t)
		b.later(t, time.Minute)
		b.Settle(t)
		b.want(t, applicationID, "opened", "")
		b.later(t, time.Minute)
		b.peers.wantMade(t, 1)
		b.wantListed(t, "opened", applicationID)
		b.wantListed(t, "review")
		if heard := b.told.heard(t, applicationID); heard != "review opened" {
			t.Errorf("whoever listens was told %q", heard)
		}
	})
}

func TestAPeerThatFailsAtAnyStepIsAskedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		done bool
	}{
		"nothing done": {errs.New(errs.Unavailable, "Not now"), false},
		"done":         {errs.New(errs.OutcomeUnknown, "The outcome is not known"), true},
		"not done":     {errs.New(errs.OutcomeUnknown, "The outcome is not known"), false},
	} {
		reached := true
		for n := 1; reached; n++ {
			t.Run(fmt.Sprintf("call %d, %s", n, name), func(t *testing.T) {
				b := newBank(t, nil)
				failed := b.peers.failing(n, c.err, c.done)
				applicationID := b.apply(t, ada("one", ""))
				b.drive(t)
				b.later(t, time.Minute)
				b.want(t, applicationID, "opened", "")
				b.peers.wantMade(t, 1)
				reached = failed()
			})
		}
	}
}

func TestWhatCannotBeToldIsToldLater(t *testing.T) {
	b := newBank(t, nil)
	b.told.failures = 2
	applicationID := b.apply(t, ada("one", "+refuse"))
	b.drive(t)
	b.want(t, applicationID, "refused", "identity_not_verified")
	for range 3 {
		b.later(t, time.Minute)
	}
	if n := len(b.told.all); n != 3 || b.told.all[0].ID != b.told.all[2].ID {
		t.Errorf("it was told %d times, want the same event 3 times", n)
	}
	if went := b.went(t, applicationID); went != "applied checking refused" {
		t.Errorf("it was %s", went)
	}
}

func TestManyWhoGoOnAtOnceMakeOneOfEach(t *testing.T) {
	b := newBank(t, nil)
	applicationID := b.apply(t, ada("one", ""))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := b.handler.driveOne(t.Context(), applicationID); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if went := b.went(t, applicationID); went != "applied checking approved opened" {
		t.Errorf("it was %s", went)
	}
	b.peers.wantMade(t, 1)
}

func TestWhoWritesToApplicantsIsToldWhereTheyGetMail(t *testing.T) {
	b := newBank(t, nil)
	applicationID := b.apply(t, ada("one", "+review"))
	b.drive(t)
	rsp, err := b.applicant(t, applicationID)
	if err != nil || rsp.GetEmail() != "ada+review@example.com" || signupproto.Word(rsp.GetState()) != "review" {
		t.Errorf("got %v, %v", rsp, err)
	}
	_, err = b.applicant(t, id.Derived("signup", b.Clock.Now(), "nobody's"))
	wantCode(t, err, "not_found.application")
	_, err = b.applicant(t, "ada")
	wantCode(t, err, "bad_request.bad_param.application_id")
	_, err = b.desk.Applicant(t.Context(), &signupproto.ApplicantRequest{ApplicationId: applicationID})
	wantCode(t, err, "forbidden.caller")
}

func TestWhoeverIsForgottenIsRefused(t *testing.T) {
	b := newBank(t, nil)
	applicationID := b.apply(t, ada("one", ""))
	if err := b.handler.store.Forget(t.Context(), applicationID); err != nil {
		t.Fatal(err)
	}
	b.drive(t)
	if a := b.want(t, applicationID, "refused", "forgotten"); a.GetPerson() != nil {
		t.Errorf("there is still %v", a.GetPerson())
	}
	_, err := b.applicant(t, applicationID)
	wantCode(t, err, "not_found.applicant")
	b.peers.wantMade(t, 0)
}

// wantListed fails unless these applications are in a state, in this order.
func (b *bank) wantListed(t *testing.T, state string, want ...string) {
	t.Helper()
	var found []string
	for before := ""; ; {
		rsp, err := b.desk.List(t.Context(), &signupproto.ListRequest{
			State: signupproto.StateOf(state), BeforeId: before, Limit: 2,
		})
		if err != nil {
			t.Fatalf("listing: %v", err)
		}
		for _, a := range rsp.GetApplications() {
			found = append(found, a.GetId())
		}
		if len(rsp.GetApplications()) < 2 {
			break
		}
		before = found[len(found)-1]
	}
	if !slices.Equal(found, want) {
		t.Errorf("%s are %v, want %v", state, found, want)
	}
}

func TestApplicationsAreListedByStateNewestFirst(t *testing.T) {
	b := newBank(t, nil)
	var reviewed []string
	for i := range 5 {
		b.later(t, 20*24*time.Hour) // So that they are of several months.
		reviewed = append(reviewed, b.apply(t, ada(fmt.Sprint("review", i), "+review")))
		b.apply(t, ada(fmt.Sprint("refuse", i), "+refuse"))
	}
	b.drive(t)
	slices.Reverse(reviewed)
	b.wantListed(t, "review", reviewed...)
	if _, err := b.decide(t, reviewed[1], refuse); err != nil {
		t.Fatal(err)
	}
	b.wantListed(t, "review", slices.Delete(slices.Clone(reviewed), 1, 2)...)
	b.wantListed(t, "applied")
	b.wantListed(t, "opened")
}
