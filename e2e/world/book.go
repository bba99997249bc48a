package world

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
)

// Book is a card processor's own book: what it asked for, and what it was answered. It trusts nothing that the bank
// says of itself. It is safe for concurrent use.
type Book struct {
	mu        sync.Mutex // Guards the rest.
	pages     map[string]*Page
	complaint []string
}

// Page is one swipe in the book, by the processor's id.
type Page struct {
	Payment
	Customer *Customer
	Answer   *Outcome // The first definite one; nil while the outcome is unknown.
	Asked    int      // How many times.
}

// NewBook is an empty book.
func NewBook() *Book { return &Book{pages: make(map[string]*Page)} }

// Sender carries a swipe to a bank and brings back the answer, if there is one.
type Sender func(context.Context, Payment) (Answer, error)

// Swipe sends a payment once and writes down what happened. It tells whether the answer was definite.
func (b *Book) Swipe(ctx context.Context, send Sender, c *Customer, p Payment) bool {
	b.ask(c, p)
	answer, err := send(ctx, p)
	if err != nil {
		return false // It may have happened.
	}
	return b.note(p, answer)
}

func (b *Book) ask(c *Customer, p Payment) {
	b.mu.Lock()
	defer b.mu.Unlock()
	page, ok := b.pages[p.ID]
	if !ok {
		page = &Page{Payment: p, Customer: c}
		b.pages[p.ID] = page
	}
	page.Asked++
}

func (b *Book) note(p Payment, answer Answer) bool {
	switch answer.Status {
	case http.StatusOK:
	case http.StatusGatewayTimeout, http.StatusServiceUnavailable:
		return false // To be repeated: the outcome is unknown, or nothing was done.
	default:
		b.complain("swipe %s was answered %d: %s", p.ID, answer.Status, answer.Body)
		return false
	}
	var outcome Outcome
	if err := json.Unmarshal(answer.Body, &outcome); err != nil {
		b.complain("swipe %s was answered what is not JSON: %v", p.ID, err)
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	page := b.pages[p.ID]
	if page.Answer == nil {
		page.Answer = &outcome
	} else if !page.Answer.Same(outcome) {
		b.complaint = append(b.complaint, fmt.Sprintf("swipe %s was answered %v, then %v", p.ID, *page.Answer, outcome))
	}
	return true
}

func (b *Book) complain(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.complaint = append(b.complaint, fmt.Sprintf(format, args...))
}

// Complaints are the answers that a bank must not give: a repeat that says something else than the first, or an error.
func (b *Book) Complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.complaint)
}

// Pages are copies of all pages, in the order of their ids.
func (b *Book) Pages() []Page {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []Page
	for _, id := range slices.Sorted(maps.Keys(b.pages)) {
		all = append(all, *b.pages[id])
	}
	return all
}

// Definite are the pages that have an answer, and Unknown those that have none yet.
func (b *Book) Definite() []Page {
	return slices.DeleteFunc(b.Pages(), func(p Page) bool { return p.Answer == nil })
}

// Unknown are the pages that have no answer yet.
func (b *Book) Unknown() []Page {
	return slices.DeleteFunc(b.Pages(), func(p Page) bool { return p.Answer != nil })
}
