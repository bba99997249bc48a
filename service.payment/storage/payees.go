package storage

import (
	"context"
	"fmt"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/store"
	paymentproto "farthing/service.payment/proto"
)

// AddPayee writes a payee. Repeating it is harmless.
func (s *Store) AddPayee(ctx context.Context, p *paymentproto.Payee) error {
	key, err := s.keys.Ensure(ctx, p.GetUserId())
	if err != nil {
		return err
	}
	sealed, err := sealPersonal(key, p.GetId(), p.GetParty(), "")
	if err != nil {
		return err
	}
	row := payeeRow{p.GetUserId(), p.GetId(), sealed, time.UnixMilli(p.GetCreatedMs()).UTC()}
	if err := s.keyspace.Write(ctx, s.payees.Put(row)); err != nil {
		return fmt.Errorf("adding %s: %w", p.GetId(), err)
	}
	return nil
}

// Payees is a customer's payees, oldest first; none of a customer who was forgotten.
func (s *Store) Payees(ctx context.Context, user string, limit int) ([]*paymentproto.Payee, error) {
	rows, _, err := s.payees.In(user).Range().Limit(limit).List(ctx, store.Recent)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	key, err := s.keys.Key(ctx, user)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	payees := make([]*paymentproto.Payee, len(rows))
	for i, row := range rows {
		personal, err := openPersonal(key, row.Payee, row.Sealed)
		if err != nil {
			return nil, err
		}
		payees[i] = &paymentproto.Payee{
			Id: row.Payee, UserId: user, Party: personal.GetParty(), CreatedMs: row.CreatedAt.UnixMilli(),
		}
	}
	return payees, nil
}

// RemovePayee forgets a payee. Repeating it is harmless.
func (s *Store) RemovePayee(ctx context.Context, user, payee string) error {
	if err := s.keyspace.Write(ctx, s.payees.Delete(payeeRow{User: user, Payee: payee})); err != nil {
		return fmt.Errorf("removing %s: %w", payee, err)
	}
	return nil
}
