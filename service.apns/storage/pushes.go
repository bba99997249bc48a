package storage

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/id"
	"farthing/pkg/money"
	"farthing/pkg/store"
	"farthing/service.apns/logic"
	apnsproto "farthing/service.apns/proto"
)

// pushRow is what a customer's phones were told of one version of a transaction. While a phone waits it has no outcome,
// and afterwards nothing takes that away: a try that is written late writes progress only. A month of a busy account
// has a thousand rows of 100 bytes.
type pushRow struct {
	Account     string    `store:"1,partition"`
	Month       int64     `store:"2,partition"` // 202611, of the transaction's id, UTC.
	Transaction string    `store:"3,clustering,desc"`
	Version     int64     `store:"4,clustering,desc"`
	Minor       int64     `store:"5"`
	Currency    string    `store:"6"`
	ChangedAt   time.Time `store:"7"` // Business time.
	Outcome     string    `store:"8"`
	Progress    []byte    `store:"9"` // apns.v1.Progress, of at most 20 phones; nothing once there is an outcome.
}

// monthRow says that an account has pushes in a month.
type monthRow struct {
	Account string `store:"1,partition"`
	Month   int64  `store:"2,clustering,desc"`
}

var (
	pushesTable = store.PlainTable[pushRow]("pushes")
	monthsTable = store.PlainTable[monthRow]("months")
)

// Pushes is what became of all pushes.
type Pushes struct {
	keyspace *store.Keyspace
	pushes   store.Plain[pushRow]
	months   store.Plain[monthRow]
	known    *store.Once // Months of accounts.
}

// NewPushes is the pushes in a keyspace.
func NewPushes(k *store.Keyspace) *Pushes {
	return &Pushes{k, pushesTable.On(k), monthsTable.On(k), &store.Once{}}
}

// Keep writes what became of a push. Repeating it is harmless.
func (s *Pushes) Keep(ctx context.Context, p logic.Push) error {
	month, err := monthOf(p.Transaction)
	if err != nil {
		return err
	}
	row := pushRow{
		Account: p.Account, Month: month, Transaction: p.Transaction, Version: p.Version,
		Minor: p.Amount.Minor, Currency: p.Amount.Currency, ChangedAt: p.ChangedAt, Outcome: string(p.Outcome),
	}
	if row.Progress, err = progressOf(p.Phones); err != nil {
		return err
	}
	columns := []string{"minor", "currency", "changed_at", "progress"}
	if p.Outcome != logic.Waiting {
		columns = append(columns, "outcome")
	}
	puts, done := s.known.With(
		fmt.Sprint(p.Account, month), s.months.Put(monthRow{p.Account, month}), s.pushes.Put(row, columns...),
	)
	if err := s.keyspace.Write(ctx, puts...); err != nil {
		return fmt.Errorf("keeping a push: %w", err)
	}
	done()
	return nil
}

// Find is what became of telling a customer's phones of one version of a transaction, and whether anything did.
func (s *Pushes) Find(ctx context.Context, account, transaction string, version int64) (logic.Push, bool, error) {
	month, err := monthOf(transaction)
	if err != nil {
		return logic.Push{}, false, err
	}
	row, ok, err := s.pushes.In(account, month).Find(ctx, store.Recent, transaction, version)
	if err != nil {
		return logic.Push{}, false, fmt.Errorf("finding a push: %w", err)
	}
	if !ok {
		return logic.Push{}, false, nil
	}
	p, err := pushOf(row)
	return p, err == nil, err
}

// All is every push of an account, of the newest month first. It is for audits.
func (s *Pushes) All(ctx context.Context, account string) ([]logic.Push, error) {
	months, _, err := s.months.In(account).Range().List(ctx, store.Recent)
	if err != nil {
		return nil, fmt.Errorf("listing months: %w", err)
	}
	var all []logic.Push
	for _, month := range months {
		if all, err = s.listMonth(ctx, month, all); err != nil {
			return nil, fmt.Errorf("listing pushes of %d: %w", month.Month, err)
		}
	}
	return all, nil
}

func (s *Pushes) listMonth(ctx context.Context, month monthRow, all []logic.Push) ([]logic.Push, error) {
	for token := ""; ; {
		rows, next, err := s.pushes.In(month.Account, month.Month).Range().Resume(token).List(ctx, store.Recent)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			p, err := pushOf(row)
			if err != nil {
				return nil, err
			}
			all = append(all, p)
		}
		if token = next; token == "" {
			return all, nil
		}
	}
}

// Accounts is some of the accounts that may have pushes, and the place to go on from, as store.Walk. The last of one
// page may be the first of the next.
func (s *Pushes) Accounts(ctx context.Context, after string, limit int) ([]string, string, error) {
	accounts, next, err := s.months.WalkNames(ctx, after, limit, func(row monthRow) string { return row.Account })
	if err != nil {
		return nil, "", fmt.Errorf("walking accounts: %w", err)
	}
	return accounts, next, nil
}

// monthOf is the bucket of a transaction: its id tells the time.
func monthOf(transaction string) (int64, error) {
	created, err := id.Time("transaction_id", "tx", transaction)
	if err != nil {
		return 0, err
	}
	year, month, _ := created.Date()
	return int64(year*100 + int(month)), nil
}

// progressOf is how far phones are, as it is kept.
func progressOf(phones map[string]logic.Phone) ([]byte, error) {
	if len(phones) == 0 {
		return []byte{}, nil
	}
	progress := &apnsproto.Progress{}
	for device, phone := range phones {
		one := &apnsproto.Progress_Phone{DeviceId: device, Outcome: string(phone.Outcome)}
		if !phone.NotBefore.IsZero() {
			one.NotBeforeMs = phone.NotBefore.UnixMilli()
		}
		progress.Phones = append(progress.Phones, one)
	}
	kept, err := proto.Marshal(progress)
	if err != nil {
		return nil, fmt.Errorf("marshalling a push's progress: %w", err)
	}
	return kept, nil
}

func pushOf(row pushRow) (logic.Push, error) {
	p := logic.Push{
		Account: row.Account, Transaction: row.Transaction, Version: row.Version,
		Amount:    money.Amount{Minor: row.Minor, Currency: row.Currency},
		ChangedAt: row.ChangedAt, Outcome: logic.Outcome(row.Outcome),
	}
	if p.Outcome != logic.Waiting {
		return p, nil
	}
	progress := &apnsproto.Progress{}
	if err := proto.Unmarshal(row.Progress, progress); err != nil {
		return logic.Push{}, fmt.Errorf("unmarshalling the progress of %s: %w", row.Transaction, err)
	}
	p.Phones = make(map[string]logic.Phone)
	for _, one := range progress.GetPhones() {
		phone := logic.Phone{Outcome: logic.Outcome(one.GetOutcome())}
		if ms := one.GetNotBeforeMs(); ms != 0 {
			phone.NotBefore = time.UnixMilli(ms).UTC()
		}
		p.Phones[one.GetDeviceId()] = phone
	}
	return p, nil
}
