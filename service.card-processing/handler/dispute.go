package handler

import (
	"context"
	"strings"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
	"farthing/service.card-processing/storage"
)

// disputes answers the RPCs about disputes.
type disputes struct {
	cardprocessingproto.UnimplementedDisputesServer
	h *Handler
}

// Open opens a dispute of what was collected.
func (d *disputes) Open(
	ctx context.Context, req *cardprocessingproto.OpenRequest,
) (*cardprocessingproto.OpenResponse, error) {
	if err := logic.CheckDispute(req); err != nil {
		return nil, err
	}
	who, err := d.h.named(ctx, &cardprocessingproto.GetPaymentRequest{TransactionId: req.GetTransactionId()})
	if err == nil && who.account == "" {
		err = errs.Missing("payment")
	}
	if err != nil {
		return nil, err
	}
	p, done, err := d.h.record(ctx, who, logic.Said{
		Kind: logic.Disputed, MessageID: "dispute/" + req.GetDedupeId(), Minor: req.GetAmount().GetMinor(),
		Currency: req.GetAmount().GetCurrency(), Dispute: &cardprocessingproto.DisputeStep{
			Reason: req.GetReason(), By: req.GetBy(), Note: req.GetNote(),
		},
	})
	if err != nil {
		return nil, err
	}
	return &cardprocessingproto.OpenResponse{Dispute: disputeOf(p, done.GetDispute().GetDisputeId())}, nil
}

// Credit gives the customer the money while the dispute is not decided.
func (d *disputes) Credit(
	ctx context.Context, req *cardprocessingproto.CreditRequest,
) (*cardprocessingproto.CreditResponse, error) {
	found, err := d.step(ctx, logic.Credited, req)
	return &cardprocessingproto.CreditResponse{Dispute: found}, err
}

// Win ends a dispute in the customer's favour.
func (d *disputes) Win(
	ctx context.Context, req *cardprocessingproto.WinRequest,
) (*cardprocessingproto.WinResponse, error) {
	found, err := d.step(ctx, logic.Won, req)
	return &cardprocessingproto.WinResponse{Dispute: found}, err
}

// Lose ends it in the merchant's.
func (d *disputes) Lose(
	ctx context.Context, req *cardprocessingproto.LoseRequest,
) (*cardprocessingproto.LoseResponse, error) {
	found, err := d.step(ctx, logic.Lost, req)
	return &cardprocessingproto.LoseResponse{Dispute: found}, err
}

// Get is a dispute.
func (d *disputes) Get(
	ctx context.Context, req *cardprocessingproto.GetRequest,
) (*cardprocessingproto.GetResponse, error) {
	p, disputeID, err := d.find(ctx, req.GetDisputeId())
	if err != nil {
		return nil, err
	}
	return &cardprocessingproto.GetResponse{Dispute: disputeOf(p.State, disputeID)}, nil
}

// List is disputes, the newest first.
func (d *disputes) List(
	ctx context.Context, req *cardprocessingproto.ListRequest,
) (*cardprocessingproto.ListResponse, error) {
	if req.GetLimit() < 1 || req.GetLimit() > listMax {
		return nil, errs.BadParam("limit", "must be from 1 to 500")
	}
	list := storage.ListOpen
	if req.GetDecided() {
		list = storage.ListClosed
	}
	registered, err := d.h.disputes.List(ctx, list, req.GetBeforeId(), int(req.GetLimit()), d.h.clock.Now())
	if err != nil {
		return nil, err
	}
	rsp := &cardprocessingproto.ListResponse{}
	for _, r := range registered {
		p, found, err := d.h.payments.Find(ctx, r.Payment)
		if err != nil {
			return nil, err
		}
		if !found {
			continue
		}
		if one := disputeOf(p.State, r.ID); one.GetDispute() != nil && isDecided(one.GetDispute()) == req.GetDecided() {
			rsp.Disputes = append(rsp.Disputes, one)
		}
	}
	return rsp, nil
}

func isDecided(d *cardprocessingproto.Dispute) bool {
	return d.GetStatus() == logic.DisputeWon || d.GetStatus() == logic.DisputeLost
}

// stepping is a step of a dispute that somebody takes.
type stepping interface {
	GetDisputeId() string
	GetBy() string
	GetNote() string
}

// step takes a step of a dispute, once.
func (d *disputes) step(
	ctx context.Context, kind cardprocessingproto.PaymentEventKind, req stepping,
) (*cardprocessingproto.PaymentDispute, error) {
	if err := logic.CheckWords(req.GetBy(), req.GetNote()); err != nil {
		return nil, err
	}
	p, disputeID, err := d.find(ctx, req.GetDisputeId())
	if err != nil {
		return nil, err
	}
	after, _, err := d.h.record(ctx, holder(p), logic.Said{
		Kind: kind, MessageID: kindOf(kind) + "/" + disputeID,
		Dispute: &cardprocessingproto.DisputeStep{DisputeId: disputeID, By: req.GetBy(), Note: req.GetNote()},
	})
	if err != nil {
		return nil, err
	}
	return disputeOf(after, disputeID), nil
}

// find is the payment of a dispute, and the dispute's id: by that, or by the transaction of a payment with one dispute.
func (d *disputes) find(ctx context.Context, name string) (storage.Payment, string, error) {
	if strings.HasPrefix(name, "tx_") {
		return d.only(ctx, name)
	}
	if err := id.Check("dispute_id", logic.DisputePrefix, name); err != nil {
		return storage.Payment{}, "", err
	}
	key, found, err := d.h.disputes.Find(ctx, name)
	if err != nil {
		return storage.Payment{}, "", err
	}
	if !found {
		return storage.Payment{}, "", errs.Missing("dispute")
	}
	p, found, err := d.h.payments.Find(ctx, key)
	if err == nil && (!found || logic.FindDispute(p.State, name) == nil) {
		err = errs.Missing("dispute")
	}
	return p, name, err
}

func (d *disputes) only(ctx context.Context, transactionID string) (storage.Payment, string, error) {
	who, err := d.h.named(ctx, &cardprocessingproto.GetPaymentRequest{TransactionId: transactionID})
	if err != nil {
		return storage.Payment{}, "", err
	}
	p, _, err := d.h.payments.Find(ctx, who.key)
	if err != nil {
		return storage.Payment{}, "", err
	}
	switch all := p.State.GetDisputes(); len(all) {
	case 0:
		return storage.Payment{}, "", errs.Missing("dispute")
	case 1:
		return p, all[0].GetId(), nil
	}
	return storage.Payment{}, "", errs.BadParam("dispute_id", "must be a dispute's (dsp_…): the payment has several")
}

func disputeOf(p *cardprocessingproto.Payment, disputeID string) *cardprocessingproto.PaymentDispute {
	return &cardprocessingproto.PaymentDispute{
		Dispute: logic.FindDispute(p, disputeID), AuthorisationId: p.GetId(), TransactionId: p.GetTransactionId(),
		AccountId: p.GetAccountId(), Currency: p.GetCurrency(), Descriptor_: p.GetDescriptor_(),
	}
}
