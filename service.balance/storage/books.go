package storage

import (
	"context"
	"fmt"

	"farthing/pkg/store"
	"farthing/service.balance/logic"
)

// Books is the ledger as an audit reads it. It implements logic.Books.
type Books struct {
	*Accounts
	journals *Journals
}

// NewBooks is the books of these accounts and journals.
func NewBooks(a *Accounts, j *Journals) *Books { return &Books{a, j} }

// AnswersIn is a bucket's rows by id.
func (b *Books) AnswersIn(ctx context.Context, account string, bucket int64) (map[string]logic.Entry, error) {
	answers := make(map[string]logic.Entry)
	for token := ""; ; {
		rows, next, err := b.rows.In(account, bucket).Range(int64(rowByID)).Resume(token).List(ctx, store.Recent)
		if err != nil {
			return nil, fmt.Errorf("reading the answers of %s: %w", account, err)
		}
		entries, err := entriesOf(rows)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			answers[entry.ID] = entry
		}
		if token = next; token == "" {
			return answers, nil
		}
	}
}

// Listed tells whether the list of buckets says with what one was opened.
func (b *Books) Listed(ctx context.Context, opened logic.Account) (bool, error) {
	for _, row := range listed(opened) {
		_, found, err := b.buckets.In(opened.ID).Find(ctx, store.Recent, row.Order, row.Value, row.Bucket)
		if err != nil {
			return false, fmt.Errorf("reading the buckets of %s: %w", opened.ID, err)
		}
		if !found {
			return false, nil
		}
	}
	return true, nil
}

// Journal is a journal as it is kept.
func (b *Books) Journal(ctx context.Context, id string) (logic.Journal, error) {
	return b.journals.load(ctx, id)
}

// WalkJournals is the ids of some journals after a place, and the place to go on from, as store.Walk.
func (b *Books) WalkJournals(ctx context.Context, after string, limit int) ([]string, string, error) {
	rows, next, err := b.journals.rows.WalkPartitions(ctx, after, limit)
	if err != nil {
		return nil, "", fmt.Errorf("walking journals: %w", err)
	}
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.Journal
	}
	return ids, next, nil
}
