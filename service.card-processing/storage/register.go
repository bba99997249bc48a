package storage

import (
	"context"
	"fmt"
	"time"

	"farthing/pkg/id"
	"farthing/pkg/store"
)

// registerRow finds the payment that something is kept with which operators look at. It is in one of two lists, by the
// month of its id, the newest first. What a row says is only where to look: the payment says what is true.
type registerRow struct {
	List    string `store:"1,partition"` // ListOpen or ListClosed.
	Month   int64  `store:"2,partition"` // Since January of the year 0.
	ID      string `store:"3,clustering,desc"`
	Payment string `store:"4"`
}

// The lists of a register.
const (
	ListOpen   = "open"
	ListClosed = "closed"
)

var (
	unmatchedTable = store.PlainTable[registerRow]("unmatched")
	disputesTable  = store.PlainTable[registerRow]("disputes")
)

// Register is lists of what operators look at.
type Register struct {
	keyspace *store.Keyspace
	rows     store.Plain[registerRow]
	prefix   string // Of the ids.
}

// NewUnmatched is the register of what is unmatched, in a keyspace.
func NewUnmatched(k *store.Keyspace, prefix string) *Register {
	return &Register{k, unmatchedTable.On(k), prefix}
}

// NewDisputes is the register of disputes, in a keyspace.
func NewDisputes(k *store.Keyspace, prefix string) *Register {
	return &Register{k, disputesTable.On(k), prefix}
}

// Registered is one line of a register.
type Registered struct{ ID, Payment string }

// Open lists something, from before it is there. Repeating it is harmless until it is closed.
func (s *Register) Open(ctx context.Context, of Registered) error {
	row, err := s.row(ListOpen, of)
	if err != nil {
		return err
	}
	return s.keyspace.Write(ctx, s.rows.Put(row))
}

// Close moves something to the other list. Repeating it is harmless.
func (s *Register) Close(ctx context.Context, of Registered) error {
	open, err := s.row(ListOpen, of)
	if err != nil {
		return err
	}
	closed := open
	closed.List = ListClosed
	return s.keyspace.Write(ctx, s.rows.Put(closed), s.rows.Delete(open))
}

func (s *Register) row(list string, of Registered) (registerRow, error) {
	at, err := id.Time("id", s.prefix, of.ID)
	return registerRow{List: list, Month: monthOf(at), ID: of.ID, Payment: of.Payment}, err
}

const monthsInYear = 12

func monthOf(at time.Time) int64 { return int64(at.Year())*monthsInYear + int64(at.Month()) - 1 }

// Find is the payment that something with an id is kept with, and whether there is one.
func (s *Register) Find(ctx context.Context, itemID string) (string, bool, error) {
	row, err := s.row(ListOpen, Registered{ID: itemID})
	if err != nil {
		return "", false, err
	}
	for _, list := range []string{ListOpen, ListClosed} {
		found, ok, err := s.rows.In(list, row.Month).Find(ctx, store.Recent, itemID)
		if err != nil || ok {
			return found.Payment, ok, err
		}
	}
	return "", false, nil
}

// monthsListed is how far back a list goes: longer than any card scheme lets anybody claim anything.
const monthsListed = 36

// List is what a list has, the newest first, at most limit, of ids before one if it is not empty.
func (s *Register) List(ctx context.Context, list, before string, limit int, now time.Time) ([]Registered, error) {
	first := monthOf(now.Add(time.Hour)) // Clocks differ.
	if before != "" {
		at, err := id.Time("before", s.prefix, before)
		if err != nil {
			return nil, err
		}
		first = min(first, monthOf(at))
	}
	var found []Registered
	for month := first; month > first-monthsListed && len(found) < limit; month-- {
		page := s.rows.In(list, month).Range().Limit(limit - len(found))
		if before != "" {
			page = page.Below(before)
		}
		rows, _, err := page.List(ctx, store.Recent)
		if err != nil {
			return nil, fmt.Errorf("listing what is %s: %w", list, err)
		}
		for _, row := range rows {
			found = append(found, Registered{row.ID, row.Payment})
		}
	}
	return found, nil
}
