// Package transactions shows a customer's transactions, and lets programs annotate them.
package transactions

import (
	"slices"
	"time"

	"farthing/pkg/edge"
	accountproto "farthing/service.account/proto"
	"farthing/service.api/caller"
	apiproto "farthing/service.api/proto"
	attachmentproto "farthing/service.attachment/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// Area is the routes below /transactions, and whom they ask.
type Area struct {
	Accounts     accountproto.AccountsClient
	Attachments  attachmentproto.AttachmentsClient
	Transactions transactionsproto.TransactionsClient
	Origin       func(edge.Request) string // Where programs find the API.
}

// Routes are the area's routes, to be mounted.
func (a Area) Routes() *edge.Router {
	reads, writes := caller.Needs("transactions:read"), caller.Needs("transactions:write")
	router := &edge.Router{}
	router.GET("/", edge.Service(a.list).Filter(reads))
	router.GET("/:id", edge.Service(a.get).Filter(reads))
	router.PATCH("/:id", edge.Service(a.annotate).Filter(writes))
	return router
}

// own is the transaction that the path names, if it lies on an account of the caller, not_found.transaction
// otherwise, and if the caller may read of that time.
func (a Area) own(req edge.Request) (*transactionsproto.Transaction, error) {
	found, err := caller.OwnTransaction(req, a.Accounts, a.Transactions, req.Param("id"))
	if err != nil {
		return nil, err
	}
	return found, caller.Of(req).CheckHistory(time.UnixMilli(found.GetCreatedMs()))
}

// expandsMerchant is whether merchants are to be shown whole. Other things to expand are ignored, as programs ask for
// some that the API once had.
func expandsMerchant(form *edge.Form) bool { return slices.Contains(form.List("expand"), "merchant") }

// single is the body of an answer with one transaction.
type single struct {
	Transaction apiproto.Transaction `json:"transaction"`
}
