package handler

import (
	"context"
	"fmt"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/trace"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
	"farthing/service.card-processing/storage"
	cardsproto "farthing/service.cards/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// answerWithin is when the card network has its answer, whatever happens.
const answerWithin = 1500 * time.Millisecond

const unknownCard = "unknown_card"

// Authorise decides a card payment. Being declined is an outcome, not an error. After timeout.outcome_unknown the same
// authorisation may be repeated; a repeat answers what happened the first time.
func (h *Handler) Authorise(
	ctx context.Context, req *cardprocessingproto.AuthoriseRequest,
) (*cardprocessingproto.AuthoriseResponse, error) {
	if err := logic.Check(req, h.clock.Now()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	rsp, err := h.authorise(ctx, req)
	h.metrics.answered(rsp, err)
	return rsp, err
}

func (h *Handler) authorise(
	ctx context.Context, req *cardprocessingproto.AuthoriseRequest,
) (*cardprocessingproto.AuthoriseResponse, error) {
	card, err := h.identify(ctx, req.GetCardNumber(), req.GetCardId())
	if err != nil {
		return nil, err
	}
	holdID, err := h.holdOf(ctx, req, card.GetId())
	if err != nil {
		return nil, err
	}
	authorisationID := logic.AuthorisationID(holdID)
	trace.Annotate(ctx, "authorisation_id", authorisationID)
	rsp, err := h.decideInTime(ctx, holdID, req, card)
	if err != nil {
		return nil, err
	}
	rsp.AuthorisationId = authorisationID
	return rsp, nil
}

// identify is the card, nil if it is nobody's.
func (h *Handler) identify(ctx context.Context, number, cardID string) (*cardsproto.Card, error) {
	identified, err := h.cards.Identify(ctx, &cardsproto.IdentifyRequest{Number: number, CardId: cardID})
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("identifying the card: %w", err)
	}
	return identified.GetCard(), nil
}

// holdOf is the hold's id: the same for a repeat, and never the same for two cards.
func (h *Handler) holdOf(
	ctx context.Context, req *cardprocessingproto.AuthoriseRequest, cardID string,
) (string, error) {
	if req.GetNetwork() != nil {
		return logic.HoldID(req.GetNetwork(), cardID), nil
	}
	return h.processorIDs.Claim(ctx, storage.Claim{
		ProcessorID: req.GetProcessorId(), CardID: cardID, HoldID: logic.HoldIDAt(h.clock.Now(), req.GetProcessorId()),
		Minor: req.GetAmount().GetMinor(), Currency: req.GetAmount().GetCurrency(),
	})
}

func (h *Handler) decide(
	ctx context.Context, holdID string, req *cardprocessingproto.AuthoriseRequest, card *cardsproto.Card,
) (*cardprocessingproto.AuthoriseResponse, error) {
	if card == nil {
		return h.declineUnknownCard(ctx, holdID, req)
	}
	use := logic.UseOf(req)
	var err error
	if use.PIN, err = h.tryPIN(ctx, card, holdID, req.GetVerification()); err != nil {
		return nil, err
	}
	control, refusal := logic.Control(card, use, h.clock.Now())
	purchase, err := purchaseOf(req)
	if err != nil {
		return nil, err
	}
	answer, err := h.transactions.Authorise(ctx, &transactionsproto.AuthoriseRequest{
		HoldId: holdID, AccountId: card.GetAccountId(), UserId: card.GetUserId(), CardId: card.GetId(),
		Purchase: purchase, Refusal: balanceproto.ReasonText(refusal), Control: control,
		Forced: req.GetAdvice(), AcceptPartial: req.GetAcceptPartial(),
	})
	if err != nil {
		return nil, fmt.Errorf("authorising: %w", err)
	}
	rsp := &cardprocessingproto.AuthoriseResponse{
		Approved: answer.GetApproved(), DeclineReason: answer.GetDeclineReason(),
		TransactionId: answer.GetTransactionId(), Balance: answer.GetBalance(),
	}
	if answer.GetApproved() {
		rsp.Amount, rsp.Cashback = answer.GetAmount(), answer.GetCashback()
	}
	return rsp, nil
}

func (h *Handler) declineUnknownCard(
	ctx context.Context, holdID string, req *cardprocessingproto.AuthoriseRequest,
) (*cardprocessingproto.AuthoriseResponse, error) {
	number := req.GetCardNumber()
	purchase, err := purchaseOf(req)
	if err != nil {
		return nil, err
	}
	kept, err := h.transactions.DeclineUnknownCard(ctx, &transactionsproto.DeclineUnknownCardRequest{
		HoldId: holdID, Purchase: purchase, LastFour: number[max(0, len(number)-4):],
	})
	if err != nil {
		return nil, fmt.Errorf("recording an unknown card: %w", err)
	}
	return &cardprocessingproto.AuthoriseResponse{
		DeclineReason: unknownCard, TransactionId: kept.GetTransactionId(),
	}, nil
}

func purchaseOf(req *cardprocessingproto.AuthoriseRequest) (*transactionsproto.Purchase, error) {
	rate, err := logic.RateOf(req.GetAmount(), req.GetLocalAmount(), req.GetConversionRate())
	return &transactionsproto.Purchase{
		Amount: req.GetAmount(), LocalAmount: req.GetLocalAmount(), Descriptor_: req.GetDescriptor_(), Mcc: req.GetMcc(),
		Scheme: logic.Scheme, Cashback: req.GetCashback(), Rate: rate,
	}, err
}
