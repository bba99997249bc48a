package storage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"farthing/pkg/store"
	"farthing/service.auth/logic"
)

// Logins is who is logging in, and how often links were asked for.
type Logins struct {
	rows    store.Expiring[loginRow]
	askings store.Expiring[askingRow]
}

// NewLogins is the logins in a keyspace.
func NewLogins(k *store.Keyspace) *Logins { return &Logins{loginsTable.On(k), askingsTable.On(k)} }

// Insert keeps a new login.
func (s *Logins) Insert(ctx context.Context, l logic.Login) error {
	_, err := s.rows.Insert(ctx, loginsKept, rowOf(l))
	return wrapped("inserting a login", err)
}

// Find is one login, and whether there is one. It decides.
func (s *Logins) Find(ctx context.Context, id string) (logic.Login, bool, error) {
	row, found, err := s.rows.In(id).Find(ctx, store.Latest)
	if err != nil || !found {
		return logic.Login{}, false, wrapped("finding a login", err)
	}
	return logic.Login{
		ID: row.ID, User: row.User, LinkHash: row.LinkHash, BrowserHash: row.BrowserHash, Step: logic.Step(row.Step),
		Until: row.UntilAt, Asked: logic.Authorisation{
			Client: row.Client, RedirectURI: row.RedirectURI, State: row.State, Scopes: strings.Fields(row.Scopes),
			Challenge: row.Challenge,
		},
	}, true, nil
}

// Move takes a login from one step to another, and tells whether it did: false if somebody else has moved it since.
func (s *Logins) Move(ctx context.Context, was, next logic.Login) (bool, error) {
	answer, err := s.rows.Replace(ctx, loginsKept, rowOf(next), "step", int64(was.Step))
	return answer.OK, wrapped("moving a login", err)
}

func rowOf(l logic.Login) loginRow {
	return loginRow{
		ID: l.ID, User: l.User, LinkHash: l.LinkHash, BrowserHash: l.BrowserHash, Step: int64(l.Step), UntilAt: l.Until,
		Client: l.Asked.Client, RedirectURI: l.Asked.RedirectURI, State: l.Asked.State, Scopes: joined(l.Asked.Scopes),
		Challenge: l.Asked.Challenge,
	}
}

// Asking counts that a link was asked for by who, an index, in the window that begins at a time, and tells whether
// that is within a limit. What is beyond is not counted.
func (s *Logins) Asking(ctx context.Context, who []byte, window time.Time, limit int64) (bool, error) {
	row := askingRow{Who: who, Window: window.Unix(), Count: 1}
	answer, err := s.askings.Insert(ctx, askingsKept, row)
	// Whoever is refused learns the count as it is by then. Each round that is lost, another one won: it ends.
	for err == nil && !answer.OK && len(answer.Present) == 1 {
		was := answer.Present[0].Count
		if was >= limit {
			return false, nil
		}
		row.Count = was + 1
		answer, err = s.askings.Replace(ctx, askingsKept, row, "count", was)
	}
	if err != nil {
		return false, fmt.Errorf("counting who asks: %w", err)
	}
	return answer.OK, nil
}
