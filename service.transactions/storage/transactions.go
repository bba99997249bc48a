package storage

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/events"
	"farthing/pkg/events/outbox"
	"farthing/pkg/id"
	"farthing/pkg/store"
	"farthing/service.transactions/logic"
	transactionsproto "farthing/service.transactions/proto"
)

// Transactions is the transactions of the bank.
type Transactions struct {
	keyspace *store.Keyspace
	parts    store.Plain[partRow]
	owners   store.Plain[ownerRow]
	months   store.Plain[monthRow]
	unknown  store.Conditional[unknownCardRow]
	outbox   *outbox.Outbox
	known    *store.Once // Months of accounts.
}

// New is the transactions in a keyspace, telling of changes through an outbox.
func New(k *store.Keyspace, o *outbox.Outbox) *Transactions {
	return &Transactions{
		k, partsTable.On(k), ownersTable.On(k), monthsTable.On(k), unknownCardsTable.On(k), o, &store.Once{},
	}
}

// Announce writes what must be there before a transaction is recorded, and means nothing without it: whose it is, that
// the account has something in that month, and that something is about to be told. It can go on beside what decides
// the transaction. Repeating it is harmless, and so is announcing what never comes. Where one batch may as well hold
// all of it, it does nothing, and the amendment that begins the transaction does all.
func (s *Transactions) Announce(ctx context.Context, account, transactionID string) error {
	if s.keyspace.Spanning() {
		return nil
	}
	place, err := placeOf(account, transactionID)
	if err != nil {
		return err
	}
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error { return s.outbox.Mark(ctx, place) })
	both.Go(func() error {
		puts, done := s.announcement(place, transactionID)
		if err := s.keyspace.Write(ctx, puts...); err != nil {
			return fmt.Errorf("announcing %s: %w", transactionID, err)
		}
		done()
		return nil
	})
	return both.Wait()
}

// Announcing is Announce in the background; wait waits for it.
func (s *Transactions) Announcing(ctx context.Context, account, transactionID string) (wait func() error) {
	if s.keyspace.Spanning() {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	go func() { done <- s.Announce(ctx, account, transactionID) }()
	return func() error { return <-done }
}

func (s *Transactions) announcement(place outbox.Place, transactionID string) (puts []store.Put, done func()) {
	return s.known.With(
		fmt.Sprint(place.Key, place.Bucket), s.months.Put(monthRow{place.Key, place.Bucket}),
		s.owners.Put(ownerRow{transactionID, place.Key}),
	)
}

// placeOf is the partition that a transaction's parts lie in.
func placeOf(account, transactionID string) (outbox.Place, error) {
	created, err := id.Time("transaction_id", "tx", transactionID)
	return outbox.Place{Key: account, Bucket: int64(logic.MonthOf(created))}, err
}

// Amendment is what changes of a transaction.
type Amendment struct {
	ID     string // The transaction's, as in all its parts.
	Begins bool   // There was none: it was announced.
	Add    []logic.Part
	Drop   []logic.Part // Superseded by those added: nobody misses them.
	Tell   []events.Event
}

// dropMax keeps a batch within its limit. What is left is dropped by the next amendment.
const dropMax = 32

// Amend writes parts, and the events with them. Repeating it is harmless.
func (s *Transactions) Amend(ctx context.Context, account string, a Amendment) error {
	place, err := placeOf(account, a.ID)
	if err != nil {
		return err
	}
	var puts []store.Put
	done := func() {}
	if a.Begins && s.keyspace.Spanning() {
		puts, done = s.announcement(place, a.ID)
	}
	for _, part := range a.Add {
		row, err := rowOf(part, place)
		if err != nil {
			return err
		}
		puts = append(puts, s.parts.Put(row))
	}
	for _, part := range a.Drop[:min(len(a.Drop), dropMax)] {
		row, err := rowOf(part, place)
		if err != nil {
			return err
		}
		puts = append(puts, s.parts.Delete(row))
	}
	if err := s.outbox.Write(ctx, place, a.Tell, puts...); err != nil {
		return fmt.Errorf("writing %s: %w", a.ID, err)
	}
	done()
	return nil
}

// Find is a transaction's account and parts: none if there is no such transaction.
func (s *Transactions) Find(ctx context.Context, transactionID string) (string, []logic.Part, error) {
	if id.Check("transaction_id", "tx", transactionID) != nil {
		return "", nil, nil //nolint:nilerr // What is no id is nobody's.
	}
	owner, ok, err := s.owners.In(transactionID).Find(ctx, store.Recent)
	if err != nil || !ok {
		return "", nil, err
	}
	parts, err := s.PartsOf(ctx, owner.Account, transactionID)
	return owner.Account, parts, err
}

// PartsOf is Find for who knows the account: one read less.
func (s *Transactions) PartsOf(ctx context.Context, account, transactionID string) ([]logic.Part, error) {
	place, err := placeOf(account, transactionID)
	if err != nil {
		return nil, err
	}
	pages := s.parts.In(place.Key, place.Bucket).Range(transactionID)
	var parts []logic.Part
	for token := ""; ; {
		rows, next, err := pages.Resume(token).List(ctx, store.Recent)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", transactionID, err)
		}
		some, err := partsOf(rows)
		if err != nil {
			return nil, err
		}
		parts = append(parts, some...)
		if token = next; next == "" {
			return parts, nil
		}
	}
}

// DeclineUnknownCard keeps the first answer to an attempt with a card that is nobody's, and answers its transaction.
func (s *Transactions) DeclineUnknownCard(
	ctx context.Context, transactionID string, req *transactionsproto.DeclineUnknownCardRequest,
) (string, error) {
	purchase, err := proto.Marshal(req.GetPurchase())
	if err != nil {
		return "", fmt.Errorf("marshalling a purchase: %w", err)
	}
	first, _, err := s.unknown.InsertOrFind(ctx, unknownCardRow{
		HoldID: req.GetHoldId(), TransactionID: transactionID, LastFour: req.GetLastFour(), Purchase: purchase,
	})
	if err != nil {
		return "", fmt.Errorf("recording an unknown card: %w", err)
	}
	return first.TransactionID, nil
}

func rowOf(part logic.Part, place outbox.Place) (partRow, error) {
	state, err := proto.Marshal(part.State)
	if err != nil {
		return partRow{}, fmt.Errorf("marshalling a transaction: %w", err)
	}
	return partRow{
		Account: place.Key, Month: place.Bucket, ID: part.ID,
		Facet: int64(part.Facet), Name: part.Name, Version: part.Version, State: state,
	}, nil
}

func partsOf(rows []partRow) ([]logic.Part, error) {
	parts := make([]logic.Part, len(rows))
	for i, row := range rows {
		state := &transactionsproto.Transaction{}
		if err := proto.Unmarshal(row.State, state); err != nil {
			return nil, fmt.Errorf("unmarshalling %s: %w", row.ID, err)
		}
		parts[i] = logic.Part{ID: row.ID, Facet: logic.Facet(row.Facet), Name: row.Name, Version: row.Version, State: state}
	}
	return parts, nil
}
