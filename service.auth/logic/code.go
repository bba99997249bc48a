package logic

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
	"time"

	"farthing/pkg/errs"
)

// Code is what an authorisation code stands for: what a user let a client have. It begins one family of tokens, once.
type Code struct {
	Client      string
	User        string
	RedirectURI string
	Scopes      []string
	Challenge   string // Of PKCE, by S256; "" for none.
	Family      string
	Approved    time.Time
	Expires     time.Time
}

// CodeLifetime is how long a code may be redeemed.
const CodeLifetime = 5 * time.Minute

// NewCode is what a user lets a client have by approving what it asked for, now.
func NewCode(a Authorisation, user, family string, now time.Time) Code {
	return Code{
		Client: a.Client, User: user, RedirectURI: a.RedirectURI, Scopes: a.Scopes, Challenge: a.Challenge,
		Family: family, Approved: now, Expires: now.Add(CodeLifetime),
	}
}

// Begins is the family that the code begins, without tokens yet.
func (c Code) Begins() Family {
	return Family{User: c.User, Client: c.Client, ID: c.Family, Scopes: c.Scopes, Approved: c.Approved}
}

// CheckBinding is nil if the code is the client's, was asked for with this redirect URI, and by whoever has the
// verifier: bad_request.authorization_code.invalid otherwise, whichever of them is wrong.
func (c Code) CheckBinding(client, redirectURI, verifier string) error {
	if c.Client != client || c.RedirectURI != redirectURI || !proves(c.Challenge, verifier) {
		return ErrCodeUnknown()
	}
	return nil
}

// CheckTime is nil until the code's time is over.
func (c Code) CheckTime(now time.Time) error {
	if !now.Before(c.Expires) {
		return noCode("expired")
	}
	return nil
}

// Bounds of a verifier, by RFC 7636.
const (
	verifierMin = 43
	verifierMax = 128
)

// proves tells whether a verifier is the one whose challenge this is. Where no challenge was sent none may come now:
// whoever took the challenge out on its way would otherwise not be noticed.
func proves(challenge, verifier string) bool {
	if challenge == "" {
		return verifier == ""
	}
	if len(verifier) < verifierMin || len(verifier) > verifierMax || strings.ContainsFunc(verifier, unusualInVerifier) {
		return false
	}
	return subtle.ConstantTimeCompare([]byte(challenge), []byte(ChallengeOf(verifier))) == 1
}

func unusualInVerifier(r rune) bool { return r != '~' && unusual(r) }

// ChallengeOf is a verifier's challenge, by S256.
func ChallengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// ErrCodeUnknown is the answer to a code that is nobody's, or is not whose it is said to be.
func ErrCodeUnknown() error { return noCode("invalid") }

// ErrCodeUsed is the answer to a code that was redeemed before.
func ErrCodeUsed() error { return noCode("evicted") }

func noCode(why string) error {
	return errs.New(errs.BadRequest+".authorization_code."+why, "The authorisation code is not valid")
}
