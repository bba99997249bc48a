package handler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/day"
	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	"farthing/pkg/store/worklist"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
	"farthing/service.card-processing/storage"
	cardsproto "farthing/service.cards/proto"
)

// standInTakes is the time that is left for standing in when the ledger has not answered.
const standInTakes = 300 * time.Millisecond

// Config is the policy by which payments are decided that the ledger cannot decide in time.
type Config struct {
	// StandInMinor is the most that is approved so, in StandInCurrency; below zero is nothing.
	StandInMinor    int    `setting:"CARD_PROCESSING_STAND_IN_MINOR"`
	StandInCurrency string `setting:"CARD_PROCESSING_STAND_IN_CURRENCY"`
}

// usualStandIn is a lunch.
const usualStandIn = 20_00

func policyOf(env *foundation.Env) (logic.StandIn, error) {
	c := Config{StandInMinor: usualStandIn, StandInCurrency: "GBP"}
	if err := env.Config(&c); err != nil {
		return logic.StandIn{}, err
	}
	return logic.StandIn{Minor: max(int64(c.StandInMinor), 0), Currency: c.StandInCurrency}, nil
}

// decideInTime decides a payment, by the ledger if that answers, and else by the policy. A decline by the ledger is the
// answer only if nobody was told otherwise meanwhile.
func (h *Handler) decideInTime(
	ctx context.Context, holdID string, req *cardprocessingproto.AuthoriseRequest, card *cardsproto.Card,
) (*cardprocessingproto.AuthoriseResponse, error) {
	h.flights.begin(holdID)
	defer h.flights.end(holdID)
	asked := h.clock.Now()
	rsp, err := h.ask(ctx, holdID, req, card)
	if err == nil && rsp.GetApproved() && !h.flights.tell(holdID) {
		rsp, err = h.ask(ctx, holdID, req, card) // A repeat: from now on the ledger lets nobody take it back.
	}
	switch {
	case card == nil:
		return rsp, err
	case err != nil:
		return h.standIn(ctx, holdID, req, card, asked, err)
	case rsp.GetApproved() || h.policy.Minor == 0:
		return rsp, nil
	}
	stood, found, err := h.standIns.Find(ctx, card.GetId(), holdID)
	if err != nil {
		return nil, err
	}
	if !found {
		return rsp, nil
	}
	return h.stoodIn(stood), nil
}

// ask asks the ledger, and leaves time to stand in for it.
func (h *Handler) ask(
	ctx context.Context, holdID string, req *cardprocessingproto.AuthoriseRequest, card *cardsproto.Card,
) (*cardprocessingproto.AuthoriseResponse, error) {
	within, cancel := leaving(ctx, standInTakes)
	defer cancel()
	return h.decide(within, holdID, req, card)
}

// leaving is a context that ends so long before another one, unless that has no end.
func leaving(ctx context.Context, left time.Duration) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-left))
}

// standIn decides in the ledger's place, which failed. What the policy does not approve fails as the ledger did; if it
// is not known what the ledger will do, whatever that is will be given back.
func (h *Handler) standIn(
	ctx context.Context, holdID string, req *cardprocessingproto.AuthoriseRequest, card *cardsproto.Card,
	asked time.Time, failure error,
) (*cardprocessingproto.AuthoriseResponse, error) {
	if !errs.Is(failure, errs.Timeout) && !errs.Is(failure, errs.Unavailable) {
		return nil, failure
	}
	now, doubtful := h.clock.Now(), errs.Is(failure, errs.Timeout)
	_, refusal := logic.Control(card, logic.UseOf(req), now)
	if !req.GetAdvice() && h.policy.Approves(req, refusal) {
		stood, err := h.approve(ctx, storage.StandIn{
			CardID: card.GetId(), Day: day.Of(now, h.london), HoldID: holdID, Request: req, At: now,
		})
		switch {
		case errs.Is(err, errs.Timeout): // It may be posted: whatever the ledger said, nobody knows.
			failure = errors.Join(err, failure)
		case err != nil:
			failure = errors.Join(failure, err)
		case stood.HoldID == holdID:
			return h.stoodIn(stood), nil
		}
	}
	if doubtful && h.flights.doubt(holdID) {
		failure = errors.Join(failure, h.doubt(ctx, card.GetAccountId(), holdID, asked))
	}
	return nil, failure
}

// approve stands in for a card's payment of the day, which is listed first: from then on it will be posted. A failure
// after that is timeout.outcome_unknown.
func (h *Handler) approve(ctx context.Context, wanted storage.StandIn) (storage.StandIn, error) {
	name := wanted.CardID + dueSeparator + strconv.FormatInt(int64(wanted.Day), 10)
	if err := h.unposted.Add(ctx, wanted.At, name); err != nil {
		return storage.StandIn{}, err
	}
	stood, err := h.standIns.Decide(ctx, wanted)
	if err != nil {
		return storage.StandIn{}, err
	}
	if stood.HoldID == wanted.HoldID {
		h.metrics.stoodIn.Inc()
		if err := h.standIns.Log(ctx, stood); err != nil {
			return stood, unknown(err)
		}
	}
	return stood, nil
}

func (h *Handler) stoodIn(s storage.StandIn) *cardprocessingproto.AuthoriseResponse {
	return &cardprocessingproto.AuthoriseResponse{Approved: true, Amount: s.Request.GetAmount(), StoodIn: true}
}

// postStandIn posts a payment that was stood in for, now that the ledger is back, whatever there is and whatever the
// card may: it was approved. The hold's own id is asked for first. If that is there, approved, there is nothing to
// post; if not, it is forced now; and if it was declined, or fenced, it is forced under an id derived from it.
func (h *Handler) postStandIn(ctx context.Context, item worklist.Item) error {
	card, number, _ := strings.Cut(item.Name, dueSeparator)
	on, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return fmt.Errorf("%q names no day of a card: %w", item.Name, err)
	}
	stood, found, err := h.standIns.On(ctx, card, day.Day(on))
	if err != nil {
		return err
	}
	if !found && h.clock.Now().Sub(item.Hour) < inFlight {
		return nil // It may be yet to be approved.
	}
	if found && stood.PostedAs == "" {
		if _, err := h.postAs(ctx, stood); err != nil {
			return err
		}
	}
	return h.unposted.Remove(ctx, item.Hour, item.Name)
}

// postAs answers under which hold a payment that was stood in for is in the ledger, and sees to it that it is.
func (h *Handler) postAs(ctx context.Context, stood storage.StandIn) (string, error) {
	card, err := h.identify(ctx, "", stood.CardID)
	if err != nil {
		return "", err
	}
	request := proto.CloneOf(stood.Request)
	request.Advice, request.AcceptPartial = true, false
	derived, err := logic.AdviceHold(stood.HoldID)
	if err != nil {
		return "", err
	}
	for _, hold := range []string{stood.HoldID, derived} {
		rsp, err := h.decide(ctx, hold, request, card)
		if err != nil {
			return "", fmt.Errorf("posting what was stood in for: %w", err)
		}
		if rsp.GetApproved() {
			stood.PostedAs = hold
			return hold, h.standIns.Posted(ctx, stood)
		}
	}
	return "", errs.New(errs.Internal, "a forced hold was declined")
}

// standing is the hold that stands for an authorisation of a card: its own, unless it was stood in for and the ledger
// had to take another one.
func (h *Handler) standing(ctx context.Context, cardID, holdID string) (string, error) {
	stood, found, err := h.standIns.Find(ctx, cardID, holdID)
	switch {
	case err != nil:
		return "", err
	case !found:
		return holdID, nil
	case stood.PostedAs != "":
		return stood.PostedAs, nil
	}
	return h.postAs(ctx, stood)
}

// daysMax is how far back operators can look.
const daysMax = 31

// showStandIns is the policy, and what was stood in for on so many days, today among them, the newest first.
func (h *Handler) showStandIns(ctx context.Context, days string) (cardprocessingproto.StandIns, error) {
	shown := cardprocessingproto.StandIns{Rules: h.policy.Rules(), StandIns: []cardprocessingproto.StandInView{}}
	count, err := strconv.Atoi(cmp.Or(days, "7"))
	if err != nil || count < 1 || count > daysMax {
		return shown, errs.BadParam("days", "must be a whole number from 1 to "+strconv.Itoa(daysMax))
	}
	for back := range count {
		found, err := h.standIns.OnDay(ctx, day.Of(h.clock.Now().AddDate(0, 0, -back), h.london))
		if err != nil {
			return shown, err
		}
		for _, stood := range found {
			shown.StandIns = append(shown.StandIns, standInViewOf(stood))
		}
	}
	return shown, nil
}

func standInViewOf(s storage.StandIn) cardprocessingproto.StandInView {
	view := cardprocessingproto.StandInView{
		AuthorisationID: logic.AuthorisationID(s.HoldID), CardID: s.CardID, At: s.At,
		Amount: s.Request.GetAmount().GetMinor(), Currency: s.Request.GetAmount().GetCurrency(),
	}
	if s.PostedAs != "" {
		view.PostedAs = logic.AuthorisationID(s.PostedAs)
	}
	return view
}
