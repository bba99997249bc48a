// Package storage keeps tokens by their hashes.
package storage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"farthing/pkg/store"
	"farthing/service.auth/logic"
)

// tokenRow is what happened to a token: it was issued, with all that it grants, and perhaps revoked. Rows are only
// ever added, so that a revocation cannot be overwritten, nor come too late.
type tokenRow struct {
	Hash      []byte    `store:"1,partition"`
	Event     int64     `store:"2,clustering"`
	At        time.Time `store:"3"`
	User      string    `store:"4"`
	Client    string    `store:"5"`
	Scopes    string    `store:"6"` // With spaces between them.
	ExpiresAt time.Time `store:"7"`
}

// The events of a token. Their numbers are stored.
const (
	issued  = 1
	revoked = 2

	eventsMax = 2
)

var tokensTable = store.ConditionalTable[tokenRow]("tokens")

// Schema is the keyspace of service.auth.
func Schema() store.Schema {
	return store.Schema{Keyspace: "auth", Tables: []store.Table{tokensTable}}
}

// Tokens is the tokens of the bank.
type Tokens struct {
	rows store.Conditional[tokenRow]
}

// New is the tokens in a keyspace.
func New(k *store.Keyspace) *Tokens { return &Tokens{tokensTable.On(k)} }

// Insert keeps a new token's grant under its hash.
func (s *Tokens) Insert(ctx context.Context, hash []byte, g logic.Grant, at time.Time) error {
	_, err := s.rows.Batch(hash).InsertNew(tokenRow{
		Event: issued, At: at, User: g.User, Client: g.Client,
		Scopes: strings.Join(g.Scopes, " "), ExpiresAt: g.Expires,
	}).Apply(ctx)
	if err != nil {
		return fmt.Errorf("inserting a token: %w", err)
	}
	return nil
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
		Revoked: len(rows) > 1,
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
