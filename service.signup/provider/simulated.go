// Package provider is who checks whether applicants are who they say. The only one so far is simulated.
package provider

import (
	"context"
	"strings"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/service.signup/logic"
	signupproto "farthing/service.signup/proto"
)

// Simulated is a provider without registers: what it says hangs on the tag of the applicant's email address, on how
// long ago they applied, and on nothing else, so that whoever asks twice is answered the same.
//
//	ada+refuse@…   refused: identity_not_verified
//	ada+review@…   review: name_mismatch
//	ada+slow@…     nothing to say for the first hour, then approved
//	ada+down@…     not there for the first six hours, then approved
//	ada+never@…    never anything to say
//	else           approved at once
type Simulated struct{ Clock clock.Clock }

var _ logic.Provider = Simulated{}

const (
	slowFor = time.Hour
	downFor = 6 * time.Hour
)

// Check does as the address says.
func (s Simulated) Check(_ context.Context, a *signupproto.Application) (logic.Verdict, error) {
	since := s.Clock.Now().Sub(time.UnixMilli(a.GetCreatedMs()))
	switch tag := tagOf(a.GetPerson().GetEmail()); {
	case tag == "refuse":
		return logic.Verdict{Outcome: logic.Refused, Reason: "identity_not_verified"}, nil
	case tag == "review":
		return logic.Verdict{Outcome: logic.Review, Reason: "name_mismatch"}, nil
	case tag == "slow" && since < slowFor, tag == "never":
		return logic.Verdict{Outcome: logic.Unknown, Reason: "in_progress"}, nil
	case tag == "down" && since < downFor:
		return logic.Verdict{}, errs.New(errs.Unavailable+".provider", "The provider does not answer")
	}
	return logic.Verdict{Outcome: logic.Approved}, nil
}

// tagOf is what follows the last plus of an address' local part, in lower case.
func tagOf(email string) string {
	local, _, _ := strings.Cut(email, "@")
	if plus := strings.LastIndexByte(local, '+'); plus >= 0 {
		return strings.ToLower(local[plus+1:])
	}
	return ""
}
