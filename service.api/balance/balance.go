// Package balance shows what an account and its pots have, and what was spent.
package balance

import (
	"context"

	"farthing/pkg/edge"
	accountproto "farthing/service.account/proto"
	"farthing/service.api/caller"
	balanceproto "farthing/service.balance/proto"
	potproto "farthing/service.pot/proto"
)

// Area is the routes below /balance, and whom they ask.
type Area struct {
	Accounts accountproto.AccountsClient
	Balances balanceproto.BalanceClient
	Pots     potproto.PotsClient
}

// Routes are the area's routes, to be mounted.
func (a Area) Routes() *edge.Router {
	router := &edge.Router{}
	router.GET("/", edge.Service(a.get).Filter(caller.Needs("accounts:read")))
	return router
}

// view is a balance as the API shows it. Amounts are minor units.
type view struct {
	Balance                         int64   `json:"balance"`       // What can be spent: money that is held is gone.
	TotalBalance                    int64   `json:"total_balance"` // With all pots.
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

// get asks three peers at the same time: whose the account is, what it has, and what its pots have.
func (a Area) get(req edge.Request) edge.Response {
	form := req.Form()
	accountID := form.Required("account_id")
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	var (
		found *balanceproto.GetBalanceResponse
		pots  *potproto.ListResponse
	)
	_, err := caller.Own(req, a.Accounts, accountID, func(ctx context.Context) (err error) {
		found, err = a.Balances.GetBalance(ctx, &balanceproto.GetBalanceRequest{AccountId: accountID})
		return err
	}, func(ctx context.Context) (err error) {
		pots, err = a.Pots.List(ctx, &potproto.ListRequest{CurrentAccountId: accountID})
		return err
	})
	if err != nil {
		return edge.Error(err)
	}
	return edge.OK(viewOf(found, pots.GetPots()))
}

func viewOf(b *balanceproto.GetBalanceResponse, pots []*potproto.Pot) view {
	available := b.GetAvailable().GetMinor()
	total := available
	for _, each := range pots {
		total += each.GetBalance().GetMinor()
	}
	return view{
		Balance: available, TotalBalance: total, BalanceIncludingFlexibleSavings: total,
		Currency: b.GetAvailable().GetCurrency(), SpendToday: b.GetSpendToday().GetMinor(), LocalSpend: []spent{},
	}
}
