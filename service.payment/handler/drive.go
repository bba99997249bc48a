package handler

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/money"
	"farthing/pkg/store/worklist"
	accountproto "farthing/service.account/proto"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.payment/logic"
	paymentproto "farthing/service.payment/proto"
	"farthing/service.payment/storage"
)

type kept = storage.Kept[*paymentproto.Payment]

// schemeSilent is the code of a scheme that has not answered yet.
const schemeSilent = errs.Unavailable + ".scheme"

func (h *Handler) find(ctx context.Context, paymentID string) (kept, error) {
	if paymentID == "" {
		return kept{}, errs.MissingParam("payment_id")
	}
	found, ok, err := h.store.Payments.Find(ctx, paymentID)
	if err == nil && !ok {
		err = errs.Missing("payment")
	}
	return found, err
}

// drive takes a payment from state to state until it rests. What each step does is harmless to do again, and its state
// is written after it: whoever dies between is followed by the sweep.
func (h *Handler) drive(ctx context.Context, p kept) (kept, error) {
	for !logic.Rests(p.State.GetState()) {
		next := proto.CloneOf(p.State)
		if err := h.step(ctx, next); err != nil {
			return p, err
		}
		next.UpdatedMs = max(p.State.GetUpdatedMs(), h.clock.Now().UnixMilli())
		if !logic.Follows(next.GetDirection(), p.State.GetState(), next.GetState()) {
			return p, errs.Newf(errs.Internal, "%s cannot go from %s to %s", next.GetId(), p.State.GetState(), next.GetState())
		}
		changed, err := h.store.Payments.Change(ctx, p, next)
		if err != nil {
			return p, err
		}
		if p = changed; logic.Rests(p.State.GetState()) {
			h.payments.WithLabelValues(short(p.State.GetDirection().String()), short(p.State.GetState().String())).Inc()
		}
	}
	// The list has it under the hour in which it was written down; returns are listed under that of their coming back.
	return p, h.store.Unfinished.Remove(ctx, time.UnixMilli(p.State.GetCreatedMs()), p.State.GetId())
}

// short is an enum's value in a word: "out", "settled".
func short(name string) string {
	_, word, _ := strings.Cut(name, "_")
	return strings.ToLower(word)
}

func (h *Handler) step(ctx context.Context, p *paymentproto.Payment) error {
	switch p.GetState() {
	case paymentproto.State_STATE_ACCEPTED:
		return h.take(ctx, p)
	case paymentproto.State_STATE_SENT:
		return h.hand(ctx, p)
	case paymentproto.State_STATE_REFUSING:
		return h.giveBack(ctx, p)
	case paymentproto.State_STATE_RETURNING:
		return h.bringBack(ctx, p)
	default:
		return errs.Newf(errs.Internal, "%s rests", p.GetId())
	}
}

// take moves the money of a payment that was accepted.
func (h *Handler) take(ctx context.Context, p *paymentproto.Payment) error {
	from, to := accountSide(p.GetAccountId()), ownSide(balanceproto.OwnAccount_OWN_ACCOUNT_PAYMENT_SCHEME)
	next := paymentproto.State_STATE_SENT
	switch p.GetDirection() {
	case paymentproto.Direction_DIRECTION_IN:
		from, to, next = ownSide(balanceproto.OwnAccount_OWN_ACCOUNT_NOSTRO), credited(p), paymentproto.State_STATE_SETTLED
	case paymentproto.Direction_DIRECTION_WITHIN:
		to, next = accountSide(p.GetOtherAccountId()), paymentproto.State_STATE_SETTLED
	default:
	}
	moved, err := h.transfer(ctx, p, logic.Take, from, to)
	if err != nil {
		return err
	}
	if moved.GetOutcome() == balanceproto.Outcome_OUTCOME_DECLINED {
		p.State, p.Reason = paymentproto.State_STATE_DECLINED, "insufficient_funds"
		return nil
	}
	if !p.GetSuspense() {
		p.TransactionId = logic.TransactionID(p, p.GetAccountId())
	}
	p.State = next
	return h.recordTaken(ctx, p, moved)
}

// hand gives a payment to the scheme, and settles it or has it refused.
func (h *Handler) hand(ctx context.Context, p *paymentproto.Payment) error {
	sent, err := h.scheme.Send(ctx, logic.Instruction{
		ID: p.GetId(), To: logic.PartyOf(p.GetParty()), Reference: p.GetReference(),
		Amount:     money.Amount{Minor: p.GetAmount().GetMinor(), Currency: p.GetAmount().GetCurrency()},
		AcceptedAt: time.UnixMilli(p.GetCreatedMs()).UTC(),
	}, h.clock.Now())
	if err != nil {
		return errs.New(schemeSilent, "The scheme has not answered yet").Because(err)
	}
	if sent.Refused != "" {
		p.State, p.Reason = paymentproto.State_STATE_REFUSING, sent.Refused
		return h.chooseCredit(ctx, p)
	}
	if !sent.ReturnAt.IsZero() { // Listed before it is settled, so that it is not forgotten.
		p.ReturnMs = sent.ReturnAt.UnixMilli()
		if err := h.store.Returns.Add(ctx, h.fromNow(sent.ReturnAt), p.GetId()); err != nil {
			return err
		}
	}
	_, err = h.transfer(ctx, p, logic.Settle, ownSide(balanceproto.OwnAccount_OWN_ACCOUNT_PAYMENT_SCHEME),
		ownSide(balanceproto.OwnAccount_OWN_ACCOUNT_NOSTRO))
	if err != nil {
		return err
	}
	p.State = paymentproto.State_STATE_SETTLED
	return h.recordSettled(ctx, p)
}

// giveBack moves the money of a payment that was refused back.
func (h *Handler) giveBack(ctx context.Context, p *paymentproto.Payment) error {
	moved, err := h.transfer(ctx, p, logic.Refuse, ownSide(balanceproto.OwnAccount_OWN_ACCOUNT_PAYMENT_SCHEME),
		credited(p))
	if err != nil {
		return err
	}
	p.State = paymentproto.State_STATE_REFUSED
	return h.recordRefused(ctx, p, moved)
}

// bringBack moves the money of a payment that has come back.
func (h *Handler) bringBack(ctx context.Context, p *paymentproto.Payment) error {
	moved, err := h.transfer(ctx, p, logic.Return, ownSide(balanceproto.OwnAccount_OWN_ACCOUNT_NOSTRO), credited(p))
	if err != nil {
		return err
	}
	p.State = paymentproto.State_STATE_RETURNED
	return h.recordReturned(ctx, p, moved)
}

// chooseCredit decides, once, where money that comes back goes.
func (h *Handler) chooseCredit(ctx context.Context, p *paymentproto.Payment) error {
	account, err := h.accounts.Get(ctx, &accountproto.GetRequest{AccountId: p.GetAccountId()})
	p.Suspense = account.GetAccount().GetClosed()
	return err
}

// credited is where money that comes in or back goes: a closed account's to suspense.
func credited(p *paymentproto.Payment) *balanceproto.Place {
	if p.GetSuspense() {
		return ownSide(balanceproto.OwnAccount_OWN_ACCOUNT_SUSPENSE)
	}
	return accountSide(p.GetAccountId())
}

func (h *Handler) transfer(
	ctx context.Context, p *paymentproto.Payment, step logic.Step, from, to *balanceproto.Place,
) (*balanceproto.TransferResponse, error) {
	moved, err := h.balance.Transfer(ctx, &balanceproto.TransferRequest{
		From: from, To: to, Amount: p.GetAmount(), DedupeId: logic.TransferID(p, step),
		Spending: p.GetUserId() != p.GetOtherUserId(),
	})
	if err != nil {
		return nil, fmt.Errorf("moving money to %s %s: %w", step, p.GetId(), err)
	}
	return moved, nil
}

func accountSide(account string) *balanceproto.Place {
	return &balanceproto.Place{AccountId: account}
}

func ownSide(own balanceproto.OwnAccount) *balanceproto.Place {
	return &balanceproto.Place{Own: own}
}

const (
	// leftBehind is longer than a payment is driven by whoever began it.
	leftBehind = 30 * time.Second
	// inFlight is longer than anything takes between its line on the list and its beginning.
	inFlight = 2 * time.Hour
)

// finishLate drives a payment on that was left behind, or that the scheme has not answered yet.
func (h *Handler) finishLate(ctx context.Context, item worklist.Item) error {
	p, found, err := h.store.Payments.Find(ctx, item.Name)
	if err != nil {
		return err
	}
	now, state := h.clock.Now(), p.State.GetState()
	// What is not there may be yet to be written, and what is settled to be taken back.
	mayBegin := !found || state == paymentproto.State_STATE_SETTLED
	if mayBegin && now.Sub(item.Hour) < inFlight ||
		found && !logic.Rests(state) && now.Sub(time.UnixMilli(p.State.GetUpdatedMs())) < leftBehind {
		return nil // Whoever began it is still at it.
	}
	if found {
		_, err = h.drive(ctx, p)
	}
	if errs.Is(err, schemeSilent) {
		return h.later(ctx, h.store.Unfinished, item, now)
	}
	if err != nil {
		return err
	}
	return h.store.Unfinished.Remove(ctx, item.Hour, item.Name)
}

// later lists an item under another time, if that is another hour.
func (h *Handler) later(ctx context.Context, list *worklist.List, item worklist.Item, at time.Time) error {
	if at.UTC().Truncate(time.Hour).Equal(item.Hour.UTC()) {
		return nil
	}
	if err := list.Add(ctx, at, item.Name); err != nil {
		return err
	}
	return list.Remove(ctx, item.Hour, item.Name)
}

// Return takes back a payment that was settled. A repeat answers the payment as it is.
func (h *Handler) Return(ctx context.Context, req *paymentproto.ReturnRequest) (*paymentproto.ReturnResponse, error) {
	if req.GetReason() == "" {
		return nil, errs.MissingParam("reason")
	}
	p, err := h.find(ctx, req.GetPaymentId())
	if err != nil {
		return nil, err
	}
	p, err = h.takeBack(ctx, p, req.GetReason())
	return &paymentproto.ReturnResponse{Payment: p.State}, err
}

func (h *Handler) takeBack(ctx context.Context, p kept, reason string) (kept, error) {
	switch state := p.State.GetState(); {
	case state == paymentproto.State_STATE_RETURNED:
		return p, nil
	case state == paymentproto.State_STATE_RETURNING:
		return h.drive(ctx, p)
	case !logic.Follows(p.State.GetDirection(), state, paymentproto.State_STATE_RETURNING):
		return p, errs.New(errs.PreconditionFailed+".payment", "Only a payment out that was settled can come back")
	}
	next := proto.CloneOf(p.State)
	next.State, next.Reason, next.UpdatedMs = paymentproto.State_STATE_RETURNING, reason, h.clock.Now().UnixMilli()
	if err := h.chooseCredit(ctx, next); err != nil {
		return p, err
	}
	if err := h.store.Unfinished.Add(ctx, h.clock.Now(), next.GetId()); err != nil {
		return p, err
	}
	p, err := h.store.Payments.Change(ctx, p, next)
	if err != nil {
		return p, err
	}
	return h.drive(ctx, p)
}

// comeBack takes a payment back whose time has come.
func (h *Handler) comeBack(ctx context.Context, item worklist.Item) error {
	p, found, err := h.store.Payments.Find(ctx, item.Name)
	if err != nil {
		return err
	}
	switch due := time.UnixMilli(p.State.GetReturnMs()); {
	case !found, logic.Rests(p.State.GetState()) && p.State.GetState() != paymentproto.State_STATE_SETTLED:
	case p.State.GetReturnMs() == 0 || due.After(h.clock.Now()):
		return nil // Not settled yet, or later this hour.
	default:
		if _, err := h.takeBack(ctx, p, "account_closed"); err != nil {
			return err
		}
	}
	return h.store.Returns.Remove(ctx, item.Hour, item.Name)
}
