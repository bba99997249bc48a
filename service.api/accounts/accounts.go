// Package accounts shows a customer's accounts.
package accounts

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	accountproto "farthing/service.account/proto"
	"farthing/service.api/caller"
	customerproto "farthing/service.customer/proto"
)

// Area is the routes below /accounts, and whom they ask.
type Area struct {
	Accounts  accountproto.AccountsClient
	Customers customerproto.CustomersClient
}

// Routes are the area's routes, to be mounted.
func (a Area) Routes() *edge.Router {
	router := &edge.Router{}
	router.GET("/", edge.Service(a.list).Filter(caller.Needs("accounts:read")))
	return router
}

// kinds are the values of account_type that programs know.
var kinds = []string{
	"uk_retail", "uk_retail_joint", "uk_business", "uk_rewards", "uk_monzo_flex", "uk_monzo_flex_backing_loan",
	"uk_loan", "uk_prepaid",
}

// list answers the caller's accounts, oldest first; of one account_type if that was sent.
func (a Area) list(req edge.Request) edge.Response {
	form := req.Form()
	kind := form.String("account_type")
	if kind != "" && !slices.Contains(kinds, kind) {
		form.Refuse("account_type", "must be one of "+strings.Join(kinds, ", "))
	}
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	found, owner, err := a.find(req)
	if err != nil {
		return edge.Error(err)
	}
	views := make([]view, 0, len(found))
	for _, each := range found {
		if kind == "" || each.GetType() == kind {
			views = append(views, viewOf(each, owner))
		}
	}
	return edge.OK(struct {
		Accounts []view `json:"accounts"`
	}{views})
}

// find asks two peers at the same time: for the accounts, and for their owner. A customer whose personal data was
// destroyed has no name any more, but still accounts.
func (a Area) find(req edge.Request) ([]*accountproto.Account, *customerproto.Customer, error) {
	userID := caller.Of(req).UserID
	var (
		asking   sync.WaitGroup
		owner    *customerproto.GetResponse
		ownerErr error
	)
	asking.Go(func() {
		owner, ownerErr = a.Customers.Get(req.Context(), &customerproto.GetRequest{UserId: userID})
	})
	listed, err := a.Accounts.List(req.Context(), &accountproto.ListRequest{UserId: userID})
	asking.Wait()
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("listing the accounts: %w", err)
	case ownerErr != nil && !errs.Is(ownerErr, errs.NotFound):
		return nil, nil, fmt.Errorf("getting their owner: %w", ownerErr)
	}
	return listed.GetAccounts(), owner.GetCustomer(), nil
}
