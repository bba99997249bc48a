package handler

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
)

// GetBalanceAt is what an account had at a past time, from its entries.
func (h *Handler) GetBalanceAt(
	ctx context.Context, req *balanceproto.GetBalanceAtRequest,
) (*balanceproto.GetBalanceAtResponse, error) {
	at := time.UnixMilli(req.GetAtMs()).UTC()
	switch {
	case req.GetAccountId() == "":
		return nil, errs.MissingParam("account_id")
	case req.GetAtMs() < 0:
		return nil, errs.BadParam("at_ms", "is before 1970")
	case at.After(h.bookkeeper.Clock.Now()):
		return nil, errs.BadParam("at_ms", "must not be in the future")
	}
	past, err := h.ledger.At(ctx, req.GetAccountId(), at)
	if err != nil {
		return nil, fmt.Errorf("reading a past balance: %w", err)
	}
	return &balanceproto.GetBalanceAtResponse{
		Available: moneyOf(past.Available(), past.Currency), Posted: moneyOf(past.Posted, past.Currency),
		Held: moneyOf(past.Held, past.Currency), Sequence: past.Sequence,
	}, nil
}

const postingsMax = 500

// ListStatement is a page of an account's statement of a period.
func (h *Handler) ListStatement(
	ctx context.Context, req *balanceproto.ListStatementRequest,
) (*balanceproto.ListStatementResponse, error) {
	switch {
	case req.GetAccountId() == "":
		return nil, errs.MissingParam("account_id")
	case req.GetFromMs() < 0:
		return nil, errs.BadParam("from_ms", "is before 1970")
	case req.GetToMs() <= req.GetFromMs():
		return nil, errs.BadParam("to_ms", "must be after from_ms")
	case req.GetAfterSequence() < 0:
		return nil, errs.BadParam("after_sequence", "must be zero or more")
	case req.GetLimit() < 1 || req.GetLimit() > postingsMax:
		return nil, errs.BadParam("limit", "must be from 1 to 500")
	}
	found, err := h.ledger.Statement(ctx, logic.Period{
		Account: req.GetAccountId(), From: time.UnixMilli(req.GetFromMs()).UTC(), To: time.UnixMilli(req.GetToMs()).UTC(),
		After: req.GetAfterSequence(), Limit: int(req.GetLimit()),
	})
	if err != nil {
		return nil, err
	}
	currency := found.Closing.Currency
	rsp := &balanceproto.ListStatementResponse{
		Opening: moneyOf(found.Opening.Posted, currency), Closing: moneyOf(found.Closing.Posted, currency),
		TotalIn: moneyOf(found.In, currency), TotalOut: moneyOf(found.Out, currency), NextAfterSequence: found.Next,
	}
	for _, e := range found.Postings {
		rsp.Postings = append(rsp.Postings, entryProto(e, currency))
	}
	return rsp, nil
}

// past answers operators.
type past struct {
	handler *Handler
	london  *time.Location
}

// operate answers operators:
//
//	GET /ledgers/{account_id}/balance?at=2026-11-28T12:00:00Z    balanceproto.BalanceView; now without a time
//	GET /ledgers/{account_id}/statement?from=2026-11-01&to=2026-11-30&after=0    balanceproto.StatementPage
//
// The days of a statement are calendar days in London, from midnight to midnight, both included.
func (p past) operate(env *foundation.Env) {
	path := "GET " + balanceproto.LedgersPath + "{account_id}"
	env.Operate(path+balanceproto.BalancePath, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		found, err := p.balance(req.Context(), req.PathValue("account_id"), req.FormValue("at"))
		foundation.Reply(w, found, err)
	}))
	env.Operate(path+balanceproto.StatementPath, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		found, err := p.statement(req)
		foundation.Reply(w, found, err)
	}))
}

func (p past) balance(ctx context.Context, account, at string) (balanceproto.BalanceView, error) {
	when := p.handler.bookkeeper.Clock.Now()
	if at != "" {
		var err error
		if when, err = time.Parse(time.RFC3339, at); err != nil {
			return balanceproto.BalanceView{}, errs.BadParam("at", "must be a time such as 2026-11-28T12:00:00Z")
		}
	}
	found, err := p.handler.GetBalanceAt(ctx, &balanceproto.GetBalanceAtRequest{
		AccountId: account, AtMs: when.UnixMilli(),
	})
	return balanceproto.BalanceViewOf(account, when.UTC(), found), err
}

func (p past) statement(req *http.Request) (balanceproto.StatementPage, error) {
	from, err := p.day("from", req.FormValue("from"))
	if err != nil {
		return balanceproto.StatementPage{}, err
	}
	to, err := p.day("to", req.FormValue("to"))
	if err != nil {
		return balanceproto.StatementPage{}, err
	}
	if to.Before(from) {
		return balanceproto.StatementPage{}, errs.BadParam("to", "must not be before from")
	}
	after, err := strconv.ParseInt("0"+req.FormValue("after"), 10, 64)
	if err != nil {
		return balanceproto.StatementPage{}, errs.BadParam("after", "must be a number")
	}
	found, err := p.handler.ListStatement(req.Context(), &balanceproto.ListStatementRequest{
		AccountId: req.PathValue("account_id"), FromMs: from.UnixMilli(), ToMs: to.AddDate(0, 0, 1).UnixMilli(),
		AfterSequence: after, Limit: postingsMax,
	})
	return balanceproto.StatementPageOf(found), err
}

// day is the first moment of a day in London.
func (p past) day(field, value string) (time.Time, error) {
	day, err := time.ParseInLocation(time.DateOnly, value, p.london)
	if err != nil || day.Before(time.UnixMilli(0).AddDate(0, 0, 1)) {
		return time.Time{}, errs.BadParam(field, "must be a day since 1970, such as 2026-11-28")
	}
	return day, nil
}
