package storage

import (
	"bytes"
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/seal"
	"farthing/pkg/seal/datakeys"
	"farthing/pkg/store"
	"farthing/pkg/store/worklist"
	"farthing/service.pot/logic"
)

// Pots is the pots of the bank.
type Pots struct {
	keyspace   *store.Keyspace
	creations  store.Conditional[creationRow]
	pots       store.Conditional[potRow]
	accounts   store.Plain[accountPotRow]
	keys       *datakeys.Keys
	unfinished *worklist.List
}

// New is the pots in a keyspace, whose customers' keys are wrapped under a ring.
func New(k *store.Keyspace, ring *seal.Keyring) *Pots {
	return &Pots{
		k, creationsTable.On(k), potsTable.On(k), accountPotsTable.On(k), datakeys.New(dataKeysTable, k, ring),
		worklist.New(unfinishedTable, k),
	}
}

// Unfinished lists what a sweep has to finish.
func (s *Pots) Unfinished() *worklist.List { return s.unfinished }

// Begin is the pot id that belongs to a current account's dedupe id: this one if it is the first, else the first one's.
// For another request it is conflict.dedupe_id.
func (s *Pots) Begin(ctx context.Context, account, dedupeID, pot string, request []byte) (string, error) {
	first, _, err := s.creations.InsertOrFind(ctx, creationRow{
		Account: account, DedupeID: dedupeID, Pot: pot, Request: request,
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("beginning a pot: %w", err)
	case !bytes.Equal(first.Request, request):
		return "", errs.New(errs.Conflict+".dedupe_id", "The dedupe_id was used with another request")
	}
	return first.Pot, nil
}

// Insert writes a pot unless it is there already, and answers the one that is. Its account's list comes first: then a
// pot that is there is always on it.
func (s *Pots) Insert(ctx context.Context, p logic.Pot) (logic.Pot, error) {
	if err := s.keyspace.Write(ctx, s.accounts.Put(accountPotRow{p.Account, p.ID})); err != nil {
		return logic.Pot{}, fmt.Errorf("listing %s: %w", p.ID, err)
	}
	key, err := s.keys.Ensure(ctx, p.User)
	if err != nil {
		return logic.Pot{}, err
	}
	p.Version = 1
	row := rowOf(p, key)
	answer, err := s.pots.Batch(p.ID).IfNull("version").
		SetStatics(row).InsertNew(changeOf(p.Version, p.Updated)).Apply(ctx)
	switch {
	case err != nil:
		return logic.Pot{}, fmt.Errorf("inserting %s: %w", p.ID, err)
	case answer.OK:
		return p, nil
	}
	return s.potOf(ctx, answer.Statics, p.ID)
}

// Find is one pot, and whether there is one. It decides.
func (s *Pots) Find(ctx context.Context, pot string) (logic.Pot, bool, error) {
	row, found, err := s.pots.In(pot).Statics(ctx, store.Latest)
	if err != nil || !found {
		return logic.Pot{}, false, err
	}
	p, err := s.potOf(ctx, row, pot)
	return p, err == nil, err
}

// List is the pots of a current account, oldest first.
func (s *Pots) List(ctx context.Context, account string, limit int) ([]logic.Pot, error) {
	rows, _, err := s.accounts.In(account).Range().Limit(limit).List(ctx, store.Recent)
	if err != nil {
		return nil, fmt.Errorf("listing the pots of %s: %w", account, err)
	}
	pots := make([]logic.Pot, 0, len(rows))
	for _, row := range rows {
		pot, found, err := s.Find(ctx, row.Pot)
		if err != nil {
			return nil, err
		}
		if found { // Not yet, if its creation was cut short.
			pots = append(pots, pot)
		}
	}
	return pots, nil
}

// Walk is some pots after a place, and the place to go on from, as store.Walk.
func (s *Pots) Walk(ctx context.Context, after string, limit int) ([]logic.Pot, string, error) {
	rows, next, err := s.pots.WalkPartitions(ctx, after, limit)
	if err != nil {
		return nil, "", fmt.Errorf("walking pots: %w", err)
	}
	pots := make([]logic.Pot, len(rows))
	for i, row := range rows {
		if pots[i], err = s.potOf(ctx, row, row.Pot); err != nil {
			return nil, "", err
		}
	}
	return pots, next, nil
}

// Change writes a pot's next version, and tells whether it did: false if somebody else has changed it since.
func (s *Pots) Change(ctx context.Context, was, next logic.Pot) (bool, error) {
	key, err := s.keys.Ensure(ctx, next.User)
	if err != nil {
		return false, err
	}
	next.Version = was.Version + 1
	answer, err := s.pots.Batch(was.ID).If("version", was.Version).
		SetStatics(rowOf(next, key), "version", "title", "style", "goal", "updated_at", "deleted").
		InsertNew(changeOf(next.Version, next.Updated)).Apply(ctx)
	if err != nil {
		return false, fmt.Errorf("changing %s: %w", was.ID, err)
	}
	return answer.OK, nil
}

// place binds a sealed name to its pot, so that it opens in no other.
func place(pot string) []byte { return []byte("pot.name/" + pot) }

// forgotten is the name of a pot whose owner was.
const forgotten = "Pot"

func (s *Pots) potOf(ctx context.Context, row potRow, pot string) (logic.Pot, error) {
	p := logic.Pot{
		ID: pot, User: row.User, Account: row.Account, Ledger: row.Ledger, Currency: row.Currency, Name: forgotten,
		Style: row.Style, Goal: row.Goal, Created: row.CreatedAt, Updated: row.UpdatedAt, Deleted: row.Deleted,
		Version: row.Version,
	}
	key, err := s.keys.Key(ctx, p.User)
	if errs.Is(err, errs.NotFound) {
		return p, nil
	}
	if err != nil {
		return logic.Pot{}, err
	}
	name, err := key.Open(row.Title, place(pot))
	if err != nil {
		return logic.Pot{}, fmt.Errorf("opening the name of %s: %w", pot, err)
	}
	p.Name = string(name)
	return p, nil
}

func rowOf(p logic.Pot, key *seal.DataKey) potRow {
	return potRow{
		Version: p.Version, User: p.User, Account: p.Account, Ledger: p.Ledger, Currency: p.Currency,
		Title: key.Seal([]byte(p.Name), place(p.ID)), Style: p.Style, Goal: p.Goal, CreatedAt: p.Created,
		UpdatedAt: p.Updated, Deleted: p.Deleted,
	}
}
