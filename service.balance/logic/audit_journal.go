package logic

import (
	"bytes"
	"context"
	"fmt"
)

// AuditJournal checks one journal: its legs sum to zero, it is what was asked for, and once it is finished each leg is
// in its account's ledger. It answers a *Fault if not, and whether the journal has ended.
func AuditJournal(ctx context.Context, books Books, id string) (ended bool, err error) {
	journal, err := books.Journal(ctx, id)
	if err != nil {
		return false, err
	}
	return journal.Ended(), journal.audit(ctx, books)
}

func (j Journal) audit(ctx context.Context, books Books) error {
	fault := func(rule, format string, args ...any) error {
		return &Fault{Journal: j.ID, Rule: rule, Detail: fmt.Sprintf(format, args...)}
	}
	sums := make(map[string]int64)
	for _, leg := range j.Legs {
		sums[leg.Amount.Currency] += leg.Amount.Minor
	}
	for currency, sum := range sums {
		if sum != 0 {
			return fault("zero sum", "its legs come to %d minor units of %s", sum, currency)
		}
	}
	if len(j.Legs) < 2 {
		return fault("zero sum", "it has %d legs", len(j.Legs))
	}
	if !bytes.Equal(j.Request, j.request()) {
		return fault("request", "it does not do what was asked for")
	}
	return auditLegs(ctx, books, j, fault)
}

func auditLegs(
	ctx context.Context, books Books, journal Journal, fault func(rule, format string, args ...any) error,
) error {
	for n, leg := range journal.Legs {
		entry, found, err := findEver(ctx, books, leg.Account, journal.legID(n), journal.OpenedAt)
		switch {
		case err != nil:
			return err
		case journal.Void:
			if entry.Journal == journal.ID && !(n == 0 && leg.wasDeclinedBy(entry, journal.ID)) {
				return fault("leg", "it is void, and leg %d was posted to %s", n, leg.Account)
			}
			if n == 0 && leg.Kind.asks() && !found {
				return fault("leg", "it is void, and nothing says that %s declined", leg.Account)
			}
		case !journal.Finished && (!found || n == 0 && leg.wasDeclinedBy(entry, journal.ID)):
			continue // It is still to be posted, or to be made void.
		case !found:
			return fault("leg", "it is finished, and leg %d was never posted to %s", n, leg.Account)
		case !leg.wasPostedBy(entry, journal.ID):
			return fault("leg", "leg %d was posted to %s as something else", n, leg.Account)
		}
	}
	return nil
}
