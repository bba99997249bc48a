package handler

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/money"
	moneyproto "farthing/pkg/money/proto"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.pot/logic"
	potproto "farthing/service.pot/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// Deposit moves money into a pot. A repeat of a dedupe_id answers what happened the first time.
func (h *Handler) Deposit(ctx context.Context, req *potproto.DepositRequest) (*potproto.DepositResponse, error) {
	pot, err := h.move(ctx, asked{
		pot: req.GetPotId(), way: logic.Deposit, account: req.GetSourceAccountId(), field: "source_account_id",
		amount: req.GetAmount(), dedupeID: req.GetDedupeId(),
	})
	return &potproto.DepositResponse{Pot: pot}, err
}

// Withdraw moves money out of a pot. A repeat of a dedupe_id answers what happened the first time.
func (h *Handler) Withdraw(ctx context.Context, req *potproto.WithdrawRequest) (*potproto.WithdrawResponse, error) {
	pot, err := h.move(ctx, asked{
		pot: req.GetPotId(), way: logic.Withdrawal, account: req.GetDestinationAccountId(),
		field: "destination_account_id", amount: req.GetAmount(), dedupeID: req.GetDedupeId(),
	})
	return &potproto.WithdrawResponse{Pot: pot}, err
}

// asked is a move as somebody has asked for it.
type asked struct {
	pot            string
	way            logic.Way
	account, field string
	amount         *moneyproto.Money
	dedupeID       string
}

// check is the move that is asked for, or what is wrong with it.
func (a asked) check(p logic.Pot) (logic.Move, error) {
	switch {
	case a.account == "":
		return logic.Move{}, errs.MissingParam(a.field)
	case a.account != p.Account:
		return logic.Move{}, errs.BadParam(a.field, "must be the pot's current account")
	case a.amount == nil:
		return logic.Move{}, errs.MissingParam("amount")
	case a.amount.GetMinor() <= 0:
		return logic.Move{}, errs.BadParam("amount", "must be more than zero")
	case a.amount.GetCurrency() != p.Currency:
		return logic.Move{}, errs.BadParam("amount.currency", "must be the pot's, "+p.Currency)
	case a.dedupeID == "":
		return logic.Move{}, errs.MissingParam("dedupe_id")
	case len(a.dedupeID) > dedupeIDMax:
		return logic.Move{}, errs.BadParam("dedupe_id", "must be at most 64 bytes")
	}
	return logic.Move{
		Pot: p.ID, DedupeID: a.dedupeID, Way: a.way,
		Amount: money.Amount{Minor: a.amount.GetMinor(), Currency: p.Currency},
	}, nil
}

func (h *Handler) move(ctx context.Context, a asked) (*potproto.Pot, error) {
	pot, err := h.find(ctx, a.pot)
	if err != nil {
		return nil, err
	}
	m, err := a.check(pot)
	if err != nil {
		return nil, err
	}
	m.At = h.clock.Now()
	m, err = h.begin(ctx, pot, m)
	if err != nil {
		return nil, err
	}
	if m, err = h.finish(ctx, pot, m); err != nil {
		return nil, fmt.Errorf("moving a pot's money: %w", err)
	}
	if m.Outcome == logic.Refused {
		return nil, errs.New(errs.PreconditionFailed+".insufficient_funds", "There is not enough money")
	}
	return h.show(ctx, pot)
}

// begin writes a move down, and answers the first under its id.
func (h *Handler) begin(ctx context.Context, pot logic.Pot, m logic.Move) (logic.Move, error) {
	if pot.Deleted { // What happened before it was is answered still.
		first, found, err := h.pots.FindMove(ctx, pot, m.DedupeID)
		if err == nil && !found {
			err = pot.CheckOpen()
		}
		if err != nil {
			return first, err
		}
		return first, m.SameAs(first)
	}
	first, err := h.pots.Ask(ctx, pot, m)
	if err != nil {
		return first, err
	}
	return first, m.SameAs(first)
}

// finish moves the money, records it, and ends the move. Each step is harmless when it is done again.
func (h *Handler) finish(ctx context.Context, pot logic.Pot, m logic.Move) (logic.Move, error) {
	if m.Outcome != logic.Open {
		return m, nil
	}
	from, to := pot.Sides(m.Way)
	moved, err := h.balance.Transfer(ctx, &balanceproto.TransferRequest{
		From: side(from), To: side(to), Amount: moneyOf(m.Amount.Minor, m.Amount.Currency), DedupeId: m.ID(),
	})
	if err != nil {
		return m, err
	}
	if m.Outcome = logic.Done; moved.GetOutcome() != balanceproto.Outcome_OUTCOME_APPROVED {
		m.Outcome = logic.Refused
	} else if err := h.record(ctx, pot, m, moved); err != nil {
		return m, err
	}
	if err := h.end(ctx, pot, m); err != nil {
		return m, err
	}
	h.moves.WithLabelValues(
		map[logic.Way]string{logic.Deposit: "deposit", logic.Withdrawal: "withdrawal"}[m.Way],
		map[logic.Outcome]string{logic.Done: "done", logic.Refused: "refused"}[m.Outcome],
	).Inc()
	return m, nil
}

// record writes the move into the current account's transactions.
func (h *Handler) record(
	ctx context.Context, pot logic.Pot, m logic.Move, moved *balanceproto.TransferResponse,
) error {
	kind, minor, balance := transactionsproto.Kind_KIND_POT_DEPOSIT, -m.Amount.Minor, moved.GetFromBalance()
	if m.Way == logic.Withdrawal {
		kind, minor, balance = transactionsproto.Kind_KIND_POT_WITHDRAWAL, m.Amount.Minor, moved.GetToBalance()
	}
	_, err := h.transactions.Record(ctx, &transactionsproto.RecordRequest{
		TransactionId: m.TransactionID(), AccountId: pot.Account, UserId: pot.User, Kind: kind, Version: 1,
		Status: transactionsproto.Status_STATUS_SETTLED, Amount: moneyOf(minor, m.Amount.Currency), Balance: balance,
		Scheme: "uk_retail_pot", Description: pot.ID, Category: "savings", OriginId: m.ID(),
		Personal: &transactionsproto.Personal{Counterparty: &transactionsproto.Counterparty{Name: pot.Name}},
		Metadata: map[string]string{
			"pot_id": pot.ID, "pot_account_id": pot.Ledger, "external_id": m.DedupeID, "user_id": pot.User,
			"ledger_insertion_id": moved.GetJournalId(), "trigger": "user",
			map[logic.Way]string{logic.Deposit: "pot_deposit_id", logic.Withdrawal: "pot_withdrawal_id"}[m.Way]: m.ID(),
		},
		AtMs: m.At.UnixMilli(), SettledMs: moved.GetDecidedMs(),
	})
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	return nil
}

func side(account string) *balanceproto.Place {
	return &balanceproto.Place{AccountId: account}
}

func moneyOf(minor int64, currency string) *moneyproto.Money {
	return &moneyproto.Money{Minor: minor, Currency: currency}
}
