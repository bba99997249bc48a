// Package storage keeps the ledger: one conditional table for accounts, one for journals.
package storage

import (
	"context"
	"fmt"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/store"
	"farthing/service.balance/logic"
)

// accountRow is a line of an account. A partition is one bucket of one account: its state in static columns, and each
// entry twice, under its id (for repeats) and under its sequence (for readers).
type accountRow struct {
	Account  string `store:"1,partition"`
	Bucket   int64  `store:"2,partition"`
	Kind     int64  `store:"3,clustering"` // rowByID or rowBySequence.
	Sequence int64  `store:"4,clustering"` // 0 in a row by id.
	ID       string `store:"5,clustering"`

	Version    int64     `store:"6,static"` // Of the newest entry; what every write is conditional on.
	Closed     bool      `store:"7,static"` // The bucket has rolled.
	Currency   string    `store:"8,static"`
	Posted     int64     `store:"9,static"`
	Held       int64     `store:"10,static"`
	OpenHolds  int64     `store:"11,static"`
	SpendDay   int64     `store:"12,static"`
	SpentToday int64     `store:"13,static"`
	LastAt     time.Time `store:"14,static"`
	Chain      []byte    `store:"15,static"`
	Counters   []byte    `store:"16,static"` // balance.v1.CounterState.

	NewestIDAt       time.Time `store:"17,static"`
	OpenedVersion    int64     `store:"18,static"` // Written once, as the next.
	OpenedNewestIDAt time.Time `store:"19,static"`
	NewestFenceAt    time.Time `store:"36,static"` // Written by fences alone.
	Seal             []byte    `store:"37,static"` // Written when it is closed; empty before.
	TotalIn          int64     `store:"38,static"`

	EntrySequence int64     `store:"20"`
	EntryKind     int64     `store:"21"`
	Reason        int64     `store:"22"`
	PostedChange  int64     `store:"23"`
	HeldChange    int64     `store:"24"`
	PostedAfter   int64     `store:"25"`
	HeldAfter     int64     `store:"26"`
	TransactionID string    `store:"27"`
	Journal       string    `store:"28"`
	At            time.Time `store:"29"`
	EntryChain    []byte    `store:"30"`
	Traceparent   string    `store:"31"`
	OffsetMillis  int64     `store:"32"`
	ControlSet    string    `store:"33"`
	Cash          bool      `store:"34"`
	Checks        []byte    `store:"35"` // balance.v1.Explanation.
	Cashback      int64     `store:"39"`
}

const (
	rowByID       = 0
	rowBySequence = 1
)

var accountsTable = store.ConditionalTable[accountRow]("accounts")

// Accounts is the accounts of the bank. It implements logic.Accounts.
type Accounts struct {
	rows    store.Conditional[accountRow]
	buckets store.Conditional[bucketRow]
	newest  newest
}

// NewAccounts is the accounts in a keyspace.
func NewAccounts(k *store.Keyspace) *Accounts {
	return &Accounts{rows: accountsTable.On(k), buckets: bucketsTable.On(k)}
}

// Open starts an account's ledger at zero; one that is there already stays as it is.
func (s *Accounts) Open(ctx context.Context, id, currency string) error {
	opened := accountRow{
		Currency: currency, LastAt: epoch(), Chain: []byte{},
		NewestIDAt: epoch(), OpenedNewestIDAt: epoch(), NewestFenceAt: epoch(), Seal: []byte{},
	}
	answer, err := s.rows.Batch(id, int64(0)).IfNull("version").SetStatics(opened).Apply(ctx)
	if err != nil {
		return fmt.Errorf("opening %s: %w", id, err)
	}
	if !answer.OK && answer.Statics.Currency != currency {
		return errs.New(errs.Conflict+".currency", "The account is open in another currency")
	}
	return nil
}

// epoch is the time of what has not happened: columns that are compared must have been written.
func epoch() time.Time { return time.UnixMilli(0).UTC() }

// Load is the newest state: not_found.account if the ledger was never opened.
func (s *Accounts) Load(ctx context.Context, id string) (logic.Account, error) {
	state, opened, err := s.LoadIn(ctx, id, s.newest.of(id))
	for err == nil && opened && state.Closed {
		var next logic.Account
		if next, opened, err = s.newestAfter(ctx, state); opened {
			state = next
			s.newest.is(id, state.Bucket)
		}
	}
	if err == nil && state.ID == "" {
		err = errs.Missing("account")
	}
	return state, err
}

// LoadIn is the state in one bucket, and whether that was ever opened.
func (s *Accounts) LoadIn(ctx context.Context, id string, bucket int64) (logic.Account, bool, error) {
	row, opened, err := s.rows.In(id, bucket).Statics(ctx, store.Latest)
	switch {
	case err != nil:
		return logic.Account{}, false, fmt.Errorf("loading %s: %w", id, err)
	case !opened:
		return logic.Account{}, false, nil
	}
	state, err := accountOf(row, id, bucket)
	return state, err == nil, err
}

// FindIn is the entry with an id in one bucket, as it was first written, and whether there is one.
func (s *Accounts) FindIn(ctx context.Context, account string, bucket int64, id string) (logic.Entry, bool, error) {
	row, ok, err := s.rows.In(account, bucket).Find(ctx, store.Latest, int64(rowByID), int64(0), id)
	if err != nil || !ok {
		return logic.Entry{}, false, err
	}
	entry, err := entryOf(row)
	return entry, err == nil, err
}

// Post writes the next state and the entries that explain it, or nothing at all: one conditional write. Being refused
// is an answer; an error that Is store.ErrUnknown means that it may still happen.
func (s *Accounts) Post(ctx context.Context, was, next logic.Account, entries []logic.Entry) (logic.Posting, error) {
	batch := s.rows.Batch(was.ID, was.Bucket).
		If("version", was.Version).If("closed", false).
		SetStatics(rowOf(next), stateColumns()...)
	for _, entry := range entries {
		row := rowOfEntry(entry)
		row.Kind, row.Sequence, row.ID = rowBySequence, entry.Sequence, entry.ID
		batch.Insert(row)
		row.Kind, row.Sequence = rowByID, 0
		// The id row keeps repeats out, and makes the condition a point read (on statics alone it would be a scan).
		batch.InsertNew(row, answerColumns()...)
	}
	answer, err := batch.Apply(ctx)
	if err != nil {
		return logic.Posting{}, fmt.Errorf("posting to %s: %w", was.ID, err)
	}
	return postingOf(answer, was)
}

// Fence writes a Void entry under an id with this time, unless there is an entry in the bucket already. It touches
// nothing that a posting is conditional on, so that the two do not race.
func (s *Accounts) Fence(
	ctx context.Context, in logic.Account, void logic.Entry, at time.Time,
) (logic.Posting, error) {
	row := rowOfEntry(void)
	row.Kind, row.ID = rowByID, void.ID
	batch := s.rows.Batch(in.ID, in.Bucket).If("closed", false).InsertNew(row, answerColumns()...)
	if at.After(in.LatestID()) {
		batch.If("newest_fence_at", in.NewestFence).SetStatics(accountRow{NewestFenceAt: at}, "newest_fence_at")
	}
	answer, err := batch.Apply(ctx)
	if err != nil {
		return logic.Posting{}, fmt.Errorf("fencing %s: %w", void.ID, err)
	}
	return postingOf(answer, in)
}

// Size is an account and how much there is in it.
type Size struct {
	Account            string
	Entries, OpenHolds int64
	Posted             int64 // Minor units of Currency.
	Currency           string
}

// Walk is some accounts after a place, and the place to go on from, as store.Walk. An account is met where its first
// bucket is.
func (s *Accounts) Walk(ctx context.Context, after string, limit int) ([]Size, string, error) {
	rows, next, err := s.rows.WalkPartitions(ctx, after, limit)
	if err != nil {
		return nil, "", fmt.Errorf("walking accounts: %w", err)
	}
	sizes := make([]Size, 0, len(rows))
	for _, row := range rows {
		if row.Bucket != 0 {
			continue
		}
		if row.Closed {
			newest, err := s.Load(ctx, row.Account)
			if err != nil {
				return nil, "", err
			}
			row.Version, row.OpenHolds, row.Posted = newest.Version, newest.OpenHolds, newest.Posted
		}
		sizes = append(sizes, Size{row.Account, row.Version, row.OpenHolds, row.Posted, row.Currency})
	}
	return sizes, next, nil
}
