// Package pots shows a customer's pots, and moves money into them and out again.
package pots

import (
	"context"
	"fmt"

	"farthing/pkg/edge"
	accountproto "farthing/service.account/proto"
	"farthing/service.api/caller"
	apiproto "farthing/service.api/proto"
	potproto "farthing/service.pot/proto"
)

// Area is the routes below /pots, and whom they ask.
type Area struct {
	Accounts accountproto.AccountsClient
	Pots     potproto.PotsClient
}

// Routes are the area's routes, to be mounted.
func (a Area) Routes() *edge.Router {
	reads, writes := caller.Needs("pots:read"), caller.Needs("pots:write")
	router := &edge.Router{}
	router.GET("/", edge.Service(a.list).Filter(reads))
	router.PUT("/", edge.Service(a.create).Filter(writes))
	router.GET("/:id", edge.Service(a.get).Filter(reads))
	router.PATCH("/:id", edge.Service(a.update).Filter(writes))
	router.DELETE("/:id", edge.Service(a.remove).Filter(writes))
	router.PUT("/:id/deposit", edge.Service(a.deposit).Filter(writes))
	router.PUT("/:id/withdraw", edge.Service(a.withdraw).Filter(writes))
	return router
}

// own is the pot that the path names, if it lies beside an account of the caller: not_found.pot otherwise.
func (a Area) own(req edge.Request) (*potproto.Pot, error) {
	named := caller.Thing{Kind: "pot", Prefix: "pot", ID: req.Param("id")}
	return caller.OwnThing(req, a.Accounts, named, func(ctx context.Context) (*potproto.Pot, string, error) {
		got, err := a.Pots.Get(ctx, &potproto.GetRequest{PotId: named.ID})
		return got.GetPot(), got.GetPot().GetCurrentAccountId(), err
	})
}

// answer is a pot, or what went wrong while something was done about it.
func answer(doing string, pot *potproto.Pot, err error) edge.Response {
	if err != nil {
		return edge.Error(fmt.Errorf("%s: %w", doing, err))
	}
	return edge.OK(apiproto.PotOf(pot))
}
