package handler

import (
	"context"
	"time"

	"farthing/pkg/audit"
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
	accounts, next, err := audit.InTurn(ctx, w,
		audit.Part[[]string]{Name: ofItems, Walk: h.withItems}, audit.Part[[]string]{Name: ofPushes, Walk: h.withPushesAlone})
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

func (h *Handler) withItems(ctx context.Context, w audit.Window) ([]string, string, error) {
	listed, err := h.feed.ListAccounts(ctx, &feedproto.ListAccountsRequest{
		After: w.After, Limit: int32(w.Limit), //nolint:gosec // At most 200.
	})
	return listed.GetAccountIds(), listed.GetNext(), err
}

func (h *Handler) withPushesAlone(ctx context.Context, w audit.Window) ([]string, string, error) {
	accounts, next, err := h.pushes.Accounts(ctx, w.After, w.Limit)
	if err != nil {
		return nil, "", err
	}
	accounts, err = h.without(ctx, accounts)
	return accounts, next, err
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
		items, err := feedproto.All(ctx, h.feed, account)
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
