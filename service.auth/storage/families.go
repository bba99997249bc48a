package storage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"farthing/pkg/store"
	"farthing/service.auth/logic"
)

// Families is what clients may do for users.
type Families struct {
	rows    store.Conditional[familyRow]
	refresh store.Expiring[refreshRow]
}

// NewFamilies is the families in a keyspace.
func NewFamilies(k *store.Keyspace) *Families {
	return &Families{familiesTable.On(k), refreshTable.On(k)}
}

// Find is the family that counts for a client and a user; of version 0 if none ever did. It decides.
func (s *Families) Find(ctx context.Context, user, client string) (logic.Family, error) {
	row, _, err := s.rows.In(user, client).Statics(ctx, store.Latest)
	if err != nil {
		return logic.Family{}, fmt.Errorf("finding what a client may do: %w", err)
	}
	return logic.Family{
		User: user, Client: client, Version: row.Version, ID: row.Current, Access: row.Access, Refresh: row.Refresh,
		RefreshExpires: row.RefreshExpiresAt, Scopes: strings.Fields(row.Scopes), Approved: row.ApprovedAt, Ended: row.Ended,
	}, nil
}

// HasBegun tells whether a family of a client and a user was ever begun.
func (s *Families) HasBegun(ctx context.Context, f logic.Family) (bool, error) {
	_, found, err := s.rows.In(f.User, f.Client).Find(ctx, store.Latest, f.ID)
	if err != nil {
		return false, fmt.Errorf("looking for a family: %w", err)
	}
	return found, nil
}

// Begin has a new family count in the place of another, and tells whether it does: false if somebody else has changed
// what counts since, or has begun the same family.
func (s *Families) Begin(ctx context.Context, was, next logic.Family, at time.Time) (bool, error) {
	return s.apply(ctx, s.replacing(was, next).InsertNew(familyRow{Family: next.ID, BegunAt: at}))
}

// Change writes another state of the family that counts, and tells whether it did: false if somebody else has changed
// it since.
func (s *Families) Change(ctx context.Context, was, next logic.Family) (bool, error) {
	return s.apply(ctx, s.replacing(was, next))
}

func (s *Families) replacing(was, next logic.Family) *store.Batch[familyRow] {
	batch := s.rows.Batch(was.User, was.Client)
	if was.Version == 0 {
		batch.IfNull("version")
	} else {
		batch.If("version", was.Version)
	}
	return batch.SetStatics(familyRow{
		Version: was.Version + 1, Current: next.ID, Access: next.Access, Refresh: next.Refresh,
		RefreshExpiresAt: orEpoch(next.RefreshExpires), Scopes: joined(next.Scopes), ApprovedAt: orEpoch(next.Approved),
		Ended: next.Ended,
	})
}

func (s *Families) apply(ctx context.Context, batch *store.Batch[familyRow]) (bool, error) {
	answer, err := batch.Apply(ctx)
	if err != nil {
		return false, fmt.Errorf("changing what a client may do: %w", err)
	}
	return answer.OK, nil
}

// InsertRefresh keeps what a refresh token leads to. A repeat changes nothing.
func (s *Families) InsertRefresh(ctx context.Context, t logic.RefreshToken, at time.Time) error {
	_, err := s.refresh.Insert(ctx, refreshsKept, refreshRow{t.Hash, t.User, t.Client, t.Family, at})
	if err != nil {
		return fmt.Errorf("inserting a refresh token: %w", err)
	}
	return nil
}

// FindRefresh is what the refresh token under a hash leads to, and whether there is one.
func (s *Families) FindRefresh(ctx context.Context, hash []byte) (logic.RefreshToken, bool, error) {
	row, found, err := s.refresh.In(hash).Find(ctx, store.Recent)
	if err != nil {
		return logic.RefreshToken{}, false, fmt.Errorf("finding a refresh token: %w", err)
	}
	return logic.RefreshToken{Hash: row.Hash, User: row.User, Client: row.Client, Family: row.Family}, found, nil
}
