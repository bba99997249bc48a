package handler

import (
	"context"
	"strings"

	"farthing/pkg/audit"
	"farthing/service.feed-generator/logic"
	feedproto "farthing/service.feed/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// The walk goes over the accounts that have transactions, then over those that have items: who has only these has
// too many. A place says in which of the two it is.
const (
	ofTransactions = "transactions/"
	ofItems        = "items/"
)

// audit compares the feeds of some accounts with their transactions. It may go on while they change: what differs is
// looked at again a few times, for its event may be on its way.
func (g *generator) audit(ctx context.Context, w audit.Window) (audit.Page, error) {
	accounts, next, err := audit.InTurn(ctx, w,
		audit.Part[[]string]{Name: ofTransactions, Walk: g.withTransactions},
		audit.Part[[]string]{Name: ofItems, Walk: g.withItemsAlone})
	if err != nil {
		return audit.Page{}, err
	}
	page := audit.Page{Next: next}
	if !strings.HasPrefix(w.After, ofItems) {
		page.Checked = int64(len(accounts))
	}
	page.Faults, err = audit.Persisting(ctx, accounts, g.suspicions, g.wait)
	return page, err
}

func (g *generator) withTransactions(ctx context.Context, w audit.Window) ([]string, string, error) {
	listed, err := g.transactions.ListAccounts(ctx, &transactionsproto.ListAccountsRequest{
		After: w.After, Limit: int32(w.Limit), //nolint:gosec // At most 200.
	})
	return listed.GetAccountIds(), listed.GetNext(), err
}

func (g *generator) withItemsAlone(ctx context.Context, w audit.Window) ([]string, string, error) {
	listed, err := g.feed.ListAccounts(ctx, &feedproto.ListAccountsRequest{
		After: w.After, Limit: int32(w.Limit), //nolint:gosec // At most 200.
	})
	if err != nil {
		return nil, "", err
	}
	accounts, err := g.without(ctx, listed.GetAccountIds())
	return accounts, listed.GetNext(), err
}

// without is which of the accounts have no transaction: the others have been compared.
func (g *generator) without(ctx context.Context, accounts []string) (bare []string, err error) {
	for _, account := range accounts {
		page, err := g.transactions.List(ctx, &transactionsproto.ListRequest{AccountId: account, Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(page.GetTransactions()) == 0 {
			bare = append(bare, account)
		}
	}
	return bare, nil
}

// suspicions is the first thing in which each account's feed differs.
func (g *generator) suspicions(ctx context.Context, accounts []string) ([]audit.Fault, error) {
	var found []audit.Fault
	for _, account := range accounts {
		transactions, err := g.allTransactions(ctx, account) // First: what the feed has more is newer.
		if err != nil {
			return nil, err
		}
		items, err := feedproto.All(ctx, g.feed, account)
		if err != nil {
			return nil, err
		}
		if wrong := logic.Compare(transactions, items, g.clock.Now()); len(wrong) > 0 {
			found = append(found, audit.Fault{
				Account: account, Transaction: wrong[0].Transaction, Rule: "feed", Detail: wrong[0].Detail,
			})
		}
	}
	return found, nil
}

// pageOf is how many are asked for at once.
const pageOf = 100

func (g *generator) allTransactions(ctx context.Context, account string) (
	all []*transactionsproto.Transaction, err error,
) {
	for after := ""; ; {
		page, err := g.transactions.List(ctx, &transactionsproto.ListRequest{
			AccountId: account, SinceId: after, Limit: pageOf,
		})
		if err != nil {
			return nil, err
		}
		all = append(all, page.GetTransactions()...)
		if len(page.GetTransactions()) == 0 {
			return all, nil
		}
		after = all[len(all)-1].GetId()
	}
}
