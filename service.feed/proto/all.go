package feedproto

import "context"

// pageOf is how many items are asked for at once.
const pageOf = 100

// All is every item of an account's feed, newest first. It is for audits.
func All(ctx context.Context, feed FeedClient, account string) (all []*Item, err error) {
	for token := ""; ; {
		page, err := feed.List(ctx, &ListRequest{AccountId: account, PageToken: token, Limit: pageOf})
		if err != nil {
			return nil, err
		}
		all = append(all, page.GetItems()...)
		if token = page.GetNextPageToken(); token == "" {
			return all, nil
		}
	}
}
