package pots

import (
	"context"
	"fmt"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	accountproto "farthing/service.account/proto"
	"farthing/service.api/caller"
	apiproto "farthing/service.api/proto"
	potproto "farthing/service.pot/proto"
)

// list answers the pots of a current account, oldest first and deleted ones included. It asks two peers at the same
// time: whose the account is, and for its pots. Programs from before the API asked for current_account_id send none,
// and get those of the caller's retail account.
func (a Area) list(req edge.Request) edge.Response {
	form := req.Form()
	accountID := form.String("current_account_id")
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	if accountID == "" {
		var err error
		if accountID, err = a.retail(req); err != nil {
			return edge.Error(err)
		}
	}
	var found *potproto.ListResponse
	_, err := caller.Own(req, a.Accounts, accountID, func(ctx context.Context) (err error) {
		found, err = a.Pots.List(ctx, &potproto.ListRequest{CurrentAccountId: accountID})
		return err
	})
	if err != nil {
		return edge.Error(fmt.Errorf("listing the pots: %w", err))
	}
	views := make([]apiproto.Pot, len(found.GetPots()))
	for i, each := range found.GetPots() {
		views[i] = apiproto.PotOf(each)
	}
	return edge.OK(struct {
		Pots []apiproto.Pot `json:"pots"`
	}{views})
}

// retail is the caller's oldest retail account.
func (a Area) retail(req edge.Request) (string, error) {
	listed, err := a.Accounts.List(req.Context(), &accountproto.ListRequest{UserId: caller.Of(req).UserID})
	if err != nil {
		return "", fmt.Errorf("listing the accounts: %w", err)
	}
	for _, each := range listed.GetAccounts() {
		if each.GetType() == "uk_retail" {
			return each.GetId(), nil
		}
	}
	return "", errs.MissingParam("current_account_id")
}

// oldList is how programs of long ago spell the list, where a pot's id stands.
const oldList = "listV1"

// get answers one pot, also a deleted one. It makes two calls, one after the other.
func (a Area) get(req edge.Request) edge.Response {
	if req.Param("id") == oldList {
		return a.list(req)
	}
	pot, err := a.own(req)
	return answer("showing the pot", pot, err)
}
