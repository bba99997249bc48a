package handler

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/store/worklist"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
	"farthing/service.card-processing/storage"
)

// register lists what an event that is yet to begin brings for operators to look at.
func (h *Handler) register(ctx context.Context, key string, e *cardprocessingproto.PaymentEvent) error {
	if e.GetKind() == logic.Disputed {
		if err := h.disputes.Open(ctx, storage.Registered{ID: e.GetDispute().GetDisputeId(), Payment: key}); err != nil {
			return fmt.Errorf("listing a dispute: %w", err)
		}
	}
	if e.GetUnmatched() == nil {
		return nil
	}
	if err := h.unmatched.Open(ctx, storage.Registered{ID: e.GetUnmatched().GetId(), Payment: key}); err != nil {
		return fmt.Errorf("listing what is unmatched: %w", err)
	}
	return nil
}

// strikeOff moves what an event ends to the list of what is done.
func (h *Handler) strikeOff(
	ctx context.Context, key string, after *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent,
) error {
	if e.GetKind() == logic.Won || e.GetKind() == logic.Lost {
		return h.disputes.Close(ctx, storage.Registered{ID: e.GetDispute().GetDisputeId(), Payment: key})
	}
	u := logic.FindUnmatched(after, e.GetResolution().GetUnmatchedId())
	if u.GetState() != logic.StateResolved {
		return nil
	}
	if err := h.unmatched.Close(ctx, storage.Registered{ID: u.GetId(), Payment: key}); err != nil {
		return fmt.Errorf("striking off what was unmatched: %w", err)
	}
	return nil
}

// item is something unmatched, and the payment that it is kept with.
type item struct {
	*cardprocessingproto.Unmatched
	payment storage.Payment
}

func (h *Handler) item(ctx context.Context, unmatchedID string) (item, error) {
	if err := id.Check("id", logic.UnmatchedPrefix, unmatchedID); err != nil {
		return item{}, err
	}
	key, found, err := h.unmatched.Find(ctx, unmatchedID)
	if err != nil {
		return item{}, err
	}
	if !found {
		return item{}, errs.Missing("unmatched")
	}
	return h.itemOf(ctx, storage.Registered{ID: unmatchedID, Payment: key})
}

// itemOf is what a line of the register stands for: not_found.unmatched for one that was never begun.
func (h *Handler) itemOf(ctx context.Context, r storage.Registered) (item, error) {
	p, found, err := h.payments.Find(ctx, r.Payment)
	if err != nil {
		return item{}, err
	}
	u := logic.FindUnmatched(p.State, r.ID)
	if !found || u == nil {
		return item{}, errs.Missing("unmatched")
	}
	return item{u, p}, nil
}

// Unmatched lists what is unmatched, or was, the newest first.
func (h *Handler) listUnmatched(
	ctx context.Context, resolved bool, before string, limit int,
) ([]cardprocessingproto.UnmatchedView, error) {
	list := storage.ListOpen
	if resolved {
		list = storage.ListClosed
	}
	registered, err := h.unmatched.List(ctx, list, before, limit, h.clock.Now())
	if err != nil {
		return nil, err
	}
	views := make([]cardprocessingproto.UnmatchedView, 0, len(registered))
	for _, r := range registered {
		found, err := h.itemOf(ctx, r)
		if errs.Is(err, errs.NotFound) {
			continue // Listed, and never begun.
		}
		if err != nil {
			return nil, err
		}
		if (found.GetState() == logic.StateResolved) == resolved {
			views = append(views, viewOf(found))
		}
	}
	return views, nil
}

func viewOf(i item) cardprocessingproto.UnmatchedView {
	return cardprocessingproto.UnmatchedViewOf(i.Unmatched, i.payment.State)
}

// resolve decides what becomes of something unmatched, once: a repeat answers what it came to, another decision is
// conflict.message. From its first write on it will be done, whoever does it.
func (h *Handler) resolve(
	ctx context.Context, unmatchedID string, d cardprocessingproto.Decision,
) (cardprocessingproto.UnmatchedView, error) {
	var none cardprocessingproto.UnmatchedView
	kind, err := logic.CheckDecision(d)
	if err != nil {
		return none, err
	}
	found, err := h.item(ctx, unmatchedID)
	if err != nil {
		return none, err
	}
	resolution := &cardprocessingproto.Resolution{UnmatchedId: unmatchedID, Kind: kind, By: d.By, Note: d.Note}
	if resolution.To, err = h.target(ctx, found, kind, d); err != nil {
		return none, err
	}
	if resolution.GetTo() != nil {
		if err := h.resolving.Add(ctx, h.clock.Now(), resolvingItem(found)); err != nil {
			return none, err
		}
	}
	if _, _, err := h.record(ctx, holder(found.payment), logic.Said{
		Kind: logic.Resolution, MessageID: "resolution/" + unmatchedID, Resolution: resolution,
	}); err != nil {
		return none, err
	}
	if err := h.carry(ctx, unmatchedID); err != nil {
		return none, unknown(err)
	}
	found, err = h.item(ctx, unmatchedID)
	return viewOf(found), err
}

// holder is the subject of a payment that is there.
func holder(p storage.Payment) subject {
	return subject{
		key: p.Key, account: p.State.GetAccountId(), user: p.State.GetUserId(), card: p.State.GetCardId(),
		set: p.State.GetControlSetId(), currency: p.State.GetCurrency(),
	}
}

// target is the payment that something unmatched is to go to; nil if it stays where it is, or goes back.
func (h *Handler) target(
	ctx context.Context, found item, kind cardprocessingproto.ResolutionKind, d cardprocessingproto.Decision,
) (*cardprocessingproto.Target, error) {
	switch {
	case kind == logic.Attached:
		return h.attached(ctx, found, d)
	case kind == logic.Accepted && found.GetSuspended() && found.GetDoubt().GetReason() != logic.Duplicate:
		return h.accepted(ctx, found, d.CardID)
	case d.CardID != "":
		return nil, errs.BadParam("card_id", "is for what is accepted of a card that was nobody's")
	}
	return nil, nil //nolint:nilnil // It needs none.
}

// attached is a payment that is there already.
func (h *Handler) attached(
	ctx context.Context, found item, d cardprocessingproto.Decision,
) (*cardprocessingproto.Target, error) {
	who, err := h.named(ctx, &cardprocessingproto.GetPaymentRequest{
		TransactionId: d.TransactionID, AuthorisationId: d.AuthorisationID, CardId: d.CardID,
	})
	if err != nil {
		return nil, err
	}
	if err := h.openMade(ctx, who); err != nil {
		return nil, err
	}
	p, exists, err := h.payments.Find(ctx, who.key)
	switch {
	case err != nil:
		return nil, err
	case !exists:
		return nil, errs.Missing("payment")
	case p.Key == found.payment.Key:
		return nil, errs.BadParam("transaction_id", "is of the payment that it went to: accept it there")
	case p.State.GetAccountId() == "":
		return nil, errs.BadParam("authorisation_id", "is itself of a card that is nobody's")
	case p.State.GetCurrency() != found.GetAmount().GetCurrency():
		return nil, wrongCurrency(found)
	}
	s := p.State
	return &cardprocessingproto.Target{
		HoldId: p.Key, AccountId: s.GetAccountId(), UserId: s.GetUserId(), CardId: s.GetCardId(),
		ControlSetId: s.GetControlSetId(),
	}, nil
}

func wrongCurrency(found item) error {
	return errs.Newf(errs.PreconditionFailed+".currency", "It is of %s, and the account is not",
		found.GetAmount().GetCurrency())
}

// accepted is a payment of its own, of the card that turned out to be meant.
func (h *Handler) accepted(ctx context.Context, found item, cardID string) (*cardprocessingproto.Target, error) {
	if cardID == "" {
		return nil, errs.MissingParam("card_id")
	}
	card, err := h.identify(ctx, "", cardID)
	if err != nil {
		return nil, err
	}
	if card == nil {
		return nil, errs.Missing("card")
	}
	has, err := h.balance.GetBalance(ctx, &balanceproto.GetBalanceRequest{AccountId: card.GetAccountId()})
	if err != nil {
		return nil, fmt.Errorf("getting the account's currency: %w", err)
	}
	if has.GetPosted().GetCurrency() != found.GetAmount().GetCurrency() {
		return nil, wrongCurrency(found)
	}
	return &cardprocessingproto.Target{
		HoldId:    id.Derived(logic.HoldPrefix, time.UnixMilli(found.GetAtMs()), "accepted/"+found.GetId()),
		AccountId: card.GetAccountId(), UserId: card.GetUserId(), CardId: card.GetId(), ControlSetId: card.GetControlSetId(),
	}, nil
}

// carry takes what was decided to go to another payment there, and corrects the one that it had gone to. Each of the
// two is a message that counts once.
func (h *Handler) carry(ctx context.Context, unmatchedID string) error {
	found, err := h.item(ctx, unmatchedID)
	if err != nil || found.GetState() != logic.StateResolving {
		return err
	}
	kind, to := logic.Clearing, found.GetResolution().GetTo()
	if found.GetRefund() {
		kind = logic.Refund
	}
	who := subject{
		key: to.GetHoldId(), account: to.GetAccountId(), user: to.GetUserId(), card: to.GetCardId(),
		set: to.GetControlSetId(), currency: found.GetAmount().GetCurrency(),
	}
	if _, _, err := h.record(ctx, who, logic.Said{
		Kind: kind, MessageID: "resolved/" + unmatchedID, Minor: found.GetAmount().GetMinor(), Decided: true,
		Local: found.GetLocalAmount(), Descriptor: found.GetDescriptor_(), MCC: found.GetMcc(),
		Currency: found.GetAmount().GetCurrency(), CardID: to.GetCardId(),
	}); err != nil {
		return fmt.Errorf("attaching: %w", err)
	}
	if _, _, err := h.record(ctx, holder(found.payment), logic.Said{
		Kind: logic.Correction, MessageID: "correction/" + unmatchedID, Resolution: proto.CloneOf(found.GetResolution()),
	}); err != nil {
		return fmt.Errorf("correcting: %w", err)
	}
	return h.resolving.Remove(ctx, time.UnixMilli(found.GetResolution().GetAtMs()), resolvingItem(found))
}

// resolvingItem names something unmatched on the list of what is on its way.
func resolvingItem(found item) string { return found.payment.Key + dueSeparator + found.GetId() }

// carryLate carries what was left behind on its way to another payment.
func (h *Handler) carryLate(ctx context.Context, listed worklist.Item) error {
	_, unmatchedID, ok := strings.Cut(listed.Name, dueSeparator)
	if !ok {
		return fmt.Errorf("%q names nothing unmatched", listed.Name)
	}
	found, err := h.item(ctx, unmatchedID)
	if err != nil {
		return err
	}
	now := h.clock.Now()
	switch {
	case found.payment.State.GetPending() != nil: // It may be decided, and that be yet to be finished.
		return worklist.ErrStays
	case found.GetState() == logic.StateResolving && now.Sub(
		time.UnixMilli(found.GetResolution().GetAtMs())) < unansweredAfter:
		return nil // Whoever decided it is still at it.
	case found.GetState() == logic.StateResolving:
		return h.carry(ctx, unmatchedID)
	case now.Sub(listed.Hour) > inFlight: // Nobody is going to decide it any more, or it is done.
		return h.resolving.Remove(ctx, listed.Hour, listed.Name)
	}
	return nil
}
