package handler

import (
	"context"
	"fmt"
	"time"

	balanceproto "farthing/service.balance/proto"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
	"farthing/service.card-processing/storage"
	cardsproto "farthing/service.cards/proto"
)

// AuthoriseRefund promises a refund. One whose reversal came first is declined.
func (h *Handler) AuthoriseRefund(
	ctx context.Context, req *cardprocessingproto.AuthoriseRefundRequest,
) (*cardprocessingproto.AuthoriseRefundResponse, error) {
	f := logic.FollowUp{
		Message: req.GetMessage(), Original: req.GetOriginal(), Amount: req.GetAmount(), LocalAmount: req.GetLocalAmount(),
		Rate: req.GetConversionRate(), Descriptor: req.GetDescriptor_(), MCC: req.GetMcc(),
	}
	if err := logic.CheckMoved(f, h.clock.Now()); err != nil {
		return nil, err
	}
	payment, event, err := h.follow(ctx, logic.RefundAuthorisation, f)
	return &cardprocessingproto.AuthoriseRefundResponse{Payment: payment, Event: event}, err
}

// Refund sends money back, for a payment or for none.
func (h *Handler) Refund(
	ctx context.Context, req *cardprocessingproto.RefundRequest,
) (*cardprocessingproto.RefundResponse, error) {
	f := logic.FollowUp{
		Message: req.GetMessage(), Original: req.GetOriginal(), Amount: req.GetAmount(), LocalAmount: req.GetLocalAmount(),
		Rate:       req.GetConversionRate(),
		Descriptor: req.GetDescriptor_(), MCC: req.GetMcc(),
		RefundAuthorisation: req.GetRefundAuthorisation(),
	}
	if err := logic.CheckMoved(f, h.clock.Now()); err != nil {
		return nil, err
	}
	payment, event, err := h.follow(ctx, logic.Refund, f)
	return &cardprocessingproto.RefundResponse{Payment: payment, Event: event}, err
}

// ReverseRefund takes a refund back, whatever the account has; or ends one that was only promised. That there was
// nothing to take back is an outcome, not an error.
func (h *Handler) ReverseRefund(
	ctx context.Context, req *cardprocessingproto.ReverseRefundRequest,
) (*cardprocessingproto.ReverseRefundResponse, error) {
	f := logic.FollowUp{
		Message: req.GetMessage(), Original: req.GetOriginal(), Refund: req.GetRefund(),
		RefundAuthorisation: req.GetRefundAuthorisation(),
	}
	if err := logic.CheckReverseRefund(f, h.clock.Now()); err != nil {
		return nil, err
	}
	payment, event, err := h.follow(ctx, logic.RefundReversal, f)
	return &cardprocessingproto.ReverseRefundResponse{Payment: payment, Event: event}, err
}

// nameRefund adds to what a message says which refund it is about, and answers the payment of that: the original's, or
// one of its own. All messages about a refund find the same one, whichever comes first, as long as each names one that
// another names.
func (h *Handler) nameRefund(
	ctx context.Context, f logic.FollowUp, said *logic.Said, card *cardsproto.Card, own string,
) (string, error) {
	key, names := own, []string{}
	for _, each := range []struct {
		kind  cardprocessingproto.PaymentEventKind
		named *cardprocessingproto.Named
		into  *string
	}{
		{logic.Refund, f.Refund, &said.Refund}, {logic.RefundAuthorisation, f.RefundAuthorisation, &said.RefundAuthorisation},
	} {
		if each.named == nil {
			continue
		}
		theirs, err := h.claim(ctx, kindOf(each.kind)+"/", each.named, card, logic.FollowUp{})
		if err != nil {
			return "", err
		}
		key, *each.into = theirs, kindOf(each.kind)+"/"+theirs
		names = append([]string{*each.into}, names...)
	}
	if said.Kind != logic.RefundReversal {
		names = append(names, said.MessageID)
	}
	if f.Original != nil {
		var err error
		if key, err = h.keyOfOriginal(ctx, f.Original, card); err != nil {
			return "", err
		}
	}
	for _, name := range names {
		matched, err := h.matches.Match(ctx, name, storage.Match{Payment: key})
		if err != nil {
			return "", err
		}
		key = matched.Payment
	}
	return key, nil
}

// postRefund does to the money what an event says of a refund. A promise moves none; it is looked at when it is due.
func (h *Handler) postRefund(
	ctx context.Context, p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent,
) error {
	switch minor := e.GetPostedMinor(); {
	case minor > 0:
		refunded, err := h.balance.Refund(ctx, &balanceproto.RefundRequest{
			AccountId: p.GetAccountId(), ClearingId: e.GetMessageId(), Scheme: logic.Scheme, Amount: inCurrency(minor, p),
		})
		if err != nil {
			return fmt.Errorf("refunding: %w", err)
		}
		e.Balance = refunded.GetBalance()
	case minor < 0:
		reversed, err := h.balance.ReverseRefund(ctx, &balanceproto.ReverseRefundRequest{
			AccountId: p.GetAccountId(), ClearingId: e.GetMessageId(), Scheme: logic.Scheme, Amount: inCurrency(-minor, p),
		})
		if err != nil {
			return fmt.Errorf("reversing a refund: %w", err)
		}
		e.Balance = reversed.GetBalance()
	case e.GetKind() == logic.RefundAuthorisation && e.GetRefund() != nil:
		due := time.UnixMilli(e.GetAtMs()).Add(logic.RefundTerm)
		return h.fallLater(ctx, due, p.GetAccountId(), p.GetHoldId())
	}
	return nil
}
