package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/money"
	"farthing/pkg/store"
	"farthing/pkg/store/worklist"
	"farthing/service.pot/logic"
)

// Ask writes a move down unless it is there already, and answers the one that is. Whether the pot is deleted must be as
// said, or it is precondition_failed.pot_deleted: no money comes into a deleted pot, and only its own emptying takes
// any out. It is listed first, so that whatever is begun is found.
func (s *Pots) Ask(ctx context.Context, p logic.Pot, m logic.Move) (logic.Move, error) {
	if err := s.unfinished.Add(ctx, m.At, itemOf(m)); err != nil {
		return logic.Move{}, err
	}
	answer, err := s.pots.Batch(p.ID).If("deleted", p.Deleted).InsertNew(potRow{
		Kind: rowAsked, Name: m.DedupeID, Way: int64(m.Way), Amount: m.Amount.Minor, At: m.At,
	}).Apply(ctx)
	switch {
	case err != nil:
		return logic.Move{}, fmt.Errorf("asking %s for a move: %w", p.ID, err)
	case answer.OK:
		return m, nil
	case len(answer.Present) == 1:
		first, err := s.moveOf(ctx, p, answer.Present[0])
		if err != nil {
			return first, err
		}
		return first, s.strikeRepeat(ctx, m, first)
	}
	return logic.Move{}, logic.Pot{Deleted: true}.CheckOpen()
}

// strikeRepeat takes a repeat's line off the list if the first one has its own.
func (s *Pots) strikeRepeat(ctx context.Context, repeat, first logic.Move) error {
	sameLine := repeat.At.Truncate(time.Hour).Equal(first.At.Truncate(time.Hour))
	if sameLine && first.Outcome == logic.Open {
		return nil
	}
	return s.unfinished.Remove(ctx, repeat.At, itemOf(repeat))
}

// End writes down what became of a move, and strikes it off the list. A move that was done makes a version of its pot,
// at a time, which is answered; one that was refused or had ended before makes none, which is 0. Repeating it is
// harmless.
func (s *Pots) End(ctx context.Context, m logic.Move, at time.Time) (version int64, err error) {
	ended := potRow{Kind: rowEnded, Name: m.DedupeID, Outcome: int64(m.Outcome), At: m.At}
	if m.Outcome == logic.Done {
		version, err = s.endDone(ctx, m, ended, at)
	} else {
		_, err = s.pots.Batch(m.Pot).InsertNew(ended).Apply(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("ending a move of %s: %w", m.Pot, err)
	}
	return version, s.unfinished.Remove(ctx, m.At, itemOf(m))
}

// endTries is more than there are moves of one pot that end at once: each time that one loses another has won.
const endTries = 100

func (s *Pots) endDone(ctx context.Context, m logic.Move, ended potRow, at time.Time) (version int64, _ error) {
	pot, _, err := s.pots.In(m.Pot).Statics(ctx, store.Latest)
	if err != nil {
		return 0, err
	}
	for range endTries {
		next := potRow{Version: pot.Version + 1}
		change := changeOf(next.Version, at)
		change.Way = int64(m.Way)
		answer, err := s.pots.Batch(m.Pot).If("version", pot.Version).SetStatics(next, "version").
			InsertNew(ended).InsertNew(change).Apply(ctx)
		switch {
		case err != nil:
			return 0, err
		case answer.OK:
			return next.Version, nil
		case slices.ContainsFunc(answer.Present, func(row potRow) bool { return row.Kind == rowEnded }):
			return 0, nil
		}
		pot = answer.Statics
	}
	return 0, errs.New(errs.Unavailable, "The pot is being changed")
}

// FindMove is a move, and whether it was asked for.
func (s *Pots) FindMove(ctx context.Context, p logic.Pot, dedupeID string) (logic.Move, bool, error) {
	row, found, err := s.pots.In(p.ID).Find(ctx, store.Latest, int64(rowAsked), dedupeID)
	if err != nil || !found {
		return logic.Move{}, false, err
	}
	m, err := s.moveOf(ctx, p, row)
	return m, err == nil, err
}

func (s *Pots) moveOf(ctx context.Context, p logic.Pot, row potRow) (logic.Move, error) {
	ended, _, err := s.pots.In(p.ID).Find(ctx, store.Latest, int64(rowEnded), row.Name)
	if err != nil {
		return logic.Move{}, fmt.Errorf("reading a move of %s: %w", p.ID, err)
	}
	return moveOf(row, p.ID, p.Currency, logic.Outcome(ended.Outcome)), nil
}

func moveOf(row potRow, pot, currency string, became logic.Outcome) logic.Move {
	return logic.Move{
		Pot: pot, DedupeID: row.Name, Way: logic.Way(row.Way), At: row.At, Outcome: became,
		Amount: money.Amount{Minor: row.Amount, Currency: currency},
	}
}

// OpenMoves are the moves of a pot that were asked for and not ended.
func (s *Pots) OpenMoves(ctx context.Context, p logic.Pot) ([]logic.Move, error) {
	moves, err := s.Moves(ctx, p)
	return slices.DeleteFunc(moves, func(m logic.Move) bool { return m.Outcome != logic.Open }), err
}

// Moves are all moves of a pot that were asked for.
func (s *Pots) Moves(ctx context.Context, p logic.Pot) ([]logic.Move, error) {
	ended := make(map[string]logic.Outcome)
	err := s.each(ctx, p.ID, rowEnded, func(row potRow) { ended[row.Name] = logic.Outcome(row.Outcome) })
	if err != nil {
		return nil, err
	}
	var moves []logic.Move
	err = s.each(ctx, p.ID, rowAsked, func(row potRow) {
		moves = append(moves, moveOf(row, p.ID, p.Currency, ended[row.Name]))
	})
	return moves, err
}

// PotMove is a move, and its pot.
type PotMove struct {
	Pot  logic.Pot
	Move logic.Move
}

// WalkMoves is some moves of all pots after a place, and the place to go on from, as store.Walk: limit counts other
// rows too, so there may be fewer, or none.
func (s *Pots) WalkMoves(ctx context.Context, after string, limit int) ([]PotMove, string, error) {
	rows, next, err := s.pots.Walk(ctx, after, limit)
	if err != nil {
		return nil, "", fmt.Errorf("walking moves: %w", err)
	}
	var moves []PotMove
	var pot logic.Pot // Of the row before: a pot's rows come together, and without its statics.
	for _, row := range rows {
		if row.Kind != rowAsked {
			continue
		}
		if pot.ID != row.Pot {
			var found bool
			if pot, found, err = s.Find(ctx, row.Pot); err == nil && !found {
				err = errs.Missing("pot")
			}
			if err != nil {
				return nil, "", err
			}
		}
		m, err := s.moveOf(ctx, pot, row)
		if err != nil {
			return nil, "", err
		}
		moves = append(moves, PotMove{pot, m})
	}
	return moves, next, nil
}

func (s *Pots) each(ctx context.Context, pot string, kind int64, take func(potRow)) error {
	for token := ""; ; {
		rows, next, err := s.pots.In(pot).Range(kind).Resume(token).List(ctx, store.Latest)
		if err != nil {
			return fmt.Errorf("reading the moves of %s: %w", pot, err)
		}
		for _, row := range rows {
			take(row)
		}
		if token = next; token == "" {
			return nil
		}
	}
}

// Emptying lists a pot as one that is to be emptied, and Emptied strikes it off.
func (s *Pots) Emptying(ctx context.Context, pot string, at time.Time) error {
	return s.unfinished.Add(ctx, at, pot)
}

// Emptied is the end of Emptying.
func (s *Pots) Emptied(ctx context.Context, pot string, at time.Time) error {
	return s.unfinished.Remove(ctx, at, pot)
}

const itemSeparator = "/"

func itemOf(m logic.Move) string { return m.Pot + itemSeparator + m.DedupeID }

// Listed is the pot of a line on the list, and the dedupe id of its move: empty for a pot that is to be emptied.
func Listed(item worklist.Item) (pot, dedupeID string, err error) {
	pot, dedupeID, isMove := strings.Cut(item.Name, itemSeparator)
	if isMove && dedupeID == "" {
		return "", "", errs.Newf(errs.Internal, "%q names no move", item.Name)
	}
	return pot, dedupeID, nil
}
