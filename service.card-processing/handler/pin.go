package handler

import (
	"context"
	"fmt"

	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
	cardsproto "farthing/service.cards/proto"
)

// tryPIN has a PIN that was entered counted, once for each message, whatever becomes of the message. It is nil if none
// was entered.
func (h *Handler) tryPIN(
	ctx context.Context, card *cardsproto.Card, attemptID string, v *cardprocessingproto.Verification,
) (*cardsproto.TryPINResponse, error) {
	tried, verified := logic.PINTried(v)
	if !tried {
		return nil, nil //nolint:nilnil // Nobody did.
	}
	counted, err := h.cards.TryPIN(ctx, &cardsproto.TryPINRequest{
		CardId: card.GetId(), AttemptId: attemptID, Verified: verified,
	})
	if err != nil {
		return nil, fmt.Errorf("counting a PIN: %w", err)
	}
	return counted, nil
}
