package storage

import (
	"context"
	"fmt"
	"hash/fnv"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/money"
	"farthing/pkg/store"
	"farthing/service.balance/logic"
)

// journalRow is one leg of a journal; what is true of the whole stands in the statics.
type journalRow struct {
	Journal  string    `store:"1,partition"`
	Leg      int64     `store:"2,clustering"`
	State    string    `store:"3,static"` // stateOpen, then stateFinished.
	Request  []byte    `store:"4,static"`
	OpenedAt time.Time `store:"5,static"`
	Account  string    `store:"6"`
	Amount   int64     `store:"7"` // Minor units, signed.
	Currency string    `store:"8"`
}

// openJournalRow lists what a sweeper has to finish. Its row is written before the journal and deleted after it.
type openJournalRow struct {
	Shard   int64     `store:"1,partition"`
	Hour    time.Time `store:"2,partition"`
	Journal string    `store:"3,clustering"`
}

const (
	stateOpen     = "open"
	stateFinished = "finished"
	journalShards = 4 // Keeps an hour's list from being one partition.
)

var (
	journalsTable     = store.ConditionalTable[journalRow]("journals")
	openJournalsTable = store.PlainTable[openJournalRow]("open_journals")
)

// Journals is the journals of the bank. It implements logic.Journals.
type Journals struct {
	keyspace *store.Keyspace
	rows     store.Conditional[journalRow]
	open     store.Plain[openJournalRow]
	clock    logic.Clock
}

// NewJournals is the journals in a keyspace.
func NewJournals(k *store.Keyspace, clk logic.Clock) *Journals {
	return &Journals{k, journalsTable.On(k), openJournalsTable.On(k), clk}
}

// Open writes a journal down unless it is there already, and returns the one that is. After an unknown outcome it may
// be called again.
func (s *Journals) Open(ctx context.Context, j logic.Journal) (logic.Journal, error) {
	if err := s.keyspace.Write(ctx, s.open.Put(openRowOf(j))); err != nil {
		return logic.Journal{}, err
	}
	batch := s.rows.Batch(j.ID).IfNull("state").
		SetStatics(journalRow{State: stateOpen, Request: j.Request, OpenedAt: j.OpenedAt})
	for n, leg := range j.Legs {
		batch.InsertNew(journalRow{
			Leg: int64(n), Account: leg.Account, Amount: leg.Amount.Minor, Currency: leg.Amount.Currency,
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
	if err == nil && (stored.Finished || !stored.OpenedAt.Equal(j.OpenedAt)) {
		// The list has the first opening already; this one's line would only be swept for nothing.
		err = s.keyspace.Write(ctx, s.open.Delete(openRowOf(j)))
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
	if whole.State != stateOpen && whole.State != stateFinished {
		return logic.Journal{}, &logic.Fault{Journal: id, Rule: "state", Detail: "it is neither open nor finished"}
	}
	legs, _, err := s.rows.In(id).Range().List(ctx, store.Latest)
	if err != nil {
		return logic.Journal{}, err
	}
	j := logic.Journal{ID: id, Request: whole.Request, OpenedAt: whole.OpenedAt, Finished: whole.State == stateFinished}
	for _, leg := range legs {
		amount := money.Amount{Minor: leg.Amount, Currency: leg.Currency}
		j.Legs = append(j.Legs, logic.Leg{Account: leg.Account, Amount: amount})
	}
	return j, nil
}

// Finish marks a journal done, and strikes it off the sweeper's list. Repeating it is harmless.
func (s *Journals) Finish(ctx context.Context, j logic.Journal) error {
	_, err := s.rows.Batch(j.ID).If("state", stateOpen).SetStatics(journalRow{State: stateFinished}, "state").Apply(ctx)
	if err != nil {
		return fmt.Errorf("finishing %s: %w", j.ID, err)
	}
	return s.keyspace.Write(ctx, s.open.Delete(openRowOf(j)))
}

// Unfinished is the journals opened in the hours since a time and not finished, up to 1,000 a list.
func (s *Journals) Unfinished(ctx context.Context, since time.Time) ([]logic.Journal, error) {
	var unfinished []logic.Journal
	for hour := since.UTC().Truncate(time.Hour); !hour.After(s.clock.Now()); hour = hour.Add(time.Hour) {
		for shard := range int64(journalShards) {
			found, err := s.unfinishedIn(ctx, shard, hour)
			if err != nil {
				return nil, err
			}
			unfinished = append(unfinished, found...)
		}
	}
	return unfinished, nil
}

func (s *Journals) unfinishedIn(ctx context.Context, shard int64, hour time.Time) ([]logic.Journal, error) {
	rows, _, err := s.open.In(shard, hour).Range().List(ctx, store.Recent)
	if err != nil {
		return nil, err
	}
	var unfinished []logic.Journal
	for _, row := range rows {
		journal, err := s.load(ctx, row.Journal)
		if errs.Is(err, errs.NotFound) {
			continue // Listed and never written: whoever opens it is still at it, or gave up before any money moved.
		}
		if err != nil {
			return nil, err
		}
		unfinished = append(unfinished, journal)
	}
	return unfinished, nil
}

func openRowOf(j logic.Journal) openJournalRow {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(j.ID)) // A hash never fails.
	return openJournalRow{
		Shard: int64(hash.Sum32() % journalShards), Hour: j.OpenedAt.UTC().Truncate(time.Hour), Journal: j.ID,
	}
}
