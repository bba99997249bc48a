package storage

import (
	"context"
	"fmt"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/store"
	"farthing/service.account/logic"
)

// openingRow maps a caller's id of an opening to the account that came of it: the first one stays.
type openingRow struct {
	User     string `store:"1,partition"`
	DedupeID string `store:"2,partition"`
	Account  string `store:"3"`
	Type     string `store:"4"`
	Currency string `store:"5"`
}

// accountRow is an account, in static columns, and a line for each change of it.
type accountRow struct {
	Account  string `store:"1,partition"`
	Revision int64  `store:"2,clustering"` // The version that the change made.

	Version   int64     `store:"3,static"` // What every change is conditional on.
	User      string    `store:"4,static"`
	Type      string    `store:"5,static"`
	Currency  string    `store:"6,static"`
	SortCode  string    `store:"7,static"`
	Number    string    `store:"8,static"`
	Closed    bool      `store:"9,static"`
	CreatedAt time.Time `store:"10,static"`

	ChangedAt time.Time `store:"20"`
}

// numberRow is a number that is taken, for ever. Inserted if absent, it keeps a number from being used twice.
type numberRow struct {
	SortCode string `store:"1,partition"`
	Number   string `store:"2,partition"`
	Account  string `store:"3"`
}

// userAccountRow lists the accounts of a user. Their ids sort by time.
type userAccountRow struct {
	User    string `store:"1,partition"`
	Account string `store:"2,clustering"`
}

var (
	openingsTable     = store.ConditionalTable[openingRow]("openings")
	accountsTable     = store.ConditionalTable[accountRow]("accounts")
	numbersTable      = store.ConditionalTable[numberRow]("numbers")
	userAccountsTable = store.PlainTable[userAccountRow]("accounts_by_user")
)

// Accounts is the accounts of the bank.
type Accounts struct {
	keyspace *store.Keyspace
	openings store.Conditional[openingRow]
	accounts store.Conditional[accountRow]
	numbers  store.Conditional[numberRow]
	users    store.Plain[userAccountRow]
}

// New is the accounts in a keyspace.
func New(k *store.Keyspace) *Accounts {
	return &Accounts{k, openingsTable.On(k), accountsTable.On(k), numbersTable.On(k), userAccountsTable.On(k)}
}

// Begin is the account id that belongs to a user's dedupe id: this account's if it is the first, else the first one's.
// For an account of another type or currency it is conflict.dedupe_id.
func (s *Accounts) Begin(ctx context.Context, dedupeID string, a logic.Account) (string, error) {
	first, _, err := s.openings.InsertOrFind(ctx, openingRow{
		User: a.User, DedupeID: dedupeID, Account: a.ID, Type: a.Type, Currency: a.Currency,
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("beginning an opening: %w", err)
	case first.Type != a.Type || first.Currency != a.Currency:
		return "", errs.New(errs.Conflict+".dedupe_id", "The dedupe_id was used with another request")
	}
	return first.Account, nil
}

// Claim makes a number an account's for ever, and tells whether it is: false if it is another account's. Repeating it
// is harmless.
func (s *Accounts) Claim(ctx context.Context, sortCode, number, account string) (bool, error) {
	first, _, err := s.numbers.InsertOrFind(ctx, numberRow{SortCode: sortCode, Number: number, Account: account})
	if err != nil {
		return false, fmt.Errorf("claiming a number for %s: %w", account, err)
	}
	return first.Account == account, nil
}

// Insert writes an account that is open, unless it is there already, and answers the one that is and whether it is
// new. Its user's list comes first: then an account that is open is always on it.
func (s *Accounts) Insert(ctx context.Context, a logic.Account) (logic.Account, bool, error) {
	if err := s.keyspace.Write(ctx, s.users.Put(userAccountRow{a.User, a.ID})); err != nil {
		return logic.Account{}, false, fmt.Errorf("listing %s: %w", a.ID, err)
	}
	row := accountRow{
		Revision: 1, Version: 1, User: a.User, Type: a.Type, Currency: a.Currency,
		SortCode: a.SortCode, Number: a.Number, CreatedAt: a.Created, ChangedAt: a.Created,
	}
	answer, err := s.accounts.Batch(a.ID).IfNull("version").SetStatics(row).InsertNew(row).Apply(ctx)
	switch {
	case err != nil:
		return logic.Account{}, false, fmt.Errorf("inserting %s: %w", a.ID, err)
	case answer.OK:
		return a, true, nil
	}
	return accountOf(answer.Statics, a.ID), false, nil
}

// Find is one account, and whether there is one.
func (s *Accounts) Find(ctx context.Context, id string) (logic.Account, bool, error) {
	row, found, err := s.accounts.In(id).Statics(ctx, store.Recent)
	if err != nil {
		return logic.Account{}, false, fmt.Errorf("reading %s: %w", id, err)
	}
	return accountOf(row, id), found, nil
}

// Numbered is whose a number is, and whether it is anybody's.
func (s *Accounts) Numbered(ctx context.Context, sortCode, number string) (string, bool, error) {
	row, taken, err := s.numbers.In(sortCode, number).Find(ctx, store.Recent) // It never changes once it is there.
	if err != nil {
		return "", false, fmt.Errorf("looking up a number: %w", err)
	}
	return row.Account, taken, nil
}

// List is a user's accounts, oldest first.
func (s *Accounts) List(ctx context.Context, user string, limit int) ([]logic.Account, error) {
	rows, _, err := s.users.In(user).Range().Limit(limit).List(ctx, store.Recent)
	if err != nil {
		return nil, fmt.Errorf("listing the accounts of %s: %w", user, err)
	}
	accounts := make([]logic.Account, 0, len(rows))
	for _, row := range rows {
		account, opened, err := s.Find(ctx, row.Account)
		if err != nil {
			return nil, err
		}
		if opened { // Not yet, if its opening was cut short.
			accounts = append(accounts, account)
		}
	}
	return accounts, nil
}

func accountOf(row accountRow, id string) logic.Account {
	return logic.Account{
		ID: id, User: row.User, Type: row.Type, Currency: row.Currency,
		SortCode: row.SortCode, Number: row.Number, Closed: row.Closed, Created: row.CreatedAt,
	}
}
