package logic

import (
	"time"

	"farthing/pkg/errs"
)

// Grant is what an access token stands for.
type Grant struct {
	User    string
	Client  string
	Scopes  []string
	Expires time.Time
	Revoked bool

	Family        string    // Of the tokens that came of one approval; "" for a token that an operator issued.
	Approved      time.Time // When the user last approved it in person; the zero time if never.
	StaysApproved bool      // It counts as just approved for all of its life: in development.
}

// Check is nil if the grant holds at a time: unauthorized.bad_access_token.evicted if it was revoked, .expired if its
// time is over.
func (g Grant) Check(now time.Time) error {
	switch {
	case g.Revoked:
		return refused(".evicted")
	case !now.Before(g.Expires):
		return refused(".expired")
	}
	return nil
}

// LastApproved is when the user last approved it in person, as of now.
func (g Grant) LastApproved(now time.Time) time.Time {
	if g.StaysApproved {
		return now
	}
	return g.Approved
}

// ErrUnknownToken is the answer to a token that is nobody's: unauthorized.bad_access_token.
func ErrUnknownToken() error { return refused("") }

// refused says the same whatever is wrong with a token; only the code tells.
func refused(subcode string) error {
	return errs.New(errs.Unauthorized+".bad_access_token"+subcode, "The access token is not valid")
}
