package cards

import (
	"context"
	"fmt"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/service.api/caller"
	apiproto "farthing/service.api/proto"
	cardsproto "farthing/service.cards/proto"
	customerproto "farthing/service.customer/proto"
)

// list answers an account's cards, oldest first, without closed ones. It asks three peers at the same time: whose the
// account is, for its cards, and for the name on them.
func (a Area) list(req edge.Request) edge.Response {
	form := req.Form()
	accountID := form.Required("account_id")
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	var (
		found  *cardsproto.ListResponse
		holder *customerproto.GetResponse
	)
	_, err := caller.Own(req, a.Accounts, accountID, func(ctx context.Context) (err error) {
		found, err = a.Cards.List(ctx, &cardsproto.ListRequest{AccountId: accountID})
		return err
	}, func(ctx context.Context) (err error) {
		holder, err = a.holder(ctx, caller.Of(req).UserID)
		return err
	})
	if err != nil {
		return edge.Error(fmt.Errorf("listing the cards: %w", err))
	}
	views := make([]apiproto.Card, 0, len(found.GetCards()))
	for _, each := range found.GetCards() {
		if each.GetStatus() != cardsproto.Status_STATUS_CLOSED {
			views = append(views, apiproto.CardOf(each, holder.GetCustomer().GetPreferredName()))
		}
	}
	return edge.OK(struct {
		Cards []apiproto.Card `json:"cards"`
	}{views})
}

// holder is the customer, nobody if the personal data was destroyed.
func (a Area) holder(ctx context.Context, userID string) (*customerproto.GetResponse, error) {
	holder, err := a.Customers.Get(ctx, &customerproto.GetRequest{UserId: userID})
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return holder, err
}
