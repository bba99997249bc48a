package transactions

import (
	"context"
	"fmt"

	"farthing/pkg/edge"
	"farthing/service.api/caller"
	apiproto "farthing/service.api/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// list answers a page of an account's transactions, oldest first; the next page is since the last id. It asks whose the
// account is, and at the same time for the page and then for what is attached to it.
func (a Area) list(req edge.Request) edge.Response {
	asked, err := windowOf(req.Form(), caller.Of(req))
	if err != nil {
		return edge.Error(err)
	}
	asked.ClientId = caller.Of(req).ClientID
	var (
		found *transactionsproto.ListResponse
		with  attached
	)
	_, err = caller.Own(req, a.Accounts, asked.GetAccountId(), func(ctx context.Context) (err error) {
		if found, err = a.Transactions.List(ctx, asked); err != nil {
			return fmt.Errorf("listing the transactions: %w", err)
		}
		with, err = a.attachedTo(ctx, asked.GetAccountId(), found.GetTransactions()...)
		return err
	})
	if err != nil {
		return edge.Error(err)
	}
	expanded := expandsMerchant(req.Form())
	views := make([]apiproto.Transaction, 0, len(found.GetTransactions()))
	for _, each := range found.GetTransactions() {
		views = append(views, a.show(req, each, expanded, with))
	}
	return edge.OK(struct {
		Transactions []apiproto.Transaction `json:"transactions"`
	}{views})
}
