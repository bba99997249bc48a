package storage

import (
	"context"
	"fmt"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	"farthing/service.attachment/logic"
	attachmentproto "farthing/service.attachment/proto"
)

// Put writes an attachment into its account's list, and where Find finds it by its id. Repeating it is harmless.
func (s *Attachments) Put(ctx context.Context, a logic.Attachment) error {
	month, err := monthOf(a.Transaction)
	if err != nil {
		return err
	}
	key, err := s.keys.Ensure(ctx, a.User)
	if err != nil {
		return err
	}
	said := &attachmentproto.Personal{FileName: a.Name, Secret: a.Secret, Url: a.URL}
	personal, err := sealed(key, said, a.ID)
	if err != nil {
		return err
	}
	err = s.keyspace.Write(ctx,
		s.months.Put(monthRow{a.Account, month}),
		s.places.Put(placeRow{a.ID, a.Account, a.Transaction}),
		s.attachments.Put(attachmentRow{
			Account: a.Account, Month: month, Transaction: a.Transaction, Attachment: a.ID, User: a.User, SaidType: a.Type,
			File: a.File, Personal: personal, CreatedAt: a.Created,
		}))
	if err != nil {
		return fmt.Errorf("writing an attachment: %w", err)
	}
	return nil
}

// Delete deletes an attachment: from its list, and where it is found. Repeating it is harmless.
func (s *Attachments) Delete(ctx context.Context, a logic.Attachment) error {
	month, err := monthOf(a.Transaction)
	if err != nil {
		return err
	}
	err = s.keyspace.Write(ctx, s.places.Delete(placeRow{Attachment: a.ID}), s.attachments.Delete(attachmentRow{
		Account: a.Account, Month: month, Transaction: a.Transaction, Attachment: a.ID,
	}))
	if err != nil {
		return fmt.Errorf("deleting an attachment: %w", err)
	}
	return nil
}

// Find is an attachment by its id, and whether there is one: not one whose customer was forgotten.
func (s *Attachments) Find(ctx context.Context, attachment string) (logic.Attachment, bool, error) {
	where, found, err := s.places.In(attachment).Find(ctx, store.Recent)
	if err != nil || !found {
		return logic.Attachment{}, false, err
	}
	month, err := monthOf(where.Transaction)
	if err != nil {
		return logic.Attachment{}, false, err
	}
	row, found, err := s.attachments.In(where.Account, month).Find(ctx, store.Recent, where.Transaction, attachment)
	if err != nil || !found {
		return logic.Attachment{}, false, err
	}
	said, ok, err := s.unsealed(ctx, row.User, row.Personal, row.Attachment)
	return attachmentOf(row, said), ok && err == nil, err
}

// Of is what is attached to a transaction, without what is personal: at most what one may have.
func (s *Attachments) Of(ctx context.Context, account, transaction string) ([]logic.Attachment, error) {
	month, err := monthOf(transaction)
	if err != nil {
		return nil, err
	}
	rows, _, err := s.attachments.In(account, month).Range(transaction).List(ctx, store.Recent)
	if err != nil {
		return nil, fmt.Errorf("listing a transaction's attachments: %w", err)
	}
	found := make([]logic.Attachment, len(rows))
	for i, row := range rows {
		found[i] = attachmentOf(row, nil)
	}
	return found, nil
}

// Window selects attachments of an account by their transactions.
type Window struct {
	Account     string
	First, Last string // Transactions, both included.
	After       Place  // Only what comes after it; the zero one for all.
	Limit       int    // At most 1,000.
}

// Place is where an attachment is in its account's list.
type Place struct{ Transaction, Attachment string }

// Between is the window's attachments, in the order of their transactions. An account that has none costs one read.
func (s *Attachments) Between(ctx context.Context, w Window) ([]logic.Attachment, error) {
	months, err := s.monthsIn(ctx, w)
	if err != nil {
		return nil, err
	}
	var found []logic.Attachment
	keys := make(map[string]*seal.DataKey)
	for _, month := range months {
		if found, err = s.inMonth(ctx, w, month.Month, found, keys); err != nil {
			return nil, fmt.Errorf("listing attachments of %d: %w", month.Month, err)
		}
		if len(found) >= w.Limit {
			break
		}
	}
	return found, nil
}

func (s *Attachments) monthsIn(ctx context.Context, w Window) ([]monthRow, error) {
	first, err := monthOf(max(w.First, w.After.Transaction))
	if err != nil {
		return nil, err
	}
	last, err := monthOf(w.Last)
	if err != nil {
		return nil, err
	}
	months, _, err := s.months.In(w.Account).Range().From(first).To(last).List(ctx, store.Recent)
	if err != nil {
		return nil, fmt.Errorf("listing months: %w", err)
	}
	return months, nil
}

// inMonth adds a month's attachments to those found, until there are enough.
func (s *Attachments) inMonth(
	ctx context.Context, w Window, month int64, found []logic.Attachment, keys map[string]*seal.DataKey,
) ([]logic.Attachment, error) {
	pages := s.attachments.In(w.Account, month).Range().From(max(w.First, w.After.Transaction)).To(w.Last)
	for token := ""; ; {
		rows, next, err := pages.Resume(token).List(ctx, store.Recent)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if row.Transaction == w.After.Transaction && row.Attachment <= w.After.Attachment {
				continue
			}
			a, shown, err := s.open(ctx, row, keys)
			if err != nil {
				return nil, err
			}
			if shown {
				found = append(found, a)
			}
			if len(found) == w.Limit {
				return found, nil
			}
		}
		if token = next; token == "" {
			return found, nil
		}
	}
}

// open is the attachment of a row, and whether it can be shown: not once its customer was forgotten. Keys are the ones
// that were fetched already, and grow.
func (s *Attachments) open(
	ctx context.Context, row attachmentRow, keys map[string]*seal.DataKey,
) (logic.Attachment, bool, error) {
	key, known := keys[row.User]
	if !known {
		var err error
		if key, err = s.keys.Key(ctx, row.User); err != nil && !errs.Is(err, errs.NotFound) {
			return logic.Attachment{}, false, err
		}
		keys[row.User] = key
	}
	if key == nil {
		return logic.Attachment{}, false, nil
	}
	said, err := unsealWith(key, row.Personal, row.Attachment)
	return attachmentOf(row, said), err == nil, err
}

func attachmentOf(row attachmentRow, said *attachmentproto.Personal) logic.Attachment {
	return logic.Attachment{
		ID: row.Attachment, User: row.User, Account: row.Account, Transaction: row.Transaction, Type: row.SaidType,
		Created: row.CreatedAt, File: row.File, Name: said.GetFileName(), Secret: said.GetSecret(), URL: said.GetUrl(),
	}
}

// monthOf is the bucket of a transaction's attachments: its id tells the time.
func monthOf(transaction string) (int64, error) {
	created, err := id.Time("transaction_id", "tx", transaction)
	if err != nil {
		return 0, err
	}
	year, month, _ := created.In(time.UTC).Date()
	return int64(year*100 + int(month)), nil
}
