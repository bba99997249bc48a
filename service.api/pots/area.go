// Package pots shows a customer's pots, and moves money into them and out again.
package pots

import (
	"fmt"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/pkg/id"
	accountproto "farthing/service.account/proto"
	"farthing/service.api/caller"
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

// own is the pot in the path, and fails with not_found.pot unless it lies beside an account of the caller.
func (a Area) own(req edge.Request) (*potproto.Pot, error) {
	potID := req.Param("id")
	if id.Check("pot_id", "pot", potID) != nil {
		return nil, errs.Missing("pot")
	}
	got, err := a.Pots.Get(req.Context(), &potproto.GetRequest{PotId: potID})
	if err != nil {
		return nil, caller.Hide(fmt.Errorf("getting the pot: %w", err), "pot")
	}
	_, err = caller.Own(req, a.Accounts, got.GetPot().GetCurrentAccountId())
	return got.GetPot(), caller.Hide(err, "pot")
}
