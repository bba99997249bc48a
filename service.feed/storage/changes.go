package storage

import (
	"context"
	"fmt"
	"slices"

	"farthing/pkg/seal"
	"farthing/pkg/store"
	feedproto "farthing/service.feed/proto"
)

// changeRow says that a version of an item was written, in the order of these writes. It lies in the partition of its
// own month, which is nearly always the item's: one batch on one partition.
type changeRow struct {
	Account string `store:"1,partition"`
	Month   int64  `store:"2,partition"` // 202611, of the change's id, UTC.
	Change  string `store:"3,clustering"`
	Item    string `store:"4"`
	Version int64  `store:"5"`
}

var changesTable = store.PlainTable[changeRow]("changes")

// change is the row of a change to an item, forgotten after a while.
func (s *Items) change(changeID string, item *feedproto.Item) (store.Put, error) {
	month, err := monthOf(feedproto.ChangePrefix, changeID)
	if err != nil {
		return store.Put{}, err
	}
	return s.changes.PutFor(feedproto.ChangesKept, changeRow{
		item.GetAccountId(), month, changeID, item.GetId(), item.GetVersion(),
	}), nil
}

// Changes is how an account's feed has changed after a change, up to the month of another id, in their order. Items are
// as they are by now.
func (s *Items) Changes(
	ctx context.Context, account, afterID, untilID string, limit int,
) ([]*feedproto.Change, error) {
	months, err := monthsBetween(afterID, untilID)
	if err != nil {
		return nil, err
	}
	var found []*feedproto.Change
	keys := make(map[string]*seal.DataKey)
	for _, month := range months {
		rows, _, err := s.changes.In(account, month).Range().Above(afterID).Limit(limit-len(found)).
			List(ctx, store.Recent)
		if err != nil {
			return nil, fmt.Errorf("listing changes of %d: %w", month, err)
		}
		for _, row := range rows {
			change, err := s.changeOf(ctx, row, keys)
			if err != nil {
				return nil, err
			}
			found = append(found, change)
		}
		if len(found) == limit {
			break
		}
	}
	return slices.DeleteFunc(found, func(c *feedproto.Change) bool { return c.GetItem() == nil }), nil
}

// changeOf is a change with its item, which is nil in the moment before it can be seen.
func (s *Items) changeOf(
	ctx context.Context, row changeRow, keys map[string]*seal.DataKey,
) (*feedproto.Change, error) {
	month, err := monthOf(Prefix, row.Item)
	if err != nil {
		return nil, err
	}
	versions, _, err := s.items.In(row.Account, month).Range(row.Item).List(ctx, store.Recent)
	if err != nil || len(versions) == 0 {
		return &feedproto.Change{Id: row.Change}, err
	}
	item, err := s.itemOf(ctx, versions[0], keys)
	first := versions[len(versions)-1].Version == row.Version
	return &feedproto.Change{Id: row.Change, Item: item, First: first}, err
}

// monthsBetween are the months of two changes and all between them.
func monthsBetween(afterID, untilID string) ([]int64, error) {
	month, err := monthOf(feedproto.ChangePrefix, afterID)
	if err != nil {
		return nil, err
	}
	last, err := monthOf(feedproto.ChangePrefix, untilID)
	if err != nil {
		return nil, err
	}
	var months []int64
	for ; month <= last; month = after(month) {
		months = append(months, month)
	}
	return months, nil
}

// after is the next month: 202701 of 202612.
func after(month int64) int64 {
	const december, toJanuary = 12, 89
	if month%100 == december {
		return month + toJanuary
	}
	return month + 1
}
