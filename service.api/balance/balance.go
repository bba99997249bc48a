// Package balance shows what an account has and has spent.
package balance

import (
	"context"

	"farthing/pkg/edge"
	accountproto "farthing/service.account/proto"
	"farthing/service.api/caller"
	balanceproto "farthing/service.balance/proto"
)

// Area is the routes below /balance, and whom they ask.
type Area struct {
	Accounts accountproto.AccountsClient
	Balances balanceproto.BalanceClient
}

// Routes are the area's routes, to be mounted.
func (a Area) Routes() *edge.Router {
	router := &edge.Router{}
	router.GET("/", edge.Service(a.get).Filter(caller.Needs("accounts:read")))
	return router
}

// view is a balance as the API shows it. Amounts are minor units.
type view struct {
	Balance                         int64   `json:"balance"` // What can be spent: money that is held is gone.
	TotalBalance                    int64   `json:"total_balance"`
	BalanceIncludingFlexibleSavings int64   `json:"balance_including_flexible_savings"`
	Currency                        string  `json:"currency"`
	SpendToday                      int64   `json:"spend_today"` // Negative when money was spent.
	LocalCurrency                   string  `json:"local_currency"`
	LocalExchangeRate               int64   `json:"local_exchange_rate"` // Whole: there are programs that read no other.
	LocalSpend                      []spent `json:"local_spend"`
}

type spent struct {
	SpendToday int64  `json:"spend_today"`
	Currency   string `json:"currency"`
}

// get asks two peers at the same time: whose the account is, and what it has.
func (a Area) get(req edge.Request) edge.Response {
	form := req.Form()
	accountID := form.Required("account_id")
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	var found *balanceproto.GetBalanceResponse
	_, err := caller.Own(req, a.Accounts, accountID, func(ctx context.Context) (err error) {
		found, err = a.Balances.GetBalance(ctx, &balanceproto.GetBalanceRequest{AccountId: accountID})
		return err
	})
	if err != nil {
		return edge.Error(err)
	}
	return edge.OK(viewOf(found))
}

func viewOf(b *balanceproto.GetBalanceResponse) view {
	available := b.GetAvailable().GetMinor()
	return view{
		Balance: available, TotalBalance: available, BalanceIncludingFlexibleSavings: available, // There are no pots.
		Currency: b.GetAvailable().GetCurrency(), SpendToday: b.GetSpendToday().GetMinor(), LocalSpend: []spent{},
	}
}
