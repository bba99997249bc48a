// Package issuer answers ISO 8583 messages: what each asks of service.card-processing, and with which code the card
// network is answered. It has no rules and no state of its own; docs/card-edge.md has the tables.
package issuer

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/trace"
	"farthing/service.card-api/iso8583"
	"farthing/service.card-api/within"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// Issuer answers for the cards of this bank.
type Issuer struct {
	Processing cardprocessingproto.CardProcessingClient
	Clock      clock.Clock   // Business time: a network's dates have no year.
	Within     time.Duration // Every message is answered by then.
	Tracer     *trace.Tracer
	Log        *slog.Logger
}

// result is what became of a message.
type result struct {
	declined        string // Why, as service.card-processing says it; "" if it was not.
	authorisationID string
	transactionID   string
	// Of an authorisation that was approved in part: what was asked for, what was approved, and what is left; of a balance
	// inquiry what can be spent, and what is posted.
	asked, approved, balance, posted *moneyproto.Money
	// What was approved of cash beside a purchase, nil for none; and whether the purchase was approved without it.
	cashback    *moneyproto.Money
	cashRefused bool
	stoodIn     bool // A policy has approved it, and it is not in the ledger yet.
}

// refusal is a message that is answered with a code and nothing done.
type refusal struct{ code string }

// Error is the code.
func (r *refusal) Error() string { return "refused with response code " + r.code }

// Answer answers a message. A repeat of it answers what happened the first time.
func (i *Issuer) Answer(ctx context.Context, m iso8583.Message) iso8583.Message {
	ctx, cancel := context.WithTimeout(ctx, i.Within)
	defer cancel()
	ctx, span := trace.Start(ctx, i.Tracer, "ISO 8583 "+m.MTI, trace.Server)
	done, err := within.Deadline(ctx, func() (result, error) { return i.carryOut(ctx, m) })
	span.End(serious(err))
	if err == nil {
		return compose(m, done, trace.ID(ctx))
	}
	return i.refuse(ctx, m, err)
}

// carryOut does what a message asks for. The last digit of its type only says who repeats.
func (i *Issuer) carryOut(ctx context.Context, m iso8583.Message) (result, error) {
	switch m.MTI[:len(m.MTI)-1] {
	case "010":
		return i.authorise(ctx, m)
	case "012":
		return i.advise(ctx, m)
	case "020":
		return i.present(ctx, m, false)
	case "022":
		return i.present(ctx, m, true)
	case "040", "042":
		return i.reverse(ctx, m)
	case "080":
		return i.manage(m)
	}
	return result{}, &refusal{iso8583.NotSupported}
}

// Network management codes of element 70.
const (
	signOn  = "001"
	signOff = "002"
	echo    = "301"
)

// manage answers what is about the line and no card. Signing on and off changes nothing: who is connected is served.
func (i *Issuer) manage(m iso8583.Message) (result, error) {
	switch m.Get(iso8583.NetworkManagement) {
	case signOn, signOff, echo:
		return result{}, nil
	case "":
		return result{}, missing(iso8583.NetworkManagement)
	}
	return result{}, &refusal{iso8583.NotSupported}
}

// serious is an error that is not the peer's own fault.
func serious(err error) error {
	if _, refused := errors.AsType[*refusal](err); refused {
		return nil
	}
	if fault, malformed := errors.AsType[*iso8583.FormatError](err); malformed {
		return errs.BadParam("message", fault.Error())
	}
	return err
}

// refuse is the answer to a message that was not carried out, or of which nobody knows. What is ours is logged.
func (i *Issuer) refuse(ctx context.Context, m iso8583.Message, err error) iso8583.Message {
	if refused, ok := errors.AsType[*refusal](err); ok {
		reply, _ := m.Reply(refused.code)
		return reply
	}
	if fault, ok := errors.AsType[*iso8583.FormatError](err); ok {
		reply, _ := m.Refuse(fault)
		return reply
	}
	coded := errs.Of(err)
	if coded.Class() == errs.BadRequest {
		reply, _ := m.Refuse(faultOf(m, coded))
		return reply
	}
	code := codeOf(coded)
	if code == iso8583.SystemMalfunction || code == iso8583.IssuerInoperative {
		level := slog.LevelError
		if code == iso8583.IssuerInoperative {
			level = slog.LevelWarn
		}
		i.Log.Log(ctx, level, "request failed", "door", "iso8583", "message", m, "trace_id", trace.ID(ctx),
			"code", coded.Code, "error", trace.Safe(err.Error()))
	}
	reply, _ := m.Reply(code)
	return reply
}
