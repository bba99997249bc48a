package pots

import (
	"farthing/pkg/edge"
	moneyproto "farthing/pkg/money/proto"
	potproto "farthing/service.pot/proto"
)

// deposit moves money from the pot's current account into it, and answers the pot. A repeat of a dedupe_id answers what
// happened the first time, precondition_failed.insufficient_funds too; with another body it is conflict.dedupe_id.
func (a Area) deposit(req edge.Request) edge.Response {
	pot, asked, err := a.asked(req, "source_account_id")
	if err != nil {
		return edge.Error(err)
	}
	moved, err := a.Pots.Deposit(req.Context(), &potproto.DepositRequest{
		PotId: pot.GetId(), SourceAccountId: asked.account, Amount: asked.amount, DedupeId: asked.dedupeID,
	})
	return answer("depositing", moved.GetPot(), err)
}

// withdraw moves money out of the pot into its current account. Repeats are those of deposit.
func (a Area) withdraw(req edge.Request) edge.Response {
	pot, asked, err := a.asked(req, "destination_account_id")
	if err != nil {
		return edge.Error(err)
	}
	moved, err := a.Pots.Withdraw(req.Context(), &potproto.WithdrawRequest{
		PotId: pot.GetId(), DestinationAccountId: asked.account, Amount: asked.amount, DedupeId: asked.dedupeID,
	})
	return answer("withdrawing", moved.GetPot(), err)
}

// move is what both directions are asked with.
type move struct {
	account, dedupeID string
	amount            *moneyproto.Money
}

// asked is the move that is asked for, and the caller's own pot. The amount is in the pot's currency.
func (a Area) asked(req edge.Request, accountField string) (*potproto.Pot, move, error) {
	form := req.Form()
	asked := move{account: form.Required(accountField), dedupeID: form.Required("dedupe_id")}
	minor := form.RequiredInt64("amount")
	if minor <= 0 {
		form.Refuse("amount", "must be more than zero")
	}
	if err := form.Err(); err != nil {
		return nil, move{}, err
	}
	pot, err := a.own(req)
	asked.amount = &moneyproto.Money{Minor: minor, Currency: pot.GetBalance().GetCurrency()}
	return pot, asked, err
}
