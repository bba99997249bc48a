package storage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"farthing/pkg/store"
	"farthing/service.auth/logic"
)

// Tokens is the access tokens of the bank.
type Tokens struct {
	rows store.Conditional[tokenRow]
}

// NewTokens is the access tokens in a keyspace.
func NewTokens(k *store.Keyspace) *Tokens { return &Tokens{tokensTable.On(k)} }

// Insert keeps a new token's grant under its hash. A repeat of the same hash changes nothing.
func (s *Tokens) Insert(ctx context.Context, hash []byte, g logic.Grant, at time.Time) error {
	_, err := s.rows.Batch(hash).InsertNew(tokenRow{
		Event: issued, At: at, User: g.User, Client: g.Client, Scopes: joined(g.Scopes), ExpiresAt: g.Expires,
		Family: g.Family, ApprovedAt: orEpoch(g.Approved), StaysApproved: g.StaysApproved,
	}).Apply(ctx)
	if err != nil {
		return fmt.Errorf("inserting a token: %w", err)
	}
	return nil
}

// orEpoch is a time that may be none as it is stored: far before any real one.
func orEpoch(t time.Time) time.Time {
	if t.IsZero() {
		return time.UnixMilli(0).UTC()
	}
	return t
}

// Find is the grant under a hash, and whether there is one, in one read. It sees every revocation that was
// acknowledged.
func (s *Tokens) Find(ctx context.Context, hash []byte) (logic.Grant, bool, error) {
	rows, _, err := s.rows.In(hash).Range().Limit(eventsMax).List(ctx, store.Recent)
	if err != nil {
		return logic.Grant{}, false, fmt.Errorf("finding a token: %w", err)
	}
	if len(rows) == 0 || rows[0].Event != issued {
		return logic.Grant{}, false, nil
	}
	row := rows[0]
	return logic.Grant{
		User: row.User, Client: row.Client, Scopes: strings.Fields(row.Scopes), Expires: row.ExpiresAt,
		Family: row.Family, Approved: row.ApprovedAt, StaysApproved: row.StaysApproved, Revoked: len(rows) > 1,
	}, true, nil
}

// Revoke ends a token, and tells whether that was news.
func (s *Tokens) Revoke(ctx context.Context, hash []byte, at time.Time) (bool, error) {
	answer, err := s.rows.Batch(hash).InsertNew(tokenRow{Event: revoked, At: at}, "at").Apply(ctx)
	if err != nil {
		return false, fmt.Errorf("revoking a token: %w", err)
	}
	return answer.OK, nil
}
