// Package logic is how an application goes from state to state, and what the rules for applicants are.
package logic

import (
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	signupproto "farthing/service.signup/proto"
)

// Reasons why an application is in a state, besides those of a provider.
const (
	NoVerdict = "no_verdict" // The provider had nothing to say for a week.
	Operator  = "operator"   // One has decided.
	// EmailTaken is that somebody is a customer under the address. The applicant must not learn so.
	EmailTaken = signupproto.ReasonEmailTaken
	NotTaken   = "details_refused" // What was good enough to apply is not good enough any more to be a customer.
	Forgotten  = "forgotten"       // The person's data were destroyed.
)

// Follows tells whether an application may go from one state to another. Only a check may be gone on with in its state.
//
//	applied ── checking ─┬─ approved ─┬─ opened
//	                     ├─ review ───┤
//	                     └────────────┴─ refused
func Follows(from, to signupproto.State) bool {
	switch from {
	case signupproto.State_STATE_APPLIED:
		return to == signupproto.State_STATE_CHECKING
	case signupproto.State_STATE_CHECKING:
		return to == signupproto.State_STATE_CHECKING || to == signupproto.State_STATE_REVIEW || decided(to)
	case signupproto.State_STATE_REVIEW:
		return decided(to)
	case signupproto.State_STATE_APPROVED:
		return to == signupproto.State_STATE_OPENED || to == signupproto.State_STATE_REFUSED
	case signupproto.State_STATE_UNSPECIFIED, signupproto.State_STATE_OPENED, signupproto.State_STATE_REFUSED:
	}
	return false
}

func decided(s signupproto.State) bool {
	return s == signupproto.State_STATE_APPROVED || s == signupproto.State_STATE_REFUSED
}

// Rests tells whether an application stays in a state until somebody from outside says something, or for ever.
func Rests(s signupproto.State) bool {
	switch s {
	case signupproto.State_STATE_REVIEW, signupproto.State_STATE_OPENED, signupproto.State_STATE_REFUSED:
		return true
	case signupproto.State_STATE_UNSPECIFIED, signupproto.State_STATE_APPLIED, signupproto.State_STATE_CHECKING,
		signupproto.State_STATE_APPROVED:
	}
	return false
}

// Done tells whether nothing is to be done about an application: it rests, and whoever listens was told.
func Done(a *signupproto.Application) bool { return Rests(a.GetState()) && a.GetTold() }

// Go is an application in its next state: internal if no way leads there.
func Go(
	a *signupproto.Application, to signupproto.State, reason string, now time.Time,
) (*signupproto.Application, error) {
	if !Follows(a.GetState(), to) {
		return nil, errs.Newf(errs.Internal, "%s cannot go from %s to %s", a.GetId(), a.GetState(), to)
	}
	next := proto.CloneOf(a)
	next.State, next.Reason, next.Told = to, reason, false
	next.UpdatedMs = max(a.GetUpdatedMs(), now.UnixMilli()) // Clocks differ.
	next.NextMs = now.Add(LeftBehind).UnixMilli()
	return next, nil
}

// Told is an application that rests, of which whoever listens was told.
func Told(a *signupproto.Application) *signupproto.Application {
	next := proto.CloneOf(a)
	next.Told, next.NextMs = true, 0
	return next
}

// Decide is an application that an operator has decided. What was decided so already is answered as it is; one that
// does not wait for a decision is precondition_failed.not_in_review.
func Decide(a *signupproto.Application, d signupproto.Decision, now time.Time) (*signupproto.Application, error) {
	switch {
	case d == a.GetDecided():
		return a, nil
	case a.GetState() != signupproto.State_STATE_REVIEW:
		return nil, errs.New(errs.PreconditionFailed+".not_in_review", "The application does not wait for a decision")
	}
	to := signupproto.State_STATE_REFUSED
	if d == signupproto.Decision_DECISION_APPROVE {
		to = signupproto.State_STATE_APPROVED
	}
	next, err := Go(a, to, Operator, now)
	if err == nil {
		next.Decided = d
	}
	return next, err
}
