package storage

import (
	"context"
	"fmt"
	"strings"

	"farthing/pkg/store"
	"farthing/service.auth/logic"
)

// Clients is the programs that may ask customers for what they let them do.
type Clients struct {
	rows store.Conditional[clientRow]
}

// NewClients is the clients in a keyspace.
func NewClients(k *store.Keyspace) *Clients { return &Clients{clientsTable.On(k)} }

// shelf is where all clients are.
const shelf = int64(0)

// Insert keeps a new client. A repeat of the same id changes nothing.
func (s *Clients) Insert(ctx context.Context, c logic.Client) error {
	_, _, err := s.rows.InsertOrFind(ctx, clientRow{
		Shelf: shelf, ID: c.ID, Name: c.Name, Public: c.Public, FirstParty: c.FirstParty,
		RedirectURIs: strings.Join(c.RedirectURIs, " "), Scopes: joined(c.Scopes), Owner: c.Owner, SecretHash: c.SecretHash,
		CreatedAt: c.Created,
	})
	return wrapped("inserting "+c.ID, err)
}

// Find is one client, and whether there is one.
func (s *Clients) Find(ctx context.Context, id string) (logic.Client, bool, error) {
	row, found, err := s.rows.In(shelf).Find(ctx, store.Recent, id)
	if err != nil || !found {
		return logic.Client{}, false, wrapped("finding a client", err)
	}
	return row.client(), true, nil
}

// List is a page of the clients, oldest first, and the token of the next.
func (s *Clients) List(ctx context.Context, token string, limit int) ([]logic.Client, string, error) {
	rows, next, err := s.rows.In(shelf).Range().Resume(token).Limit(limit).List(ctx, store.Recent)
	if err != nil {
		return nil, "", fmt.Errorf("listing the clients: %w", err)
	}
	clients := make([]logic.Client, len(rows))
	for i, row := range rows {
		clients[i] = row.client()
	}
	return clients, next, nil
}

func (r clientRow) client() logic.Client {
	return logic.Client{
		ID: r.ID, Name: r.Name, Public: r.Public, FirstParty: r.FirstParty, RedirectURIs: strings.Fields(r.RedirectURIs),
		Scopes: strings.Fields(r.Scopes), Owner: r.Owner, SecretHash: r.SecretHash, Created: r.CreatedAt,
	}
}
