package handler

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	moneyproto "farthing/pkg/money/proto"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
	"farthing/service.card-processing/storage"
	transactionsproto "farthing/service.transactions/proto"
)

// subject is the payment that a message is about.
type subject struct {
	key     string // The hold's id, or what stands for it where nothing was held.
	account string // Empty if nobody knows whose it is.
	user    string // Empty if nobody says.
	card    string
	set     string // The card's control set.
	// Of the message, where no account says which.
	currency string
}

// outcome is what a message did.
type outcome struct {
	*cardprocessingproto.PaymentEvent
	fresh bool // It did so now: this is no repeat.
}

// recordTries are enough for everybody who may want something of one payment at once.
const recordTries = 16

// record carries a message into its payment, once: a repeat answers what it did the first time. What it is going to do
// is written down first, then done, then written down as done. From the first of these on, it will be done, whoever
// does it: an error is timeout.outcome_unknown.
func (h *Handler) record(
	ctx context.Context, who subject, said logic.Said,
) (*cardprocessingproto.Payment, outcome, error) {
	fresh := false
	for range recordTries {
		p, err := h.open(ctx, who)
		if err != nil {
			return nil, outcome{}, err
		}
		if p.State.GetPending() != nil {
			if err := h.finish(ctx, p); err != nil {
				return nil, outcome{}, unknown(err)
			}
			continue // Whoever wrote its end: it has one.
		}
		done, found, err := h.payments.FindEvent(ctx, who.key, said.MessageID)
		switch {
		case err != nil:
			return nil, outcome{}, err
		case found && !logic.SameContent(done, said):
			return nil, outcome{}, errs.New(errs.Conflict+".message", "This message was sent with another content")
		case found:
			return p.State, outcome{done, fresh}, nil
		}
		if err := logic.Admit(p.State, said); err != nil {
			return nil, outcome{}, err
		}
		if fresh, err = h.begin(ctx, p, said); err != nil {
			return nil, outcome{}, unknown(err)
		}
	}
	return nil, outcome{}, errs.New(errs.Unavailable+".payment", "The payment is busy")
}

// unknown is an error of which nobody knows what it leaves behind, but that it will be finished.
func unknown(err error) error {
	return errs.New(errs.OutcomeUnknown, "The outcome is not known; repeat the same message").Because(err)
}

// open is the payment as it is. One that nothing has followed yet is opened as its authorisation left it; if that never
// came, it never will.
func (h *Handler) open(ctx context.Context, who subject) (storage.Payment, error) {
	p, found, err := h.payments.Find(ctx, who.key)
	if err != nil || found {
		return p, err
	}
	opened, first, err := h.opening(ctx, who)
	if err != nil {
		return storage.Payment{}, err
	}
	if err := h.payments.Open(ctx, who.key, opened, first); err != nil {
		return storage.Payment{}, fmt.Errorf("opening a payment: %w", err)
	}
	p, found, err = h.payments.Find(ctx, who.key)
	if err == nil && !found {
		err = errs.New(errs.Internal, "a payment that was opened is not there")
	}
	return p, err
}

func (h *Handler) opening(
	ctx context.Context, who subject,
) (*cardprocessingproto.Payment, *cardprocessingproto.PaymentEvent, error) {
	state := &cardprocessingproto.Payment{
		Id: logic.AuthorisationID(who.key), AccountId: who.account, UserId: who.user, CardId: who.card, HoldId: who.key,
		ControlSetId: who.set,
	}
	if who.account == "" {
		opened, first := logic.Opening(state, &balanceproto.SettleHoldResponse{
			Amount: &moneyproto.Money{Currency: who.currency},
		}, nil)
		return opened, first, nil
	}
	hold, err := h.balance.SettleHold(ctx, &balanceproto.SettleHoldRequest{
		AccountId: who.account, HoldId: who.key, Reason: balanceproto.DeclineReason_DECLINE_REASON_REVERSED,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("settling the hold: %w", err)
	}
	var t *transactionsproto.Transaction
	if hold.GetTransactionId() != "" {
		if t, err = h.transaction(ctx, hold.GetTransactionId()); err != nil {
			return nil, nil, fmt.Errorf("getting the transaction: %w", err)
		}
	}
	opened, first := logic.Opening(state, hold, t)
	return opened, first, nil
}

// begin writes down what a message is going to do, and does it. It is false if somebody else changed the payment
// meanwhile.
func (h *Handler) begin(ctx context.Context, p storage.Payment, said logic.Said) (bool, error) {
	planned := logic.Plan(p.State, said, h.clock.Now())
	if err := h.unfinished.Add(ctx, time.UnixMilli(planned.GetAtMs()), p.Key); err != nil {
		return false, fmt.Errorf("listing a payment: %w", err)
	}
	if err := h.register(ctx, p.Key, planned); err != nil {
		return false, err
	}
	begun, ok, err := h.payments.Begin(ctx, p, planned)
	if err != nil || !ok {
		return false, err
	}
	return true, h.finish(ctx, begun)
}

// finish does what a payment's pending event says, all of it again if need be, and writes its end, unless somebody else
// did.
func (h *Handler) finish(ctx context.Context, p storage.Payment) error {
	before, done := p.State, proto.CloneOf(p.State.GetPending())
	if err := h.act(ctx, before, done); err != nil {
		return err
	}
	after := logic.After(before, done)
	for _, follow := range logic.Follow(before, after, done) {
		if _, err := h.transactions.Follow(ctx, follow); err != nil {
			return fmt.Errorf("following in the transaction: %w", err)
		}
	}
	if err := h.strikeOff(ctx, p.Key, after, done); err != nil {
		return err
	}
	p.State = after
	ended, err := h.payments.End(ctx, p, done)
	if err != nil || !ended {
		return err
	}
	h.metrics.followed(done)
	return h.unfinished.Remove(ctx, time.UnixMilli(done.GetAtMs()), p.Key)
}
