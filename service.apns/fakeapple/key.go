package fakeapple

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

// Key is the public half of a provider's signing key, as registered with Apple, and what it may push to.
type Key struct {
	ID     string // The token's kid.
	TeamID string // The token's iss.
	Topics []string
	Public *ecdsa.PublicKey
}

// NewKey makes a signing key as Apple's developer site does: the Key to register with the fake, and the private half
// as the text of a .p8 file (PKCS #8, PEM) for the sender. Each call makes another key.
func NewKey(teamID, keyID string, topics ...string) (Key, []byte, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Key{}, nil, fmt.Errorf("making a signing key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return Key{}, nil, fmt.Errorf("encoding the signing key: %w", err)
	}
	p8 := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return Key{ID: keyID, TeamID: teamID, Topics: topics, Public: &private.PublicKey}, p8, nil
}
