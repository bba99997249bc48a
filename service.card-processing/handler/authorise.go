package handler

import (
	"context"
	"fmt"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/trace"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
	cardsproto "farthing/service.cards/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// answerWithin is when the card network has its answer, whatever happens.
const answerWithin = 1500 * time.Millisecond

const (
	scheme      = "mastercard"
	unknownCard = "unknown_card"
)

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
	holdID, err := h.holdOf(ctx, req)
	if err != nil {
		return nil, err
	}
	authorisationID := logic.AuthorisationID(holdID)
	trace.Annotate(ctx, "authorisation_id", authorisationID)
	rsp, err := h.decide(ctx, holdID, req)
	if err != nil {
		return nil, err
	}
	rsp.AuthorisationId = authorisationID
	return rsp, nil
}

func (h *Handler) holdOf(ctx context.Context, req *cardprocessingproto.AuthoriseRequest) (string, error) {
	if req.GetNetwork() != nil {
		return logic.HoldID(req.GetNetwork()), nil
	}
	return h.processorIDs.Claim(ctx, req.GetProcessorId(), logic.HoldIDAt(h.clock.Now(), req.GetProcessorId()))
}

func (h *Handler) decide(
	ctx context.Context, holdID string, req *cardprocessingproto.AuthoriseRequest,
) (*cardprocessingproto.AuthoriseResponse, error) {
	identified, err := h.cards.Identify(ctx, &cardsproto.IdentifyRequest{
		Number: req.GetCardNumber(), CardId: req.GetCardId(),
	})
	if errs.Is(err, errs.NotFound) {
		return h.declineUnknownCard(ctx, holdID, req)
	}
	if err != nil {
		return nil, fmt.Errorf("identifying the card: %w", err)
	}
	card := identified.GetCard()
	answer, err := h.transactions.Authorise(ctx, &transactionsproto.AuthoriseRequest{
		HoldId: holdID, AccountId: card.GetAccountId(), UserId: card.GetUserId(), CardId: card.GetId(),
		Purchase: purchaseOf(req), Refusal: logic.Refusal(card, h.clock.Now()),
	})
	if err != nil {
		return nil, fmt.Errorf("authorising: %w", err)
	}
	return &cardprocessingproto.AuthoriseResponse{
		Approved: answer.GetApproved(), DeclineReason: answer.GetDeclineReason(),
		TransactionId: answer.GetTransactionId(), Balance: answer.GetBalance(),
	}, nil
}

func (h *Handler) declineUnknownCard(
	ctx context.Context, holdID string, req *cardprocessingproto.AuthoriseRequest,
) (*cardprocessingproto.AuthoriseResponse, error) {
	number := req.GetCardNumber()
	kept, err := h.transactions.DeclineUnknownCard(ctx, &transactionsproto.DeclineUnknownCardRequest{
		HoldId: holdID, Purchase: purchaseOf(req), LastFour: number[max(0, len(number)-4):],
	})
	if err != nil {
		return nil, fmt.Errorf("recording an unknown card: %w", err)
	}
	return &cardprocessingproto.AuthoriseResponse{
		DeclineReason: unknownCard, TransactionId: kept.GetTransactionId(),
	}, nil
}

func purchaseOf(req *cardprocessingproto.AuthoriseRequest) *transactionsproto.Purchase {
	return &transactionsproto.Purchase{
		Amount: req.GetAmount(), LocalAmount: req.GetLocalAmount(), Descriptor_: req.GetDescriptor_(), Mcc: req.GetMcc(),
		Scheme: scheme,
	}
}
