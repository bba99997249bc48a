// Package cards shows an account's cards, and lets their customer freeze and replace them.
package cards

import (
	"farthing/pkg/edge"
	accountproto "farthing/service.account/proto"
	"farthing/service.api/caller"
	cardsproto "farthing/service.cards/proto"
	customerproto "farthing/service.customer/proto"
)

// Area is the routes below /card, and whom they ask.
type Area struct {
	Accounts  accountproto.AccountsClient
	Cards     cardsproto.CardsClient
	Customers customerproto.CustomersClient
}

// Routes are the area's routes, to be mounted.
func (a Area) Routes() *edge.Router {
	router := &edge.Router{}
	router.GET("/list", edge.Service(a.list).Filter(caller.Needs("cards:read")))
	router.POST("/pin/reset", edge.Service(a.resetPIN).Filter(caller.Needs("cards:write"), caller.NeedsApproval))
	router.PUT("/toggle", edge.Service(a.toggle).Filter(caller.Needs("cards:write")))
	return router
}
