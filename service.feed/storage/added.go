package storage

import (
	"bytes"
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	feedproto "farthing/service.feed/proto"
)

// additionRow maps a program's own id of an addition to the item that came of it: the first one stays.
type additionRow struct {
	Account  string `store:"1,partition"`
	Client   string `store:"2,partition"`
	DedupeID string `store:"3,partition"`
	Item     string `store:"4"`
	Request  []byte `store:"5"` // A hash of what was asked for.
}

// addedRow says in which account a program's item is: its id alone does not.
type addedRow struct {
	Item    string `store:"1,partition"`
	Account string `store:"2"`
}

var (
	additionsTable = store.ConditionalTable[additionRow]("additions")
	addedTable     = store.PlainTable[addedRow]("added")
)

// Begin is the item id that belongs to a program's dedupe id: the item's own if it is the first, else the first one's.
// For another request it is conflict.dedupe_id.
func (s *Items) Begin(ctx context.Context, item *feedproto.Item, dedupeID string, request []byte) (string, error) {
	first, _, err := s.additions.InsertOrFind(ctx, additionRow{
		Account: item.GetAccountId(), Client: item.GetClientId(), DedupeID: dedupeID, Item: item.GetId(),
		Request: request,
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("beginning an item: %w", err)
	case !bytes.Equal(first.Request, request):
		return "", errs.New(errs.Conflict+".dedupe_id", "The dedupe_id was used with another request")
	}
	return first.Item, nil
}

// Add writes a program's item as Append does, where FindAdded finds it by its id.
func (s *Items) Add(ctx context.Context, item *feedproto.Item, changeID string) error {
	return s.append(ctx, item, changeID, s.added.Put(addedRow{item.GetId(), item.GetAccountId()}))
}

// FindAdded is a program's item in its highest version, and whether there is one.
func (s *Items) FindAdded(ctx context.Context, itemID string) (*feedproto.Item, bool, error) {
	month, err := monthOf(Prefix, itemID)
	if err != nil {
		return nil, false, err
	}
	where, found, err := s.added.In(itemID).Find(ctx, store.Recent)
	if err != nil || !found {
		return nil, false, err
	}
	rows, _, err := s.items.In(where.Account, month).Range(itemID).Limit(1).List(ctx, store.Recent)
	if err != nil || len(rows) == 0 {
		return nil, false, err
	}
	item, err := s.itemOf(ctx, rows[0], make(map[string]*seal.DataKey))
	return item, err == nil, err
}
