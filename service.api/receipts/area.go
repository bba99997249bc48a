// Package receipts takes what was bought with a transaction, line by line, from the programs of its customer.
package receipts

import (
	"fmt"

	"farthing/pkg/edge"
	accountproto "farthing/service.account/proto"
	"farthing/service.api/caller"
	receiptproto "farthing/service.receipt/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// Area is the routes below /transaction-receipts, and whom they ask.
type Area struct {
	Accounts     accountproto.AccountsClient
	Receipts     receiptproto.ReceiptsClient
	Transactions transactionsproto.TransactionsClient
}

// Routes are the area's routes, to be mounted.
func (a Area) Routes() *edge.Router {
	reads, writes := caller.Needs("receipts:read"), caller.Needs("receipts:write")
	router := &edge.Router{}
	router.GET("/", edge.Service(a.get).Filter(reads))
	router.PUT("/", edge.Service(a.put).Filter(writes))
	router.DELETE("/", edge.Service(a.remove).Filter(writes))
	return router
}

// owner is whose the receipts of a request are: a program sees only those that it has put for the same customer.
func owner(req edge.Request) *receiptproto.Owner {
	is := caller.Of(req)
	return &receiptproto.Owner{UserId: is.UserID, ClientId: is.ClientID}
}

// put writes a receipt of a transaction of the caller's, or all of it anew, and answers its id. It makes three calls,
// one after the other: nothing may be written before it is known whose the transaction is.
func (a Area) put(req edge.Request) edge.Response {
	sent := req.Object()
	receipt := receiptOf(sent)
	if err := sent.Err(); err != nil {
		return edge.Error(err)
	}
	if _, err := caller.OwnTransaction(req, a.Accounts, a.Transactions, receipt.GetTransactionId()); err != nil {
		return edge.Error(err)
	}
	written, err := a.Receipts.Put(req.Context(), &receiptproto.PutRequest{Owner: owner(req), Receipt: receipt})
	if err != nil {
		return edge.Error(fmt.Errorf("putting the receipt: %w", err))
	}
	return edge.OK(struct {
		ReceiptID string `json:"receipt_id"`
	}{written.GetReceiptId()})
}

// get answers a receipt of the caller's own by its external_id, with all that was not said filled in.
func (a Area) get(req edge.Request) edge.Response {
	form := req.Form()
	name := form.Required("external_id")
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	found, err := a.Receipts.Get(req.Context(), &receiptproto.GetRequest{Owner: owner(req), ExternalId: name})
	if err != nil {
		return edge.Error(fmt.Errorf("getting the receipt: %w", err))
	}
	return edge.OK(struct {
		Receipt view `json:"receipt"`
	}{viewOf(found.GetReceipt())})
}

// remove forgets a receipt of the caller's own by its external_id. A repeat is not_found.receipt.
func (a Area) remove(req edge.Request) edge.Response {
	form := req.Form()
	name := form.Required("external_id")
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	_, err := a.Receipts.Delete(req.Context(), &receiptproto.DeleteRequest{Owner: owner(req), ExternalId: name})
	if err != nil {
		return edge.Error(fmt.Errorf("deleting the receipt: %w", err))
	}
	return edge.OK(nil)
}
