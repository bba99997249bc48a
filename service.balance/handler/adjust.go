package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
)

// Adjust moves money between an account and one of the bank's own, or between two of these.
func (h *Handler) Adjust(ctx context.Context, req *balanceproto.AdjustRequest) (*balanceproto.AdjustResponse, error) {
	a, err := adjustmentOf(req)
	if err != nil {
		return nil, err
	}
	journal, entry, err := h.bookkeeper.Adjust(ctx, a)
	if err != nil {
		return nil, fmt.Errorf("adjusting: %w", err)
	}
	rsp := &balanceproto.AdjustResponse{JournalId: journal.ID}
	if logic.OwnName(entry.Account) == "" {
		rsp.Balance = moneyOf(entry.Available(), a.Amount.Currency)
	}
	return rsp, nil
}

func adjustmentOf(req *balanceproto.AdjustRequest) (logic.Adjustment, error) {
	a := logic.Adjustment{ID: req.GetAdjustmentId()}
	var err error
	switch {
	case a.ID == "":
		return a, errs.MissingParam("adjustment_id")
	case len(a.ID) > dedupeIDMax:
		return a, errs.BadParam("adjustment_id", "must be at most 64 characters")
	}
	if a.Amount, err = positive(req.GetAmount()); err != nil {
		return a, err
	}
	if a.From, err = sideOf("from", req.GetFrom()); err != nil {
		return a, err
	}
	if a.To, err = sideOf("to", req.GetTo()); err != nil {
		return a, err
	}
	if a.From == a.To {
		return a, errs.BadParam("to", "must not be where it is taken")
	}
	return a, nil
}

func sideOf(field string, p *balanceproto.Place) (logic.Place, error) {
	own := p.GetOwn()
	switch {
	case p.GetAccountId() == "" && own == balanceproto.OwnAccount_OWN_ACCOUNT_UNSPECIFIED:
		return logic.Place{}, errs.MissingParam(field)
	case p.GetAccountId() != "" && own != balanceproto.OwnAccount_OWN_ACCOUNT_UNSPECIFIED:
		return logic.Place{}, errs.BadParam(field+".own", "excludes 'account_id'")
	case p.GetAccountId() != "":
		return logic.Place{Account: p.GetAccountId()}, id.Check(field+".account_id", "acc", p.GetAccountId())
	}
	switch own {
	case balanceproto.OwnAccount_OWN_ACCOUNT_SETTLEMENT:
		if !scheme.MatchString(p.GetScheme()) {
			return logic.Place{}, errs.BadParam(field+".scheme", "must be 1 to 20 lower case letters")
		}
		return logic.Place{Own: logic.SettlementWith(p.GetScheme())}, nil
	case balanceproto.OwnAccount_OWN_ACCOUNT_SUSPENSE:
		return logic.Place{Own: logic.Suspense}, nil
	case balanceproto.OwnAccount_OWN_ACCOUNT_DISPUTES:
		return logic.Place{Own: logic.Disputes}, nil
	case balanceproto.OwnAccount_OWN_ACCOUNT_LOSSES:
		return logic.Place{Own: logic.Losses}, nil
	case balanceproto.OwnAccount_OWN_ACCOUNT_UNSPECIFIED:
	}
	return logic.Place{}, errs.BadParam(field+".own", "is none of the bank's own accounts")
}
