package handler

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/store/worklist"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
	"farthing/service.card-processing/storage"
)

// dueOf is an authorisation of the list of holds that expire, if money of it is held and none was collected; nil if
// not. Nothing is written for it.
func (h *Handler) dueOf(ctx context.Context, listed worklist.Item) (*cardprocessingproto.Payment, error) {
	account, hold, ok := strings.Cut(listed.Name, dueSeparator)
	if !ok {
		return nil, fmt.Errorf("%q names no hold", listed.Name)
	}
	p, found, err := h.payments.Find(ctx, hold)
	if err != nil {
		return nil, err
	}
	if found {
		return logic.DueOf(p.State), nil
	}
	settled, err := h.balance.SettleHold(ctx, &balanceproto.SettleHoldRequest{AccountId: account, HoldId: hold})
	if errs.Is(err, errs.NotFound) || err == nil && settled.GetTransactionId() == "" {
		return nil, nil //nolint:nilnil // It is not due.
	}
	if err != nil {
		return nil, err
	}
	t, err := h.transaction(ctx, settled.GetTransactionId())
	if err != nil {
		return nil, err
	}
	opened, _ := logic.Opening(&cardprocessingproto.Payment{
		Id: logic.AuthorisationID(hold), AccountId: account, HoldId: hold,
	}, settled, t)
	return logic.DueOf(opened), nil
}

const (
	dueMost = 200
	// dueHours is how many hours of the list one request looks at.
	dueHours = 100
)

// listDue is some of what merchants are still to collect, from an hour of their expiry on. Holds are listed a minute
// after they were made.
func (h *Handler) listDue(ctx context.Context, from string) (cardprocessingproto.DuePage, error) {
	now := h.clock.Now()
	hour, last := now.Add(-time.Hour), now.Add(logic.LongestTerm+time.Hour)
	if from != "" {
		millis, err := strconv.ParseInt(from, 10, 64)
		if err != nil {
			return cardprocessingproto.DuePage{}, errs.BadParam("after", "must be as the page before said")
		}
		hour = time.UnixMilli(millis)
	}
	page := cardprocessingproto.DuePage{Due: make([]cardprocessingproto.Due, 0)}
	hour = hour.Truncate(time.Hour)
	for n := 0; n < dueHours && len(page.Due) < dueMost && !hour.After(last); n++ {
		err := h.due.Each(ctx, hour, hour, func(ctx context.Context, listed worklist.Item) error {
			p, err := h.dueOf(ctx, listed)
			if err == nil && p != nil {
				page.Due = append(page.Due, dueView(p))
			}
			return err
		})
		if err != nil {
			return cardprocessingproto.DuePage{}, err
		}
		hour = hour.Add(time.Hour)
	}
	if !hour.After(last) {
		page.Next = strconv.FormatInt(hour.UnixMilli(), 10)
	}
	return page, nil
}

func dueView(p *cardprocessingproto.Payment) cardprocessingproto.Due {
	d := cardprocessingproto.Due{
		AuthorisationID: p.GetId(), CardID: p.GetCardId(), Descriptor: p.GetDescriptor_(), MCC: p.GetMcc(),
		Amount: cardprocessingproto.Amount{Minor: p.GetHeldMinor(), Currency: p.GetCurrency()},
		HeldAt: time.UnixMilli(p.GetHeldMs()).UTC(),
	}
	if p.GetHeldMinor() == p.GetAuthorisedMinor() && p.GetLocalAmount().GetMinor() > 0 {
		d.LocalAmount = cardprocessingproto.AmountOf(p.GetLocalAmount())
	}
	return d
}

// reconcile looks in some hours of the holds that expire for what a file does not have, and ends it after the last.
func (h *Handler) reconcile(ctx context.Context, c storage.Clearing) error {
	ends, err := logic.EndOf(c.State.GetBusinessDate())
	if err != nil {
		return err
	}
	now := h.clock.Now()
	hour, last := time.UnixMilli(c.State.GetReconciledMs()), ends.Add(logic.LongestTerm)
	if c.State.GetReconciledMs() == 0 { // What has expired since is missing no more.
		hour = time.UnixMilli(c.State.GetTakenMs()).Add(-time.Hour).Truncate(time.Hour)
	}
	missing := &cardprocessingproto.ClearingOutcome{}
	for n := 0; n < dueHours && len(missing.GetBreaks()) < dueMost && !hour.After(last); n++ {
		err := h.due.Each(ctx, hour, hour, func(ctx context.Context, listed worklist.Item) error {
			p, err := h.dueOf(ctx, listed)
			if err == nil && p != nil && p.GetHeldMs() < ends.UnixMilli() {
				missing.Breaks = append(missing.Breaks, logic.MissingOf(p))
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("looking for what is missing: %w", err)
		}
		hour = hour.Add(time.Hour)
	}
	next := proto.CloneOf(c.State)
	next.ReconciledMs, next.AdvancedMs = hour.UnixMilli(), now.UnixMilli()
	next.ReconciledPages++
	if hour.After(last) {
		next.State, next.DoneMs = doneWith, now.UnixMilli()
	}
	ours, err := h.clearings.Reconciled(ctx, c, next, missing)
	if err != nil || !ours {
		return err
	}
	h.metrics.reconciled(missing.GetBreaks())
	if next.GetState() != doneWith {
		return nil
	}
	return h.clearing.Remove(ctx, time.UnixMilli(next.GetTakenMs()), next.GetDigest())
}
