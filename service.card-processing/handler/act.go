package handler

import (
	"context"
	"fmt"

	moneyproto "farthing/pkg/money/proto"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// act does to the money what an event says, and adds to it what the ledger answered. Each of its steps has an id or a
// number of its own, so that doing it again changes nothing.
func (h *Handler) act(
	ctx context.Context, p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent,
) error {
	if adjustments := logic.AdjustmentsOf(p, e); len(adjustments) > 0 {
		return h.adjust(ctx, p, e, adjustments)
	}
	switch {
	case e.GetExtendedMinor() > 0:
		return h.extend(ctx, p, e)
	case logic.IsOfRefund(e):
		return h.postRefund(ctx, p, e)
	case e.GetKind() == logic.Clearing && e.GetDeclineReason() == "":
		if err := h.collect(ctx, p, e); err != nil {
			return err
		}
	}
	if e.GetReleasedMinor() == 0 {
		return nil
	}
	return h.release(ctx, p, p.GetChanges()+e.GetChanges(), e.GetReleasedMinor(), e)
}

func (h *Handler) extend(
	ctx context.Context, p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent,
) error {
	if e.GetGivenUp() {
		return h.takeBack(ctx, p, e)
	}
	card, err := h.identify(ctx, "", p.GetCardId())
	if err != nil {
		return err
	}
	control, refusal := logic.Control(card, logic.Use{}, h.clock.Now())
	extended, err := h.balance.Extend(ctx, &balanceproto.ExtendRequest{
		AccountId: p.GetAccountId(), HoldId: p.GetHoldId(), Change: p.GetChanges() + 1,
		Amount: inCurrency(e.GetExtendedMinor(), p),
		Forced: e.GetKind() == logic.Advice, Control: control, Refusal: refusal,
	})
	if err != nil {
		return fmt.Errorf("extending the hold: %w", err)
	}
	e.Balance = extended.GetBalance()
	if e.DeclineReason = balanceproto.ReasonText(extended.GetDeclineReason()); e.GetDeclineReason() != "" {
		e.ExtendedMinor = 0
	}
	return nil
}

// takeBack declines an increment that nobody was answered in time, and gives back what it has held, if it has.
func (h *Handler) takeBack(
	ctx context.Context, p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent,
) error {
	settled, err := h.balance.SettleHold(ctx, &balanceproto.SettleHoldRequest{
		AccountId: p.GetAccountId(), HoldId: p.GetHoldId(), Change: p.GetChanges() + 1,
		Reason: balanceproto.DeclineReason_DECLINE_REASON_TIMED_OUT,
	})
	if err != nil {
		return fmt.Errorf("settling an increment: %w", err)
	}
	minor := e.GetExtendedMinor()
	e.DeclineReason = balanceproto.ReasonText(balanceproto.DeclineReason_DECLINE_REASON_TIMED_OUT)
	e.ExtendedMinor = 0
	if settled.GetOutcome() != balanceproto.Outcome_OUTCOME_APPROVED {
		return nil
	}
	e.Changes++
	return h.release(ctx, p, p.GetChanges()+e.GetChanges(), minor, e)
}

func (h *Handler) release(
	ctx context.Context, p *cardprocessingproto.Payment, change, minor int64, e *cardprocessingproto.PaymentEvent,
) error {
	released, err := h.balance.Release(ctx, &balanceproto.ReleaseRequest{
		AccountId: p.GetAccountId(), HoldId: p.GetHoldId(), Change: change, Amount: inCurrency(minor, p),
	})
	if err != nil {
		return fmt.Errorf("releasing the hold: %w", err)
	}
	e.Balance = released.GetBalance()
	return nil
}

func (h *Handler) collect(
	ctx context.Context, p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent,
) error {
	req := &balanceproto.ClearRequest{
		AccountId: p.GetAccountId(), ClearingId: e.GetMessageId(), Scheme: logic.Scheme,
		Amount: inCurrency(e.GetAmountMinor(), p), ControlSetId: p.GetControlSetId(),
	}
	if e.GetCapturedMinor() > 0 {
		req.Capture = &balanceproto.Capture{
			HoldId: p.GetHoldId(), Change: p.GetChanges() + 1, Amount: inCurrency(e.GetCapturedMinor(), p),
		}
	}
	cleared, err := h.balance.Clear(ctx, req)
	if err != nil {
		return fmt.Errorf("clearing: %w", err)
	}
	e.Balance = cleared.GetBalance()
	return nil
}

func inCurrency(minor int64, p *cardprocessingproto.Payment) *moneyproto.Money {
	return &moneyproto.Money{Minor: minor, Currency: p.GetCurrency()}
}
