// Package storage keeps the feeds: an account's items by month, newest first.
package storage

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/id"
	"farthing/pkg/seal"
	"farthing/pkg/seal/datakeys"
	"farthing/pkg/store"
	feedproto "farthing/service.feed/proto"
)

// itemRow is one version of one item. A busy account has about ten items a day, so that a month's partition stays
// around a thousand rows.
type itemRow struct {
	Account string `store:"1,partition"`
	Month   int64  `store:"2,partition"` // 202611, of the item's time, UTC.
	ID      string `store:"3,clustering,desc"`
	Version int64  `store:"4,clustering,desc"`
	Item    []byte `store:"5"` // feed.v1.Item.
	Texts   []byte `store:"6"` // Of a personal one: title and body, sealed.
}

// monthRow says that an account has items in a month, so that lists skip empty ones.
type monthRow struct {
	Account string `store:"1,partition"`
	Month   int64  `store:"2,clustering,desc"`
}

var (
	itemsTable  = store.PlainTable[itemRow]("items")
	monthsTable = store.PlainTable[monthRow]("months")
	keysTable   = datakeys.Table("data_keys")
)

// Schema is the keyspace of service.feed.
func Schema() store.Schema {
	return store.Schema{Keyspace: "feed", Tables: []store.Table{
		itemsTable, monthsTable, changesTable, additionsTable, addedTable, keysTable,
	}}
}

// Prefix begins the ids of items.
const Prefix = "feed"

// Items is the items of all feeds.
type Items struct {
	keyspace  *store.Keyspace
	items     store.Plain[itemRow]
	months    store.Plain[monthRow]
	changes   store.Plain[changeRow]
	additions store.Conditional[additionRow]
	added     store.Plain[addedRow]
	keys      *datakeys.Keys
	known     *store.Once // Months of accounts.
}

// NewItems is the items in a keyspace, whose users' keys are wrapped under a ring.
func NewItems(k *store.Keyspace, ring *seal.Keyring) *Items {
	return &Items{
		k, itemsTable.On(k), monthsTable.On(k), changesTable.On(k), additionsTable.On(k), addedTable.On(k),
		datakeys.New(keysTable, k, ring), &store.Once{},
	}
}

// Append writes an item, or another version of one, as a change with this id. Repeating it is harmless; with another id
// it is another change.
func (s *Items) Append(ctx context.Context, item *feedproto.Item, changeID string) error {
	return s.append(ctx, item, changeID)
}

// append writes an item with more rows beside it.
func (s *Items) append(ctx context.Context, item *feedproto.Item, changeID string, beside ...store.Put) error {
	month, err := monthOf(Prefix, item.GetId())
	if err != nil {
		return err
	}
	change, err := s.change(changeID, item)
	if err != nil {
		return err
	}
	kept, texts, err := s.sealed(ctx, item)
	if err != nil {
		return err
	}
	body, err := proto.Marshal(kept)
	if err != nil {
		return fmt.Errorf("marshalling a feed item: %w", err)
	}
	puts, done := s.known.With(
		fmt.Sprint(item.GetAccountId(), month), s.months.Put(monthRow{item.GetAccountId(), month}),
		append(beside, change,
			s.items.Put(itemRow{item.GetAccountId(), month, item.GetId(), item.GetVersion(), body, texts}))...,
	)
	if err := s.keyspace.Write(ctx, puts...); err != nil {
		return fmt.Errorf("appending to a feed: %w", err)
	}
	done()
	return nil
}

// Window selects items of an account.
type Window struct {
	Account string
	AfterID string // Only greater ids; empty for all.
	// BelowID, only smaller ids; empty for all. It is how the next page begins.
	BelowID string
	Limit   int // 1 to 101.
}

// List is the window's items, newest first, each in its highest version, without those that were taken away.
func (s *Items) List(ctx context.Context, w Window) ([]*feedproto.Item, error) {
	months, err := s.monthsIn(ctx, w)
	if err != nil {
		return nil, fmt.Errorf("listing months: %w", err)
	}
	var found []*feedproto.Item
	for _, month := range months {
		if found, err = s.listMonth(ctx, w, month.Month, found); err != nil {
			return nil, fmt.Errorf("listing items of %d: %w", month.Month, err)
		}
		if len(found) == w.Limit {
			break
		}
	}
	return found, nil
}

func (s *Items) monthsIn(ctx context.Context, w Window) ([]monthRow, error) {
	months := s.months.In(w.Account).Range()
	if w.AfterID != "" {
		month, err := monthOf(Prefix, w.AfterID)
		if err != nil {
			return nil, err
		}
		months = months.From(month)
	}
	if w.BelowID != "" {
		month, err := monthOf(Prefix, w.BelowID)
		if err != nil {
			return nil, err
		}
		months = months.To(month)
	}
	rows, _, err := months.List(ctx, store.Recent)
	return rows, err
}

// versionsEach is about how many versions an item has.
const versionsEach = 2

// listMonth adds a month's items to those found, until there are enough or no more. An item's highest version is its
// first row.
func (s *Items) listMonth(
	ctx context.Context, w Window, month int64, found []*feedproto.Item,
) ([]*feedproto.Item, error) {
	pages := s.items.In(w.Account, month).Range().Limit(w.Limit * versionsEach)
	if w.AfterID != "" {
		pages = pages.Above(w.AfterID)
	}
	if w.BelowID != "" {
		pages = pages.Below(w.BelowID)
	}
	last, keys := "", make(map[string]*seal.DataKey)
	for token := ""; ; {
		rows, next, err := pages.Resume(token).List(ctx, store.Recent)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if len(found) == w.Limit {
				return found, nil
			}
			if row.ID == last {
				continue
			}
			item, err := s.itemOf(ctx, row, keys)
			if err != nil {
				return nil, err
			}
			if last = row.ID; !item.GetDeleted() {
				found = append(found, item)
			}
		}
		if token = next; next == "" {
			return found, nil
		}
	}
}

// itemOf is the item of a row, with its texts. Keys are the ones that were fetched already, and grow.
func (s *Items) itemOf(ctx context.Context, row itemRow, keys map[string]*seal.DataKey) (*feedproto.Item, error) {
	item := &feedproto.Item{}
	if err := proto.Unmarshal(row.Item, item); err != nil {
		return nil, fmt.Errorf("unmarshalling %s: %w", row.ID, err)
	}
	return item, s.unseal(ctx, item, row.Texts, keys)
}

// Accounts is some of the accounts that may have items, and the place to go on from, as store.Walk. The last of one
// page may be the first of the next.
func (s *Items) Accounts(ctx context.Context, after string, limit int) ([]string, string, error) {
	accounts, next, err := s.months.WalkNames(ctx, after, limit, func(row monthRow) string { return row.Account })
	if err != nil {
		return nil, "", fmt.Errorf("walking accounts: %w", err)
	}
	return accounts, next, nil
}

// monthOf is the bucket of an item or a change: its id tells the time.
func monthOf(prefix, itsID string) (int64, error) {
	created, err := id.Time("id", prefix, itsID)
	if err != nil {
		return 0, err
	}
	year, month, _ := created.In(time.UTC).Date()
	return int64(year*100 + int(month)), nil
}
