package cards

import (
	"context"
	"fmt"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/service.api/caller"
	"farthing/service.api/wire"
	cardsproto "farthing/service.cards/proto"
	customerproto "farthing/service.customer/proto"
)

// view is a card as the API shows it.
type view struct {
	ID             string `json:"id"`
	ProcessorToken string `json:"processor_token"` // What the card edge takes as card_id.
	Processor      string `json:"processor"`
	AccountID      string `json:"account_id"`
	LastDigits     string `json:"last_digits"`
	Name           string `json:"name"`
	Expires        string `json:"expires"` // "11/2018".
	Status         string `json:"status"`
	Created        string `json:"created"`
}

// list answers an account's cards, oldest first. Closed ones are left out: the API has no word for them, and programs
// would offer to unfreeze them. It asks three peers at the same time: whose the account is, for its cards, and for the
// name on them.
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
	views := make([]view, 0, len(found.GetCards()))
	for _, each := range found.GetCards() {
		if each.GetStatus() != cardsproto.Status_STATUS_CLOSED {
			views = append(views, viewOf(each, holder.GetCustomer().GetPreferredName()))
		}
	}
	return edge.OK(struct {
		Cards []view `json:"cards"`
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

func viewOf(c *cardsproto.Card, name string) view {
	status := inactive
	if c.GetStatus() == cardsproto.Status_STATUS_ACTIVE {
		status = active
	}
	return view{
		ID: c.GetId(), ProcessorToken: c.GetId(), Processor: "farthing", AccountID: c.GetAccountId(),
		LastDigits: c.GetLastFour(), Name: name,
		Expires: fmt.Sprintf("%02d/%04d", c.GetExpiresMonth(), c.GetExpiresYear()),
		Status:  status, Created: wire.Time(c.GetCreatedMs()),
	}
}
