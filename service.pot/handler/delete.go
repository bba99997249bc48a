package handler

import (
	"context"
	"fmt"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/money"
	"farthing/pkg/store/worklist"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.pot/logic"
	potproto "farthing/service.pot/proto"
	"farthing/service.pot/storage"
)

// Delete closes a pot for ever, and moves what is in it back. A repeat answers the pot as it is.
//
//	listed ── deleted: no move is begun any more ── those under way are finished ── the rest goes back ── struck off
//
// Whoever dies on the way is followed by the sweep.
func (h *Handler) Delete(ctx context.Context, req *potproto.DeleteRequest) (*potproto.DeleteResponse, error) {
	pot, err := h.find(ctx, req.GetPotId())
	if err != nil {
		return nil, err
	}
	if !pot.Deleted {
		if err := h.pots.Emptying(ctx, pot.ID, h.clock.Now()); err != nil {
			return nil, err
		}
		pot, err = h.change(ctx, pot.ID, func(p *logic.Pot) error {
			p.Deleted = true
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if err := h.empty(ctx, pot); err != nil {
		return nil, fmt.Errorf("emptying a pot: %w", err)
	}
	shown, err := h.show(ctx, pot)
	return &potproto.DeleteResponse{Pot: shown}, err
}

// emptyTries is more than the moves that can come between.
const emptyTries = 20

// empty finishes what was begun before the pot was deleted, and takes out what is in it then.
func (h *Handler) empty(ctx context.Context, pot logic.Pot) error {
	open, err := h.pots.OpenMoves(ctx, pot)
	if err != nil {
		return err
	}
	for _, m := range open {
		if _, err := h.finish(ctx, pot, m); err != nil {
			return err
		}
	}
	for n := range emptyTries {
		has, err := h.balance.GetBalance(ctx, &balanceproto.GetBalanceRequest{AccountId: pot.Ledger})
		if err != nil {
			return err
		}
		left := has.GetAvailable().GetMinor()
		if left <= 0 {
			return nil
		}
		// Numbered, so that everybody who empties it at once asks for the same; the first one's amount counts.
		m, err := h.pots.Ask(ctx, pot, logic.Move{
			Pot: pot.ID, DedupeID: fmt.Sprintf("delete:%d", n), Way: logic.Withdrawal, At: h.clock.Now(),
			Amount: money.Amount{Minor: left, Currency: pot.Currency},
		})
		if err != nil {
			return err
		}
		if _, err := h.finish(ctx, pot, m); err != nil {
			return err
		}
	}
	return errs.New(errs.Unavailable, "The pot is not empty yet")
}

const (
	// leftBehind is longer than a move takes that nobody interrupts.
	leftBehind = 30 * time.Second
	// inFlight is longer than anything takes between its line on the list and its beginning.
	inFlight = 2 * time.Hour
)

// finishLate finishes a move, or the emptying of a pot, that was left behind.
func (h *Handler) finishLate(ctx context.Context, item worklist.Item) error {
	potID, dedupeID, err := storage.Listed(item)
	if err != nil {
		return err
	}
	pot, found, err := h.pots.Find(ctx, potID)
	if err != nil {
		return err
	}
	if dedupeID == "" {
		return h.emptyLate(ctx, pot, item)
	}
	var m logic.Move
	if found {
		if m, found, err = h.pots.FindMove(ctx, pot, dedupeID); err != nil {
			return err
		}
	}
	switch now := h.clock.Now(); {
	case found && m.Outcome != logic.Open, !found && now.Sub(item.Hour) > inFlight:
		return h.pots.Unfinished().Remove(ctx, item.Hour, item.Name)
	case !found, now.Sub(m.At) < leftBehind:
		return nil // Whoever began it is still at it.
	}
	_, err = h.finish(ctx, pot, m)
	return err
}

func (h *Handler) emptyLate(ctx context.Context, pot logic.Pot, item worklist.Item) error {
	if !pot.Deleted {
		if h.clock.Now().Sub(item.Hour) > inFlight { // Nobody is going to delete it any more.
			return h.pots.Emptied(ctx, pot.ID, item.Hour)
		}
		return nil
	}
	if err := h.empty(ctx, pot); err != nil {
		return err
	}
	return h.pots.Emptied(ctx, item.Name, item.Hour)
}
