package feed

import (
	"cmp"
	"context"
	"fmt"

	"farthing/pkg/edge"
	"farthing/service.api/caller"
	feedproto "farthing/service.feed/proto"
)

// add puts an item of the program's own into the feed of an account. The API answers no id; GET /feed shows it. A
// repeat of a dedupe_id, which may be left out, changes nothing, and with another body it is conflict.dedupe_id.
func (a Area) add(req edge.Request) edge.Response {
	form, c := req.Form(), caller.Of(req)
	asked := &feedproto.AddRequest{
		AccountId: form.Required("account_id"), ClientId: c.ClientID,
		DedupeId: cmp.Or(form.String("dedupe_id"), c.RequestID),
		Type:     form.Required("type"), Url: form.String("url"), Params: &feedproto.Params{
			Title: form.Required("params[title]"), Body: form.String("params[body]"),
			ImageUrl: form.Required("params[image_url]"), BackgroundColor: form.String("params[background_color]"),
			TitleColor: form.String("params[title_color]"), BodyColor: form.String("params[body_color]"),
		},
	}
	if err := form.Err(); err != nil {
		return edge.Error(err)
	}
	account, err := caller.Own(req, a.Accounts, asked.GetAccountId())
	if err != nil {
		return edge.Error(err)
	}
	asked.UserId = account.GetUserId()
	if _, err := a.Feed.Add(req.Context(), asked); err != nil {
		return edge.Error(fmt.Errorf("adding to the feed: %w", err))
	}
	return edge.OK(nil)
}

// remove takes away an item that the same program has added. All others are not_found.feed_item, those of transactions
// too, and so is a repeat.
func (a Area) remove(req edge.Request) edge.Response {
	named := caller.Thing{Kind: "feed_item", Prefix: itemPrefix, ID: req.Param("id")}
	client := caller.Of(req).ClientID
	_, err := caller.OwnThing(req, a.Accounts, named, func(ctx context.Context) (*feedproto.Item, string, error) {
		got, err := a.Feed.GetAdded(ctx, &feedproto.GetAddedRequest{ItemId: named.ID, ClientId: client})
		return got.GetItem(), got.GetItem().GetAccountId(), err
	})
	if err != nil {
		return edge.Error(err)
	}
	_, err = a.Feed.Remove(req.Context(), &feedproto.RemoveRequest{ItemId: named.ID, ClientId: client})
	if err != nil {
		return edge.Error(fmt.Errorf("removing from the feed: %w", err))
	}
	return edge.OK(nil)
}
