package storage

import (
	"context"
	"fmt"
	"time"

	"farthing/pkg/id"
	"farthing/pkg/store"
	"farthing/service.transactions/logic"
)

// Window selects transactions of an account by their ids, which sort by time.
type Window struct {
	Account string
	From    time.Time // Inclusive.
	AfterID string    // Exclusive; empty for none.
	Before  time.Time // Exclusive.
	Limit   int       // 1 to 100.
}

// List is the window's transactions, oldest first, each as its parts.
func (s *Transactions) List(ctx context.Context, w Window) ([][]logic.Part, error) {
	months, _, err := s.months.In(w.Account).Range().
		From(int64(logic.MonthOf(w.From))).To(int64(logic.MonthOf(w.Before))).List(ctx, store.Recent)
	if err != nil {
		return nil, fmt.Errorf("listing months: %w", err)
	}
	var found [][]logic.Part
	for _, month := range months {
		if found, err = s.listMonth(ctx, w, month.Month, found); err != nil {
			return nil, fmt.Errorf("listing transactions of %d: %w", month.Month, err)
		}
		if len(found) >= w.Limit {
			return found[:w.Limit], nil
		}
	}
	return found, nil
}

// rowsEach is about how many rows a transaction has; a customer's annotations may add to it.
const rowsEach = 4

// listMonth adds a month's transactions to those found, until there are enough or no more. It reads one transaction
// too many, because only the next one's first row tells that a transaction is whole.
func (s *Transactions) listMonth(
	ctx context.Context, w Window, month int64, found [][]logic.Part,
) ([][]logic.Part, error) {
	pages := s.parts.In(w.Account, month).Range().Below(id.Lowest("tx", w.Before)).
		Limit(min(w.Limit*rowsEach, store.MaxRows))
	if from := id.Lowest("tx", w.From); from > w.AfterID {
		pages = pages.From(from)
	} else {
		pages = pages.Above(w.AfterID)
	}
	current := ""
	for token := ""; ; {
		rows, next, err := pages.Resume(token).List(ctx, store.Recent)
		if err != nil {
			return nil, err
		}
		parts, err := partsOf(rows)
		if err != nil {
			return nil, err
		}
		for _, part := range parts {
			if part.ID != current {
				if len(found) == w.Limit {
					return found, nil
				}
				current, found = part.ID, append(found, nil)
			}
			found[len(found)-1] = append(found[len(found)-1], part)
		}
		if token = next; next == "" {
			return found, nil
		}
	}
}

// Accounts is some of the accounts that may have transactions, and the place to go on from, as store.Walk. The
// last of one page may be the first of the next.
func (s *Transactions) Accounts(ctx context.Context, after string, limit int) ([]string, string, error) {
	accounts, next, err := s.months.WalkNames(ctx, after, limit, func(row monthRow) string { return row.Account })
	if err != nil {
		return nil, "", fmt.Errorf("walking accounts: %w", err)
	}
	return accounts, next, nil
}
