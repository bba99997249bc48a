package handler

import (
	"context"
	"strings"
	"time"

	"farthing/pkg/audit"
	"farthing/pkg/errs"
	"farthing/service.apns/logic"
	feedproto "farthing/service.feed/proto"
)

// The walk goes over the accounts that have items, then over those that have pushes: who has only these has too many. A
// place says in which of the two it is.
const (
	ofItems  = "items/"
	ofPushes = "pushes/"
)

// audit compares what phones were told of some accounts with their feeds. It may go on while they change: what differs
// is looked at again a few times, for its event may be on its way.
func (h *Handler) audit(ctx context.Context, w audit.Window) (audit.Page, error) {
	accounts, next, err := h.accounts(ctx, w)
	if err != nil {
		return audit.Page{}, err
	}
	compared := int64(-1) // By the first look.
	look := func(ctx context.Context, accounts []string) ([]audit.Fault, error) {
		found, n, err := h.suspicions(ctx, accounts)
		if compared < 0 {
			compared = n
		}
		return found, err
	}
	faults, err := audit.Persisting(ctx, accounts, look, h.wait)
	return audit.Page{Checked: max(compared, 0), Faults: faults, Next: next}, err
}

// accounts is those of a window, and the place to go on from.
func (h *Handler) accounts(ctx context.Context, w audit.Window) (accounts []string, next string, err error) {
	if after, pushes := strings.CutPrefix(w.After, ofPushes); pushes {
		if accounts, next, err = h.pushes.Accounts(ctx, after, w.Limit); err != nil {
			return nil, "", err
		}
		if next != "" {
			next = ofPushes + next
		}
		accounts, err = h.without(ctx, accounts)
		return accounts, next, err
	}
	after, items := strings.CutPrefix(w.After, ofItems)
	if !items && after != "" {
		return nil, "", errs.BadParam("after", "must be the place that the page before ended with")
	}
	listed, err := h.feed.ListAccounts(ctx, &feedproto.ListAccountsRequest{
		After: after, Limit: int32(w.Limit), //nolint:gosec // At most 200.
	})
	if next = ofItems + listed.GetNext(); listed.GetNext() == "" {
		next = ofPushes
	}
	return listed.GetAccountIds(), next, err
}

// without is which of the accounts have no item: the others have been compared.
func (h *Handler) without(ctx context.Context, accounts []string) (bare []string, err error) {
	for _, account := range accounts {
		page, err := h.feed.List(ctx, &feedproto.ListRequest{AccountId: account, Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(page.GetItems()) == 0 {
			bare = append(bare, account)
		}
	}
	return bare, nil
}

// suspicions is the first thing in which each account's pushes differ, and in how many accounts there was anything to
// compare.
func (h *Handler) suspicions(ctx context.Context, accounts []string) (found []audit.Fault, compared int64, err error) {
	for _, account := range accounts {
		items, err := h.allItems(ctx, account)
		if err != nil {
			return nil, 0, err
		}
		since, err := h.since(ctx, items)
		if err != nil {
			return nil, 0, err
		}
		pushes, err := h.pushes.All(ctx, account)
		if err != nil {
			return nil, 0, err
		}
		if len(since)+len(pushes) > 0 {
			compared++
		}
		if wrong := logic.Compare(items, pushes, since, h.clock.Now()); len(wrong) > 0 {
			found = append(found, audit.Fault{
				Account: account, Transaction: wrong[0].Transaction, Rule: "push", Detail: wrong[0].Detail,
			})
		}
	}
	return found, compared, nil
}

// since is since when the customers of items have had a phone: those that have one.
func (h *Handler) since(ctx context.Context, items []*feedproto.Item) (map[string]time.Time, error) {
	asked, since := make(map[string]bool), make(map[string]time.Time)
	for _, item := range items {
		user := item.GetUserId()
		if user == "" || asked[user] {
			continue
		}
		first, err := h.devices.Since(ctx, user)
		if err != nil {
			return nil, err
		}
		if asked[user] = true; !first.IsZero() {
			since[user] = first
		}
	}
	return since, nil
}

// pageOf is how many items are asked for at once.
const pageOf = 100

func (h *Handler) allItems(ctx context.Context, account string) (all []*feedproto.Item, err error) {
	for token := ""; ; {
		page, err := h.feed.List(ctx, &feedproto.ListRequest{AccountId: account, PageToken: token, Limit: pageOf})
		if err != nil {
			return nil, err
		}
		all = append(all, page.GetItems()...)
		if token = page.GetNextPageToken(); token == "" {
			return all, nil
		}
	}
}
