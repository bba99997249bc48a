package storage

import (
	"context"
	"fmt"
	"strings"

	"farthing/pkg/store"
	"farthing/service.auth/logic"
)

// Codes is the authorisation codes of the bank. A code is written once: that it was redeemed shows in the family that
// it began.
type Codes struct {
	rows store.Expiring[codeRow]
}

// NewCodes is the codes in a keyspace.
func NewCodes(k *store.Keyspace) *Codes { return &Codes{codesTable.On(k)} }

// Insert keeps a new code under its hash.
func (s *Codes) Insert(ctx context.Context, hash []byte, c logic.Code) error {
	_, err := s.rows.Insert(ctx, codesKept, codeRow{
		Hash: hash, Client: c.Client, User: c.User, RedirectURI: c.RedirectURI, Scopes: joined(c.Scopes),
		Challenge: c.Challenge, Family: c.Family, ApprovedAt: c.Approved, ExpiresAt: c.Expires,
	})
	if err != nil {
		return fmt.Errorf("inserting a code: %w", err)
	}
	return nil
}

// Find is the code under a hash, and whether there is one.
func (s *Codes) Find(ctx context.Context, hash []byte) (logic.Code, bool, error) {
	row, found, err := s.rows.In(hash).Find(ctx, store.Recent)
	if err != nil || !found {
		return logic.Code{}, false, wrapped("finding a code", err)
	}
	return logic.Code{
		Client: row.Client, User: row.User, RedirectURI: row.RedirectURI, Scopes: strings.Fields(row.Scopes),
		Challenge: row.Challenge, Family: row.Family, Approved: row.ApprovedAt, Expires: row.ExpiresAt,
	}, true, nil
}

// wrapped is an error with what was being done before it, nil if there is none.
func wrapped(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
