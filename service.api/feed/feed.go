// Package feed shows an account's feed, and lets programs add to it.
package feed

import (
	"context"
	"fmt"
	"time"

	"farthing/pkg/edge"
	"farthing/pkg/id"
	accountproto "farthing/service.account/proto"
	"farthing/service.api/caller"
	apiproto "farthing/service.api/proto"
	"farthing/service.api/wire"
	feedproto "farthing/service.feed/proto"
)

// Area is the routes below /feed, and whom they ask.
type Area struct {
	Accounts accountproto.AccountsClient
	Feed     feedproto.FeedClient
}

// Routes are the area's routes, to be mounted.
func (a Area) Routes() *edge.Router {
	writes := caller.Needs("feed:write")
	router := &edge.Router{}
	router.GET("/", edge.Service(a.list).Filter(caller.Needs("feed:read")))
	router.POST("/", edge.Service(a.add).Filter(writes))
	router.DELETE("/:id", edge.Service(a.remove).Filter(writes))
	return router
}

// itemPrefix begins the ids of items.
const itemPrefix = "feed"

// list answers a page of an account's feed, newest first. It asks two peers at the same time: whose the account is, and
// for the page.
func (a Area) list(req edge.Request) edge.Response {
	asked, err := windowOf(req.Form(), caller.Of(req))
	if err != nil {
		return edge.Error(err)
	}
	var found *feedproto.ListResponse
	_, err = caller.Own(req, a.Accounts, asked.GetAccountId(), func(ctx context.Context) (err error) {
		if found, err = a.Feed.List(ctx, asked); err != nil {
			return fmt.Errorf("listing the feed: %w", err)
		}
		return nil
	})
	if err != nil {
		return edge.Error(err)
	}
	views := make([]apiproto.FeedItem, 0, len(found.GetItems()))
	for _, each := range found.GetItems() {
		views = append(views, apiproto.FeedItemOf(each))
	}
	return edge.OK(struct {
		Items         []apiproto.FeedItem `json:"items"`
		NextPageToken string              `json:"next_page_token"` // Of the next, older page; "" if there is none.
	}{views, found.GetNextPageToken()})
}

// windowOf is what the fields account_id, since, page_token and limit select. A beginning at which the caller may not
// read is forbidden.verification_required; without any it is where the caller may.
func windowOf(form *edge.Form, c caller.Caller) (*feedproto.ListRequest, error) {
	asked := &feedproto.ListRequest{
		AccountId: form.Required("account_id"), Limit: wire.Limit(form), PageToken: form.String("page_token"),
	}
	if asked.PageToken != "" && id.Check("page_token", itemPrefix, asked.GetPageToken()) != nil {
		form.Refuse("page_token", "must be the next_page_token of an earlier answer")
	}
	since := wire.SinceOf(form, itemPrefix)
	if err := form.Err(); err != nil {
		return nil, err
	}
	if since.At.IsZero() {
		since.At = c.Earliest()
	} else if err := c.CheckHistory(since.At); err != nil {
		return nil, err
	}
	asked.SinceId = since.AfterID
	if since.AfterID == "" && since.At.Unix() > 0 {
		// No item has the lowest id of its time, so that all items of that time come after it.
		asked.SinceId = id.Lowest(itemPrefix, time.UnixMilli(wire.MillisAfter(since.At)))
	}
	return asked, nil
}
