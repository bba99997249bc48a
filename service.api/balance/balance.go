// Package balance shows what an account and its pots have, and what was spent.
package balance

import (
	"context"

	"farthing/pkg/edge"
	accountproto "farthing/service.account/proto"
	"farthing/service.api/caller"
	apiproto "farthing/service.api/proto"
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
	return edge.OK(apiproto.BalanceOf(found, pots.GetPots()))
}
