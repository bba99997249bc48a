package storage

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/store"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// matchRow is inserted if absent: a message that names no authorisation belongs, for ever, to the payment that was
// found for it first.
type matchRow struct {
	Message string `store:"1,partition"`
	Payment string `store:"2"`
	Doubt   []byte `store:"3"` // cardprocessing.v1.Doubt; empty for none.
}

var matchesTable = store.ConditionalTable[matchRow]("matches")

// Matches maps messages that name no authorisation to payments.
type Matches struct {
	rows store.Conditional[matchRow]
}

// NewMatches is the map in a keyspace.
func NewMatches(k *store.Keyspace) *Matches { return &Matches{matchesTable.On(k)} }

// Match is what was found for a message.
type Match struct {
	Payment string
	Doubt   *cardprocessingproto.Doubt // Nil if it is clear.
}

// Find is what was found for a message before, and whether anything was.
func (s *Matches) Find(ctx context.Context, messageID string) (Match, bool, error) {
	row, found, err := s.rows.In(messageID).Find(ctx, store.Latest)
	if err != nil || !found {
		return Match{}, false, err
	}
	m, err := matchOf(row)
	return m, err == nil, err
}

// Match gives a message its payment, unless it has one already, and answers what it has. Repeating it is harmless.
func (s *Matches) Match(ctx context.Context, messageID string, found Match) (Match, error) {
	row := matchRow{Message: messageID, Payment: found.Payment}
	if found.Doubt != nil {
		var err error
		if row.Doubt, err = proto.Marshal(found.Doubt); err != nil {
			return Match{}, fmt.Errorf("marshalling a doubt: %w", err)
		}
	}
	first, isNew, err := s.rows.InsertOrFind(ctx, row)
	switch {
	case err != nil:
		return Match{}, fmt.Errorf("matching a message: %w", err)
	case isNew:
		return found, nil
	}
	return matchOf(first)
}

func matchOf(row matchRow) (Match, error) {
	m := Match{Payment: row.Payment}
	if len(row.Doubt) == 0 {
		return m, nil
	}
	m.Doubt = &cardprocessingproto.Doubt{}
	if err := proto.Unmarshal(row.Doubt, m.Doubt); err != nil {
		return Match{}, fmt.Errorf("unmarshalling a doubt: %w", err)
	}
	return m, nil
}
