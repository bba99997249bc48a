package storage

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/day"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/store"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// standInRow is a payment that was stood in for. Rows of a card are inserted if absent, one for each day and part.
type standInRow struct {
	CardID string `store:"1,partition"`
	Day    int64  `store:"2,clustering"` // 20261123.
	Part   int64  `store:"3,clustering"` // standInDecided or standInPosted.

	HoldID   string    `store:"4"`
	Request  []byte    `store:"5"` // cardprocessing.v1.AuthoriseRequest, without a card number.
	At       time.Time `store:"6"`
	PostedAs string    `store:"7"` // The hold in the ledger: of the second part.
}

const (
	standInDecided = 0
	standInPosted  = 1
)

// standInLogRow is the same for operators, by day. It is a copy, because stand_ins is found by card alone, and no list
// of names would do: a worklist strikes off what is posted, which operators look at as well, and each name would cost a
// read that decides. The copy is written after what it copies and again once that is posted, so that one which was lost
// with its process comes back.
type standInLogRow struct {
	Day      int64     `store:"1,partition"`
	CardID   string    `store:"2,clustering"`
	HoldID   string    `store:"3"`
	Minor    int64     `store:"4"`
	Currency string    `store:"5"`
	At       time.Time `store:"6"`
	PostedAs string    `store:"7"`
}

var (
	standInsTable   = store.ConditionalTable[standInRow]("stand_ins")
	standInLogTable = store.PlainTable[standInLogRow]("stand_in_log")
)

// StandIn is a payment that was approved in the ledger's place.
type StandIn struct {
	CardID   string
	Day      day.Day
	HoldID   string // Of the authorisation.
	Request  *cardprocessingproto.AuthoriseRequest
	At       time.Time
	PostedAs string // The hold in the ledger that stands for it; empty until it is posted.
}

// StandIns is the payments that were stood in for.
type StandIns struct {
	keyspace *store.Keyspace
	rows     store.Conditional[standInRow]
	log      store.Plain[standInLogRow]
}

// NewStandIns is those in a keyspace.
func NewStandIns(k *store.Keyspace) *StandIns {
	return &StandIns{k, standInsTable.On(k), standInLogTable.On(k)}
}

// Decide approves a payment as the card's one of a day, unless there is one already, and answers the one that is there.
// Repeating it is harmless.
func (s *StandIns) Decide(ctx context.Context, wanted StandIn) (StandIn, error) {
	request := proto.CloneOf(wanted.Request)
	request.CardNumber, request.CardId = "", wanted.CardID
	body, err := proto.Marshal(request)
	if err != nil {
		return StandIn{}, err
	}
	first, isNew, err := s.rows.InsertOrFind(ctx, standInRow{
		CardID: wanted.CardID, Day: int64(wanted.Day), Part: standInDecided, HoldID: wanted.HoldID, Request: body,
		At: wanted.At,
	})
	switch {
	case err != nil:
		return StandIn{}, fmt.Errorf("standing in: %w", err)
	case isNew:
		return wanted, nil
	}
	return standInOf(first)
}

// Posted writes down under which hold a payment is in the ledger. Repeating it is harmless.
func (s *StandIns) Posted(ctx context.Context, posted StandIn) error {
	row := standInRow{
		CardID: posted.CardID, Day: int64(posted.Day), Part: standInPosted, HoldID: posted.HoldID, At: posted.At,
		PostedAs: posted.PostedAs,
	}
	if _, _, err := s.rows.InsertOrFind(ctx, row); err != nil {
		return fmt.Errorf("noting what was posted: %w", err)
	}
	return s.Log(ctx, posted)
}

// Log has operators see a payment as it is now.
func (s *StandIns) Log(ctx context.Context, is StandIn) error {
	return s.keyspace.Write(ctx, s.log.Put(standInLogRow{
		Day: int64(is.Day), CardID: is.CardID, HoldID: is.HoldID, Minor: is.Request.GetAmount().GetMinor(),
		Currency: is.Request.GetAmount().GetCurrency(), At: is.At, PostedAs: is.PostedAs,
	}))
}

// OnDay is what was stood in for on a day, for operators.
func (s *StandIns) OnDay(ctx context.Context, on day.Day) ([]StandIn, error) {
	rows, _, err := s.log.In(int64(on)).Range().List(ctx, store.Recent)
	found := make([]StandIn, len(rows))
	for i, row := range rows {
		found[i] = StandIn{
			CardID: row.CardID, Day: on, HoldID: row.HoldID, At: row.At, PostedAs: row.PostedAs,
			Request: &cardprocessingproto.AuthoriseRequest{Amount: &moneyproto.Money{Minor: row.Minor, Currency: row.Currency}},
		}
	}
	return found, err
}

// Find is the payment of a card's hold, and whether it was stood in for. A card has one for each day at most.
func (s *StandIns) Find(ctx context.Context, cardID, holdID string) (StandIn, bool, error) {
	return s.first(ctx, cardID, func(row standInRow) bool { return row.HoldID == holdID })
}

// On is the payment of a card's day.
func (s *StandIns) On(ctx context.Context, cardID string, on day.Day) (StandIn, bool, error) {
	return s.first(ctx, cardID, func(row standInRow) bool { return row.Day == int64(on) })
}

func (s *StandIns) first(ctx context.Context, cardID string, is func(standInRow) bool) (StandIn, bool, error) {
	var found StandIn
	for token := ""; ; {
		rows, next, err := s.rows.In(cardID).Range().Resume(token).List(ctx, store.Latest)
		if err != nil {
			return StandIn{}, false, fmt.Errorf("looking for what was stood in for: %w", err)
		}
		for _, row := range rows {
			switch {
			case !is(row):
			case row.Part == standInPosted: // After its first part, of the same day.
				found.PostedAs = row.PostedAs
			default:
				if found, err = standInOf(row); err != nil {
					return StandIn{}, false, err
				}
			}
		}
		if token = next; token == "" {
			return found, found.HoldID != "", nil
		}
	}
}

func standInOf(row standInRow) (StandIn, error) {
	is := StandIn{
		CardID: row.CardID, Day: day.Day(row.Day), HoldID: row.HoldID, At: row.At,
		Request: &cardprocessingproto.AuthoriseRequest{},
	}
	return is, proto.Unmarshal(row.Request, is.Request)
}
