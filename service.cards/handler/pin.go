package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.cards/logic"
	cardsproto "farthing/service.cards/proto"
)

// TryPIN counts that somebody has entered a card's PIN. A right one of a PIN that was never wrong costs a read. After
// timeout.outcome_unknown a repeat is how to find out: an attempt counts once.
func (h *Handler) TryPIN(ctx context.Context, req *cardsproto.TryPINRequest) (*cardsproto.TryPINResponse, error) {
	if err := id.Check("card_id", "card", req.GetCardId()); err != nil {
		return nil, err
	}
	if err := id.Check("attempt_id", "hold", req.GetAttemptId()); err != nil {
		return nil, err
	}
	rsp, err := h.tryPIN(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("trying a PIN: %w", err)
	}
	return rsp, nil
}

func (h *Handler) tryPIN(ctx context.Context, req *cardsproto.TryPINRequest) (*cardsproto.TryPINResponse, error) {
	pin, err := h.pins.Find(ctx, req.GetCardId())
	for range raceMax {
		if err != nil {
			return nil, err
		}
		if req.GetVerified() && pin.Wrong == 0 {
			return pinResponse(0, false), nil
		}
		wrong, counted, err := h.pins.Attempt(ctx, req.GetCardId(), req.GetAttemptId())
		if err != nil || counted {
			return pinResponse(wrong, false), err
		}
		next, changes := pin.After(req.GetVerified())
		if !changes {
			return pinResponse(pin.Wrong, true), nil
		}
		stored, done, err := h.pins.Change(ctx, next, req.GetAttemptId(), h.clock.Now())
		if err != nil {
			return nil, err
		}
		if done {
			h.metrics.tried(next)
			return pinResponse(next.Wrong, false), nil
		}
		pin = stored
	}
	return nil, busyPIN()
}

func busyPIN() error {
	return errs.New(errs.Unavailable+".pin", "The card's PIN is being tried by others")
}

func pinResponse(wrong int, blocked bool) *cardsproto.TryPINResponse {
	//nolint:gosec // At most logic.PINTries.
	return &cardsproto.TryPINResponse{Wrong: int32(wrong), Blocked: blocked, Allowed: logic.PINTries}
}

// ResetPIN forgets all wrong PINs of a card: not_found.card if there is none. Repeating it is harmless.
func (h *Handler) ResetPIN(
	ctx context.Context, req *cardsproto.ResetPINRequest,
) (*cardsproto.ResetPINResponse, error) {
	if err := h.resetPIN(ctx, req.GetCardId()); err != nil {
		return nil, fmt.Errorf("resetting a PIN: %w", err)
	}
	return &cardsproto.ResetPINResponse{}, nil
}

func (h *Handler) resetPIN(ctx context.Context, cardID string) error {
	if _, err := h.card(ctx, cardID); err != nil {
		return err
	}
	pin, err := h.pins.Find(ctx, cardID)
	if err != nil {
		return err
	}
	for range raceMax {
		next, changes := pin.Reset()
		if !changes {
			return nil
		}
		stored, done, err := h.pins.Change(ctx, next, fmt.Sprintf("reset/%d", next.Version), h.clock.Now())
		if err != nil || done {
			return err
		}
		pin = stored
	}
	return busyPIN()
}

// triesLeft is how many wrong PINs a card's customer may still enter.
func (h *Handler) triesLeft(ctx context.Context, cardID string) (int, error) {
	pin, err := h.pins.Find(ctx, cardID)
	return logic.PINTries - pin.Wrong, err
}
