package logic

import (
	"context"
	"time"

	signupproto "farthing/service.signup/proto"
)

// Outcome is what a provider says of an applicant.
type Outcome int

// The outcomes.
const (
	Unknown  Outcome = iota // It does not know yet: it is asked again.
	Approved                // They are who they say.
	Refused                 // They are not, or the bank must not take them.
	Review                  // A person has to look at them.
)

// String is the outcome in a word.
func (o Outcome) String() string { return [...]string{"unknown", "approved", "refused", "review"}[o] }

// Verdict is a provider's answer.
type Verdict struct {
	Outcome Outcome
	// Reason says why in a word of a fixed list, such as "identity_not_verified". It is stored in clear and shown to
	// operators, so it holds nothing of the person.
	Reason string
}

// Provider checks who applicants are: a company that compares what they say with registers and papers.
type Provider interface {
	// Check answers what is known of an applicant. It is asked under the application's id again and again, by several
	// processes at once, until the outcome is known, and answers the same from then on. An error is Unknown; only its
	// code is looked at.
	Check(ctx context.Context, a *signupproto.Application) (Verdict, error)
}

const (
	// LeftBehind is after how long somebody else goes on with an application: longer than a step of it takes.
	LeftBehind = 30 * time.Second
	// patience is how long a provider may have nothing to say before a person looks.
	patience = 7 * 24 * time.Hour
)

// retries are how long a provider is left alone each time that it had nothing to say; the last of them from then on.
func retries() []time.Duration {
	return []time.Duration{
		time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour,
	}
}

// RetryAfter is how long a provider is left alone that had nothing to say this often before.
func RetryAfter(tries int32) time.Duration {
	all := retries()
	return all[min(max(int(tries), 0), len(all)-1)]
}

// Checked is an application in review or being checked after a provider has answered.
func Checked(a *signupproto.Application, v Verdict, now time.Time) (*signupproto.Application, error) {
	switch v.Outcome {
	case Approved:
		return Go(a, signupproto.State_STATE_APPROVED, v.Reason, now)
	case Refused:
		return Go(a, signupproto.State_STATE_REFUSED, v.Reason, now)
	case Review:
		return Go(a, signupproto.State_STATE_REVIEW, v.Reason, now)
	case Unknown:
	}
	if now.Sub(time.UnixMilli(a.GetCreatedMs())) >= patience {
		return Go(a, signupproto.State_STATE_REVIEW, NoVerdict, now)
	}
	next, err := Go(a, signupproto.State_STATE_CHECKING, v.Reason, now)
	if err == nil {
		next.NextMs, next.Tries = now.Add(RetryAfter(a.GetTries())).UnixMilli(), a.GetTries()+1
	}
	return next, err
}
