// Package logic is what a token is, what it lets its bearer do, and how long.
package logic

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"farthing/pkg/errs"
)

// TokenPrefix begins every access token, so that one which leaked can be recognised by whoever scans for them.
const TokenPrefix = "farthing_at_"

// tokenBytes is how much of a token is random: 256 bits.
const tokenBytes = 32

// Grant is what a token stands for.
type Grant struct {
	User    string
	Client  string
	Scopes  []string
	Expires time.Time
	Revoked bool
}

// NewToken is a token that nobody can guess. It is told its bearer once, and kept nowhere.
func NewToken() string {
	var secret [tokenBytes]byte
	_, _ = rand.Read(secret[:]) // It never fails: crypto/rand ends the process instead.
	return TokenPrefix + base64.RawURLEncoding.EncodeToString(secret[:])
}

// Hash is what is kept of a token. It needs no key and no salt: a token is random, so that there is nothing to try.
func Hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
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

// ErrUnknownToken is the answer to a token that is nobody's: unauthorized.bad_access_token.
func ErrUnknownToken() error { return refused("") }

// refused says the same whatever is wrong with a token; only the code tells.
func refused(subcode string) error {
	return errs.New(errs.Unauthorized+".bad_access_token"+subcode, "The access token is not valid")
}
