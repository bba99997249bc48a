package world

import (
	"context"
	"fmt"

	"google.golang.org/grpc"

	"farthing/service.apns/fakeapple"
	balanceproto "farthing/service.balance/proto"
	feedproto "farthing/service.feed/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// Records is what the bank has of one account, as its services tell an auditor, and what the phone shows.
type Records struct {
	Entries      []*balanceproto.Entry
	Transactions []*transactionsproto.Transaction
	Items        []*feedproto.Item
	Pushes       []fakeapple.Delivery
	Available    int64
	Since        int64 // Unix milliseconds: what is older is somebody else's, and not in the book.
}

// Dialler opens connections to services: a foundation.Process is one.
type Dialler interface {
	Dial(caller, callee string) (grpc.ClientConnInterface, error)
}

// Read reads an account's records but for the pushes, page by page.
func Read(ctx context.Context, from Dialler, account string) (Records, error) {
	r := Records{}
	for service, read := range map[string]func(context.Context, grpc.ClientConnInterface, string) error{
		"service.balance": r.readLedger, "service.transactions": r.readTransactions, "service.feed": r.readFeed,
	} {
		conn, err := from.Dial(caller, service)
		if err == nil {
			err = read(ctx, conn, account)
		}
		if err != nil {
			return Records{}, fmt.Errorf("reading %s of %s: %w", service, account, err)
		}
	}
	return r, nil
}

const pageOf = 100

func (r *Records) readLedger(ctx context.Context, conn grpc.ClientConnInterface, account string) error {
	balance := balanceproto.NewBalanceClient(conn)
	for after := int64(0); ; {
		page, err := balance.ListEntries(ctx, &balanceproto.ListEntriesRequest{
			AccountId: account, AfterSequence: after, Limit: pageOf,
		})
		if err != nil {
			return err
		}
		if len(page.GetEntries()) == 0 {
			break
		}
		r.Entries = append(r.Entries, page.GetEntries()...)
		after = r.Entries[len(r.Entries)-1].GetSequence()
	}
	state, err := balance.GetBalance(ctx, &balanceproto.GetBalanceRequest{AccountId: account})
	r.Available = state.GetAvailable().GetMinor()
	return err
}

func (r *Records) readTransactions(ctx context.Context, conn grpc.ClientConnInterface, account string) error {
	transactions, last := transactionsproto.NewTransactionsClient(conn), ""
	for {
		page, err := transactions.List(ctx, &transactionsproto.ListRequest{
			AccountId: account, SinceId: last, Limit: pageOf,
		})
		if err != nil || len(page.GetTransactions()) == 0 {
			return err
		}
		r.Transactions = append(r.Transactions, page.GetTransactions()...)
		last = r.Transactions[len(r.Transactions)-1].GetId()
	}
}

func (r *Records) readFeed(ctx context.Context, conn grpc.ClientConnInterface, account string) error {
	feed, token := feedproto.NewFeedClient(conn), ""
	for {
		page, err := feed.List(ctx, &feedproto.ListRequest{AccountId: account, Limit: pageOf, PageToken: token})
		if err != nil {
			return err
		}
		r.Items = append(r.Items, page.GetItems()...)
		if token = page.GetNextPageToken(); token == "" {
			return nil
		}
	}
}
