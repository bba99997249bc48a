// Package logic is what clients may ask for, what their tokens let them do and how long, and how a user logs in.
package logic

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
)

// Each kind of secret begins in its own way, so that one which leaked can be recognised by whoever scans for them.
const (
	AccessPrefix       = "farthing_at_"
	RefreshPrefix      = "farthing_rt_"
	CodePrefix         = "farthing_ac_"
	ClientSecretPrefix = "farthing_cs_"
	LinkPrefix         = "farthing_ml_"
	BrowserPrefix      = "farthing_br_"
)

// secretBytes is how much of a secret is random: 256 bits.
const secretBytes = 32

// NewSecret is a secret of a kind that nobody can guess. It is told once, and kept nowhere but as its hash.
func NewSecret(prefix string) string {
	var random [secretBytes]byte
	_, _ = rand.Read(random[:]) // It never fails: crypto/rand ends the process instead.
	return prefix + base64.RawURLEncoding.EncodeToString(random[:])
}

// Hash is what is kept of a secret. It needs no key and no salt: secrets are random, so that there is nothing to try.
func Hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// Matches tells whether a hash is that of a secret, in a time that does not tell how nearly.
func Matches(hash []byte, secret string) bool {
	return subtle.ConstantTimeCompare(hash, Hash(secret)) == 1
}
