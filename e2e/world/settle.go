package world

import (
	"context"
	"testing"
)

// Audit waits until feed and phone have all that the customers of a book must see, and answers everything in which the
// bank disagrees with the book, whose outcomes must all be known.
func (w *World) Audit(t testing.TB, book *Book, customers ...*Customer) []Finding {
	t.Helper()
	w.settle(t, func() bool { return len(w.audit(t, book, customers)) == 0 })
	return w.audit(t, book, customers)
}

func (w *World) audit(t testing.TB, book *Book, customers []*Customer) []Finding {
	t.Helper()
	var findings []Finding
	for _, complaint := range book.Complaints() {
		findings = append(findings, Finding{"changed", complaint})
	}
	for _, c := range customers {
		findings = append(findings, Audit(w.Records(t, c), PagesOf(book, c), true)...)
	}
	return findings
}

// PagesOf are the pages of a book that are about a customer.
func PagesOf(book *Book, c *Customer) []Page {
	var own []Page
	for _, page := range book.Pages() {
		if page.Customer.AccountID == c.AccountID {
			own = append(own, page)
		}
	}
	return own
}

// Records is what the bank has of a customer's account, and what the phone shows.
func (w *World) Records(t testing.TB, c *Customer) Records {
	t.Helper()
	records, err := w.Read(t.Context(), c)
	must(t, "reading the records", err)
	return records
}

// Read is Records of a bank that may not have any.
func (w *World) Read(ctx context.Context, c *Customer) (Records, error) {
	records, err := Read(ctx, w.process, c.AccountID)
	records.Pushes = w.Pushes(c)
	return records, err
}
