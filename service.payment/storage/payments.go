package storage

import (
	"context"
	"fmt"

	"farthing/pkg/seal"
	"farthing/pkg/seal/datakeys"
	"farthing/pkg/store"
	"farthing/pkg/store/worklist"
	paymentproto "farthing/service.payment/proto"
)

// Store is all that service.payment keeps.
type Store struct {
	keyspace *store.Keyspace
	keys     *datakeys.Keys
	orderOf  store.Plain[orderOfRow]
	payees   store.Plain[payeeRow]

	Payments   *records[*paymentproto.Payment]
	Orders     *records[*paymentproto.StandingOrder]
	Unfinished *worklist.List // Payments on their way.
	Returns    *worklist.List // Payments that are to come back, at their time.
	Due        *worklist.List // Standing orders, at theirs.
}

// New is what is kept in a keyspace, whose customers' keys are wrapped under a ring.
func New(k *store.Keyspace, ring *seal.Keyring) *Store {
	keys := datakeys.New(dataKeysTable, k, ring)
	return &Store{
		keyspace: k, keys: keys, orderOf: orderOfTable.On(k), payees: payeesTable.On(k),
		Payments: &records[*paymentproto.Payment]{
			paymentsTable.On(k), keys, func() *paymentproto.Payment { return &paymentproto.Payment{} },
			func(p *paymentproto.Payment, personal *paymentproto.Personal) {
				p.Party, p.Reference = personal.GetParty(), personal.GetReference()
			},
		},
		Orders: &records[*paymentproto.StandingOrder]{
			ordersTable.On(k), keys, func() *paymentproto.StandingOrder { return &paymentproto.StandingOrder{} },
			func(o *paymentproto.StandingOrder, personal *paymentproto.Personal) {
				o.Party, o.Reference = personal.GetParty(), personal.GetReference()
			},
		},
		Unfinished: worklist.New(unfinishedTable, k), Returns: worklist.New(returnsTable, k),
		Due: worklist.New(dueTable, k),
	}
}

// ListOrder puts an order on its account's list. It comes before the order: then one that is there is on it.
func (s *Store) ListOrder(ctx context.Context, account, order string) error {
	if err := s.keyspace.Write(ctx, s.orderOf.Put(orderOfRow{account, order})); err != nil {
		return fmt.Errorf("listing %s: %w", order, err)
	}
	return nil
}

// OrdersOf is an account's standing orders.
func (s *Store) OrdersOf(ctx context.Context, account string, limit int) ([]*paymentproto.StandingOrder, error) {
	rows, _, err := s.orderOf.In(account).Range().Limit(limit).List(ctx, store.Recent)
	if err != nil {
		return nil, fmt.Errorf("listing the standing orders of %s: %w", account, err)
	}
	orders := make([]*paymentproto.StandingOrder, 0, len(rows))
	for _, row := range rows {
		kept, found, err := s.Orders.Find(ctx, row.Order)
		if err != nil {
			return nil, err
		}
		if found { // Not yet, if its creation was cut short.
			orders = append(orders, kept.State)
		}
	}
	return orders, nil
}
