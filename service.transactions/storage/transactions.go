package storage

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
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

// Record writes a transaction's first part, and its event with it. Repeating it is harmless.
func (s *Transactions) Record(ctx context.Context, part logic.Part, account string, e events.Event) error {
	row, err := rowOf(part, account)
	if err != nil {
		return err
	}
	puts, done := s.known.With(
		fmt.Sprint(account, row.Month), s.months.Put(monthRow{account, row.Month}),
		s.parts.Put(row),
		s.owners.Put(ownerRow{part.ID, account}),
		s.outbox.Put(e),
	)
	if err := s.keyspace.Write(ctx, puts...); err != nil {
		return fmt.Errorf("recording %s: %w", part.ID, err)
	}
	done()
	s.outbox.Committed(e)
	return nil
}

// Amendment is what changes of a transaction that is there.
type Amendment struct {
	Add  []logic.Part
	Drop []logic.Part // Superseded by those added: nobody misses them.
	Tell []events.Event
}

// dropMax keeps a batch within its limit. What is left is dropped by the next amendment.
const dropMax = 32

// Amend writes further parts, and the events with them. Repeating it is harmless.
func (s *Transactions) Amend(ctx context.Context, account string, a Amendment) error {
	var puts []store.Put
	for _, part := range a.Add {
		row, err := rowOf(part, account)
		if err != nil {
			return err
		}
		puts = append(puts, s.parts.Put(row))
	}
	for _, part := range a.Drop[:min(len(a.Drop), dropMax)] {
		row, err := rowOf(part, account)
		if err != nil {
			return err
		}
		puts = append(puts, s.parts.Delete(row))
	}
	for _, event := range a.Tell {
		puts = append(puts, s.outbox.Put(event))
	}
	if err := s.keyspace.Write(ctx, puts...); err != nil {
		return fmt.Errorf("amending a transaction: %w", err)
	}
	s.outbox.Committed(a.Tell...)
	return nil
}

// Find is a transaction's account and parts: none if there is no such transaction.
func (s *Transactions) Find(ctx context.Context, transactionID string) (string, []logic.Part, error) {
	created, err := id.Time("transaction_id", "tx", transactionID)
	if err != nil {
		return "", nil, nil //nolint:nilerr // What is no id is nobody's.
	}
	owner, ok, err := s.owners.In(transactionID).Find(ctx, store.Recent)
	if err != nil || !ok {
		return "", nil, err
	}
	pages := s.parts.In(owner.Account, int64(logic.MonthOf(created))).Range(transactionID)
	var parts []logic.Part
	for token := ""; ; {
		rows, next, err := pages.Resume(token).List(ctx, store.Recent)
		if err != nil {
			return "", nil, fmt.Errorf("reading %s: %w", transactionID, err)
		}
		some, err := partsOf(rows)
		if err != nil {
			return "", nil, err
		}
		parts = append(parts, some...)
		if token = next; next == "" {
			return owner.Account, parts, nil
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
	answer, err := s.unknown.Batch(req.GetHoldId()).InsertNew(unknownCardRow{
		TransactionID: transactionID, LastFour: req.GetLastFour(), Purchase: purchase,
	}).Apply(ctx)
	switch {
	case err != nil:
		return "", fmt.Errorf("recording an unknown card: %w", err)
	case answer.OK:
		return transactionID, nil
	case len(answer.Present) == 1:
		return answer.Present[0].TransactionID, nil
	}
	return "", errs.New(errs.Internal, "a refused insert showed no row")
}

func rowOf(part logic.Part, account string) (partRow, error) {
	created, err := id.Time("transaction_id", "tx", part.ID)
	if err != nil {
		return partRow{}, err
	}
	state, err := proto.Marshal(part.State)
	if err != nil {
		return partRow{}, fmt.Errorf("marshalling a transaction: %w", err)
	}
	return partRow{
		Account: account, Month: int64(logic.MonthOf(created)), ID: part.ID,
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
