package logic

import (
	"crypto/subtle"
	"time"

	"farthing/pkg/errs"
)

// Family is the tokens that came of one approval. Of all families of a client and a user the newest is the one that
// counts, and of its tokens one access token and one refresh token.
type Family struct {
	User, Client string
	Version      int64  // Grows with each change of what counts; 0 if nothing ever did.
	ID           string // fam_…

	Access         []byte // A hash: of the access token that lives, or was the last to.
	Refresh        []byte // A hash: of the one refresh token that is good; empty for none.
	RefreshExpires time.Time
	Scopes         []string
	Approved       time.Time
	Ended          bool // It has no refresh token any more.
}

// refreshLifetime is how long a refresh token waits to be used.
const refreshLifetime = 90 * 24 * time.Hour

// With is the family with new tokens in the place of what it had, by their hashes; the refresh token's is nil for none.
func (f Family) With(access, refresh []byte, now time.Time) Family {
	f.Access, f.Refresh, f.RefreshExpires = access, refresh, now.Add(refreshLifetime)
	return f
}

// End is the family without a refresh token. Its access token is for the caller to end.
func (f Family) End() Family {
	f.Refresh, f.Ended = nil, true
	return f
}

// RefreshToken is what a refresh token stands for: only what leads to its family, which says whether it is good.
type RefreshToken struct {
	Hash                 []byte
	User, Client, Family string
}

// Verdict is what a refresh token is worth.
type Verdict int

// The verdicts.
const (
	Good   Verdict = iota + 1
	Over           // Its family has ended, or another one counts, or it was left too long.
	Reused         // It was used before: somebody has a copy.
)

// Judge says what a refresh token is worth.
func (f Family) Judge(t RefreshToken, now time.Time) Verdict {
	switch {
	case f.ID != t.Family || f.Ended:
		return Over
	case subtle.ConstantTimeCompare(f.Refresh, t.Hash) != 1:
		return Reused
	case !now.Before(f.RefreshExpires):
		return Over
	}
	return Good
}

// ErrRefreshUnknown is the answer to a refresh token that is nobody's, or another client's.
func ErrRefreshUnknown() error { return noRefresh("invalid") }

// ErrRefreshOver is the answer to a refresh token that was good once.
func ErrRefreshOver() error { return noRefresh("evicted") }

func noRefresh(why string) error {
	return errs.New(errs.BadRequest+".refresh_token."+why, "The refresh token is not valid")
}
