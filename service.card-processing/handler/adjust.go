package handler

import (
	"context"
	"fmt"

	balanceproto "farthing/service.balance/proto"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// adjust moves what an event moves beside the card scheme's own messages. Each adjustment has an id: again is harmless.
func (h *Handler) adjust(
	ctx context.Context, p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent,
	adjustments []logic.Adjustment,
) error {
	for _, a := range adjustments {
		adjusted, err := h.balance.Adjust(ctx, &balanceproto.AdjustRequest{
			AdjustmentId: a.ID, From: placeOf(a.From, p), To: placeOf(a.To, p), Amount: a.Amount,
		})
		if err != nil {
			return fmt.Errorf("adjusting: %w", err)
		}
		if adjusted.GetBalance() != nil {
			e.Balance = adjusted.GetBalance()
		}
	}
	return nil
}

func placeOf(side logic.Side, p *cardprocessingproto.Payment) *balanceproto.Place {
	switch side {
	case logic.OnSettlement:
		return &balanceproto.Place{Own: balanceproto.OwnAccount_OWN_ACCOUNT_SETTLEMENT, Scheme: logic.Scheme}
	case logic.OnSuspense:
		return &balanceproto.Place{Own: balanceproto.OwnAccount_OWN_ACCOUNT_SUSPENSE}
	case logic.OnDisputes:
		return &balanceproto.Place{Own: balanceproto.OwnAccount_OWN_ACCOUNT_DISPUTES}
	case logic.OnLosses:
		return &balanceproto.Place{Own: balanceproto.OwnAccount_OWN_ACCOUNT_LOSSES}
	case logic.OnAccount:
	}
	return &balanceproto.Place{AccountId: p.GetAccountId()}
}
