package handler

import (
	"context"

	"farthing/pkg/edge"
	"farthing/pkg/trace"
	"farthing/service.card-api/within"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// followUp is what a processor sends of a payment after its authorisation. Fields and rules are those of
// cardprocessing.v1, which checks them; a route leaves out what it has no use for.
type followUp struct {
	ProcessorID string     `json:"processor_id"`
	Network     *network   `json:"network"`
	CardID      string     `json:"card_id"`
	CardNumber  cardNumber `json:"card_number"`
	Original    *original  `json:"original"`
	Amount      *amount    `json:"amount"`
	LocalAmount *amount    `json:"local_amount"`
	Rate        string     `json:"conversion_rate"`
	Descriptor  string     `json:"descriptor"`
	MCC         string     `json:"mcc"`
	MoreFollows bool       `json:"more_follows"`

	// Of a refund: its authorisation; of the reversal of one also the refund.
	Refund              *named `json:"refund"`
	RefundAuthorisation *named `json:"refund_authorisation"`
}

// original names the authorisation, in one of three ways.
type original struct {
	AuthorisationID string   `json:"authorisation_id"`
	ProcessorID     string   `json:"processor_id"`
	Network         *network `json:"network"`
}

// named names a message by the ids that it was sent under.
type named struct {
	ProcessorID string   `json:"processor_id"`
	Network     *network `json:"network"`
}

// followed is what the processor gets.
type followed struct {
	Outcome       string  `json:"outcome"` // "done" or "declined".
	DeclineReason string  `json:"decline_reason,omitempty"`
	Payment       payment `json:"payment"`
	Event         event   `json:"event"`
	Balance       *amount `json:"balance,omitempty"` // What the account can spend now, if that is known.
	TraceID       string  `json:"trace_id"`
}

// following is what every follow-up is answered with.
type following interface {
	GetPayment() *cardprocessingproto.Payment
	GetEvent() *cardprocessingproto.PaymentEvent
}

// asked is a follow-up in the peer's words: a collection has all the fields that there are, but for what names refunds.
type asked struct {
	*cardprocessingproto.ClearRequest
	refund, refundAuthorisation *cardprocessingproto.Named
}

// Reverse gives up an authorisation, in whole or in part. Repeating a follow-up with the same ids answers what happened
// the first time.
func (h *Handler) Reverse(req edge.Request) edge.Response {
	return follow(req, func(ctx context.Context, r asked) (*cardprocessingproto.ReverseResponse, error) {
		return h.processing.Reverse(ctx, &cardprocessingproto.ReverseRequest{
			Message: r.GetMessage(), Original: r.GetOriginal(), Amount: r.GetAmount(),
		})
	})
}

// Increment asks to hold more for an authorisation.
func (h *Handler) Increment(req edge.Request) edge.Response {
	return follow(req, func(ctx context.Context, r asked) (*cardprocessingproto.IncrementResponse, error) {
		return h.processing.Increment(ctx, &cardprocessingproto.IncrementRequest{
			Message: r.GetMessage(), Original: r.GetOriginal(), Amount: r.GetAmount(),
		})
	})
}

// Advise tells the final amount of an estimate.
func (h *Handler) Advise(req edge.Request) edge.Response {
	return follow(req, func(ctx context.Context, r asked) (*cardprocessingproto.AdviseResponse, error) {
		return h.processing.Advise(ctx, &cardprocessingproto.AdviseRequest{
			Message: r.GetMessage(), Original: r.GetOriginal(), Amount: r.GetAmount(),
		})
	})
}

// Clear collects, with or without an authorisation.
func (h *Handler) Clear(req edge.Request) edge.Response {
	return follow(req, func(ctx context.Context, r asked) (*cardprocessingproto.ClearResponse, error) {
		return h.processing.Clear(ctx, r.ClearRequest)
	})
}

// Refund sends money back, with or without a purchase.
func (h *Handler) Refund(req edge.Request) edge.Response {
	return follow(req, func(ctx context.Context, r asked) (*cardprocessingproto.RefundResponse, error) {
		return h.processing.Refund(ctx, &cardprocessingproto.RefundRequest{
			Message: r.GetMessage(), Original: r.GetOriginal(), Amount: r.GetAmount(), LocalAmount: r.GetLocalAmount(),
			Descriptor_: r.GetDescriptor_(), Mcc: r.GetMcc(), ConversionRate: r.GetConversionRate(),
			RefundAuthorisation: r.refundAuthorisation,
		})
	})
}

// AuthoriseRefund promises a refund, with or without a purchase.
func (h *Handler) AuthoriseRefund(req edge.Request) edge.Response {
	return follow(req, func(ctx context.Context, r asked) (*cardprocessingproto.AuthoriseRefundResponse, error) {
		return h.processing.AuthoriseRefund(ctx, &cardprocessingproto.AuthoriseRefundRequest{
			Message: r.GetMessage(), Original: r.GetOriginal(), Amount: r.GetAmount(), LocalAmount: r.GetLocalAmount(),
			Descriptor_: r.GetDescriptor_(), Mcc: r.GetMcc(), ConversionRate: r.GetConversionRate(),
		})
	})
}

// ReverseRefund takes a refund back, or ends one that was only promised.
func (h *Handler) ReverseRefund(req edge.Request) edge.Response {
	return follow(req, func(ctx context.Context, r asked) (*cardprocessingproto.ReverseRefundResponse, error) {
		return h.processing.ReverseRefund(ctx, &cardprocessingproto.ReverseRefundRequest{
			Message: r.GetMessage(), Original: r.GetOriginal(), Refund: r.refund,
			RefundAuthorisation: r.refundAuthorisation,
		})
	})
}

func follow[A following](req edge.Request, ask func(context.Context, asked) (A, error)) edge.Response {
	var sent followUp
	if err := req.Decode(&sent); err != nil {
		return edge.Error(err)
	}
	message, err := askedOf(sent)
	if err != nil {
		return edge.Error(err)
	}
	done, err := within.Deadline(req.Context(), func() (A, error) { return ask(req.Context(), message) })
	if err != nil {
		return edge.Error(err)
	}
	rsp := followed{
		Outcome: "done", DeclineReason: done.GetEvent().GetDeclineReason(),
		Payment: paymentOf(done.GetPayment()), Event: eventOf(done.GetEvent()),
		Balance: amountOf(done.GetEvent().GetBalance()), TraceID: trace.ID(req.Context()),
	}
	if rsp.DeclineReason != "" {
		rsp.Outcome = "declined"
	}
	return edge.OK(rsp)
}

func askedOf(sent followUp) (asked, error) {
	r := asked{ClearRequest: &cardprocessingproto.ClearRequest{
		Message: &cardprocessingproto.Message{
			ProcessorId: sent.ProcessorID, CardId: sent.CardID, CardNumber: sent.CardNumber.Reveal(),
		},
		Descriptor_: sent.Descriptor, Mcc: sent.MCC, MoreFollows: sent.MoreFollows,
		ConversionRate: sent.Rate,
	}}
	var err error
	if r.Amount, err = moneyOf("amount", sent.Amount); err != nil {
		return asked{}, err
	}
	if r.LocalAmount, err = moneyOf("local_amount", sent.LocalAmount); err != nil {
		return asked{}, err
	}
	if r.Message.Network, err = networkOf("network", sent.Network); err != nil {
		return asked{}, err
	}
	if r.refund, err = namedOf("refund", sent.Refund); err != nil {
		return asked{}, err
	}
	if r.refundAuthorisation, err = namedOf("refund_authorisation", sent.RefundAuthorisation); err != nil {
		return asked{}, err
	}
	if sent.Original != nil {
		r.Original = &cardprocessingproto.Original{
			AuthorisationId: sent.Original.AuthorisationID, ProcessorId: sent.Original.ProcessorID,
		}
		r.Original.Network, err = networkOf("original.network", sent.Original.Network)
	}
	return r, err
}

func namedOf(field string, sent *named) (*cardprocessingproto.Named, error) {
	if sent == nil {
		return nil, nil //nolint:nilnil // Nothing is named.
	}
	ids, err := networkOf(field+".network", sent.Network)
	return &cardprocessingproto.Named{ProcessorId: sent.ProcessorID, Network: ids}, err
}
