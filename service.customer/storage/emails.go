package storage

import (
	"context"
	"fmt"
	"slices"

	"farthing/pkg/errs"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	"farthing/service.customer/logic"
	customerproto "farthing/service.customer/proto"
)

// emailRow is whose an email address is, in static columns, found by the address's keyed hash, and a line for each time
// that it became somebody's. That is more than once only if whoever had it was destroyed.
type emailRow struct {
	Index    []byte `store:"1,partition"`
	Revision int64  `store:"2,clustering"` // The version that it made.

	Version  int64  `store:"3,static"` // What every change is conditional on.
	Customer string `store:"4,static"`

	Given string `store:"10"` // The customer whose it became.
}

var emailsTable = store.ConditionalTable[emailRow]("emails")

// errEmailTaken says nothing of who has the address.
func errEmailTaken() error {
	return errs.New(errs.Conflict+".email_taken", "The email address is another customer's")
}

// indexes are where an address is found, under every key of the ring, the newest first.
func indexes(ring *seal.Keyring, email string) [][]byte {
	return ring.Indexes([]byte("customer.email/" + customerproto.NormalEmail(email)))
}

// ClaimEmail makes an address a customer's, or fails with conflict.email_taken if it is another one's, and with
// not_found.customer if this one was destroyed. Repeating it is harmless.
//
// It claims the address under every key, the oldest first: two processes of which one does not know the newest key yet
// meet at the oldest.
func (s *Customers) ClaimEmail(ctx context.Context, email, customer string) error {
	// The customer's key comes first, so that a customer who has an address and no key is one who was destroyed.
	if _, err := s.keys.Ensure(ctx, customer); err != nil {
		return err
	}
	for _, index := range slices.Backward(indexes(s.ring, email)) {
		if err := s.claim(ctx, index, customer); err != nil {
			return fmt.Errorf("claiming an address for %s: %w", customer, err)
		}
	}
	return nil
}

// CheckEmailFree fails with conflict.email_taken if an address is somebody's.
func (s *Customers) CheckEmailFree(ctx context.Context, email string) error {
	for _, index := range indexes(s.ring, email) {
		row, found, err := s.emails.In(index).Statics(ctx, store.Latest)
		if err == nil && found {
			err = s.checkGone(ctx, row.Customer)
		}
		if err != nil {
			return fmt.Errorf("looking whose an address is: %w", err)
		}
	}
	return nil
}

// claimTries are more than rivals for one address come between.
const claimTries = 5

func (s *Customers) claim(ctx context.Context, index []byte, customer string) error {
	for range claimTries {
		was, _, err := s.emails.In(index).Statics(ctx, store.Latest)
		switch {
		case err != nil:
			return err
		case was.Customer == customer:
			return nil
		case was.Version > 0:
			if err := s.checkGone(ctx, was.Customer); err != nil {
				return err
			}
		}
		if given, err := s.give(ctx, was, index, customer); err != nil || given {
			return err
		}
	}
	return errs.New(errs.Unavailable, "The email address is being claimed")
}

// give makes an address a customer's if it is nobody's, or still whose it was, and tells whether it did.
func (s *Customers) give(ctx context.Context, was emailRow, index []byte, customer string) (bool, error) {
	next := emailRow{Revision: was.Version + 1, Version: was.Version + 1, Customer: customer, Given: customer}
	batch := s.emails.Batch(index)
	if was.Version == 0 {
		batch.IfNull("version")
	} else {
		batch.If("version", was.Version)
	}
	answer, err := batch.SetStatics(next).InsertNew(next).Apply(ctx)
	return answer.OK, err
}

// checkGone fails with conflict.email_taken unless a customer who has an address was destroyed: then it is free again.
// Somebody may come back, and an address may come to somebody else.
func (s *Customers) checkGone(ctx context.Context, customer string) error {
	switch _, err := s.keys.Key(ctx, customer); {
	case errs.Is(err, errs.NotFound):
		return nil
	case err != nil:
		return err
	}
	return errEmailTaken()
}

// FindByEmail is the customer with an address: not_found.customer if there is none, or none yet, or if the data were
// destroyed.
func (s *Customers) FindByEmail(ctx context.Context, email string) (logic.Customer, error) {
	for _, index := range indexes(s.ring, email) {
		row, found, err := s.emails.In(index).Statics(ctx, store.Recent)
		if err != nil {
			return logic.Customer{}, fmt.Errorf("finding a customer by address: %w", err)
		}
		if !found {
			continue
		}
		// Under a newer key there may still be somebody who was destroyed, whose address was claimed by a process that did
		// not know that key.
		customer, err := s.Get(ctx, row.Customer)
		if !errs.Is(err, errs.NotFound) {
			return customer, err
		}
	}
	return logic.Customer{}, errs.Missing("customer")
}
