package storage

import (
	"context"
	"fmt"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/store"
)

// fillRow says that a table was filled with what was there before the table came.
type fillRow struct {
	Table  string    `store:"1,partition"`
	DoneAt time.Time `store:"2"`
}

var fillsTable = store.ConditionalTable[fillRow]("fills")

// fillStep is how many customers are read at once.
const fillStep = 100

// FillEmails claims the addresses of all customers whom a release without addresses has made, unless that was done. It
// answers the customers whose address another one has: nobody finds them by it. Repeating it is harmless.
func (s *Customers) FillEmails(ctx context.Context, now time.Time) (without []string, err error) {
	_, done, err := s.fills.In(emailsTable.Spec().Name).Find(ctx, store.Latest)
	if err != nil || done {
		return nil, err
	}
	for after := ""; ; {
		rows, next, err := s.customers.Walk(ctx, after, fillStep)
		if err != nil {
			return nil, fmt.Errorf("walking customers: %w", err)
		}
		for _, row := range rows {
			switch err := s.claimOld(ctx, row.Customer); {
			case errs.Is(err, errs.Conflict+".email_taken"):
				without = append(without, row.Customer)
			case err != nil && !errs.Is(err, errs.NotFound): // Whoever was destroyed has none.
				return nil, err
			}
		}
		if after = next; after == "" {
			break
		}
	}
	_, _, err = s.fills.InsertOrFind(ctx, fillRow{emailsTable.Spec().Name, now})
	return without, err
}

func (s *Customers) claimOld(ctx context.Context, customer string) error {
	c, err := s.Get(ctx, customer)
	if err != nil {
		return err
	}
	return s.ClaimEmail(ctx, c.Details.Email, customer)
}
