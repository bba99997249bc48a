package storage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/money"
	"farthing/pkg/store"
	"farthing/pkg/store/worklist"
	"farthing/service.balance/logic"
)

// journalRow is one leg of a journal; what is true of the whole stands in the statics.
type journalRow struct {
	Journal  string    `store:"1,partition"`
	Leg      int64     `store:"2,clustering"`
	State    string    `store:"3,static"` // stateOpen, then stateFinished or stateVoid.
	Request  []byte    `store:"4,static"`
	OpenedAt time.Time `store:"5,static"`
	Account  string    `store:"6"`
	Amount   int64     `store:"7"` // Minor units, signed.
	Currency string    `store:"8"`
	Kind     int64     `store:"9"` // logic.Kind.
	Hold     string    `store:"10"`
	Change   int64     `store:"11"`
	Captured int64     `store:"12"` // Minor units.

	ControlSet string `store:"13"`
	Cash       bool   `store:"14"`
}

const (
	stateOpen     = "open"
	stateFinished = "finished"
	stateVoid     = "void"
)

var (
	journalsTable = store.ConditionalTable[journalRow]("journals")
	// unfinishedTable lists what a sweeper has to finish: from before a journal is written until after it is ended.
	unfinishedTable = worklist.Table("unfinished_journals")
)

// Journals is the journals of the bank. It implements logic.Journals.
type Journals struct {
	rows       store.Conditional[journalRow]
	unfinished *worklist.List
}

// NewJournals is the journals in a keyspace.
func NewJournals(k *store.Keyspace) *Journals {
	return &Journals{journalsTable.On(k), worklist.New(unfinishedTable, k)}
}

// Open writes a journal down unless it is there already, and returns the one that is. After an unknown outcome it may
// be called again.
func (s *Journals) Open(ctx context.Context, j logic.Journal) (logic.Journal, error) {
	if err := s.unfinished.Add(ctx, j.OpenedAt, j.ID); err != nil {
		return logic.Journal{}, err
	}
	batch := s.rows.Batch(j.ID).IfNull("state").
		SetStatics(journalRow{State: stateOpen, Request: j.Request, OpenedAt: j.OpenedAt})
	for n, leg := range j.Legs {
		batch.InsertNew(journalRow{
			Leg: int64(n), Account: leg.Account, Amount: leg.Amount.Minor, Currency: leg.Amount.Currency,
			Kind: int64(leg.Kind), Hold: leg.Hold, Change: leg.Change, Captured: leg.Captured,
			ControlSet: leg.ControlSet, Cash: leg.Cash,
		})
	}
	answer, err := batch.Apply(ctx)
	if err != nil {
		return logic.Journal{}, err
	}
	if answer.OK {
		return j, nil
	}
	stored, err := s.load(ctx, j.ID)
	if err == nil && (stored.Ended() || !stored.OpenedAt.Equal(j.OpenedAt)) {
		// The list has the first opening already; this one's line would only be swept for nothing.
		err = s.unfinished.Remove(ctx, j.OpenedAt, j.ID)
	}
	return stored, err
}

func (s *Journals) load(ctx context.Context, id string) (logic.Journal, error) {
	whole, opened, err := s.rows.In(id).Statics(ctx, store.Latest)
	if err != nil {
		return logic.Journal{}, err
	}
	if !opened {
		return logic.Journal{}, errs.Missing("journal")
	}
	if !slices.Contains([]string{stateOpen, stateFinished, stateVoid}, whole.State) {
		return logic.Journal{}, &logic.Fault{Journal: id, Rule: "state", Detail: "it is in none that there is"}
	}
	legs, _, err := s.rows.In(id).Range().List(ctx, store.Latest)
	if err != nil {
		return logic.Journal{}, err
	}
	j := logic.Journal{
		ID: id, Request: whole.Request, OpenedAt: whole.OpenedAt,
		Finished: whole.State == stateFinished, Void: whole.State == stateVoid,
	}
	for _, leg := range legs {
		j.Legs = append(j.Legs, logic.Leg{
			Account: leg.Account, Amount: money.Amount{Minor: leg.Amount, Currency: leg.Currency},
			Kind: logic.Kind(leg.Kind), Hold: leg.Hold, Change: leg.Change, Captured: leg.Captured,
			ControlSet: leg.ControlSet, Cash: leg.Cash,
		})
	}
	return j, nil
}

// Finish marks a journal done, and strikes it off the sweeper's list. Repeating it is harmless.
func (s *Journals) Finish(ctx context.Context, j logic.Journal) error {
	return s.end(ctx, j, stateFinished)
}

// EndVoid marks a journal as one that will never move anything. Repeating it is harmless.
func (s *Journals) EndVoid(ctx context.Context, j logic.Journal) error {
	return s.end(ctx, j, stateVoid)
}

func (s *Journals) end(ctx context.Context, j logic.Journal, state string) error {
	_, err := s.rows.Batch(j.ID).If("state", stateOpen).SetStatics(journalRow{State: state}, "state").Apply(ctx)
	if err != nil {
		return fmt.Errorf("ending %s: %w", j.ID, err)
	}
	return s.unfinished.Remove(ctx, j.OpenedAt, j.ID)
}

// Find is a journal, and whether there is one.
func (s *Journals) Find(ctx context.Context, id string) (logic.Journal, bool, error) {
	journal, err := s.load(ctx, id)
	if errs.Is(err, errs.NotFound) {
		return logic.Journal{}, false, nil
	}
	return journal, err == nil, err
}

// List lists what may be unfinished, until it is ended.
func (s *Journals) List() *worklist.List { return s.unfinished }
