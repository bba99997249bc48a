package storage

import (
	"context"
	"fmt"
	"time"

	"farthing/pkg/store"
	"farthing/service.cards/logic"
)

// Change is a card as one change has left it.
type Change struct {
	Card logic.Card
	At   time.Time
}

// Changes are what a card became after a version, oldest first, at most limit. Of a card that was never issued there
// are none.
func (s *Cards) Changes(ctx context.Context, id string, after int64, limit int) ([]Change, error) {
	card, found, err := s.Find(ctx, id)
	if err != nil || !found {
		return nil, err
	}
	rows, _, err := s.cards.In(id).Range().Above(after).Limit(limit).List(ctx, store.Recent)
	if err != nil {
		return nil, fmt.Errorf("reading how %s changed: %w", id, err)
	}
	changes := make([]Change, len(rows))
	for i, row := range rows {
		if changes[i], err = changeIn(card, row); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// changeIn is the change of a line: what a line does not say of a card never changes.
func changeIn(card logic.Card, line cardRow) (Change, error) {
	controls, err := controlsOf(line.Ruled, card.ID)
	if err != nil {
		return Change{}, err
	}
	card.Version, card.Status, card.Controls = line.Revision, logic.Status(line.ChangedTo), controls
	return Change{card, line.ChangedAt}, nil
}
