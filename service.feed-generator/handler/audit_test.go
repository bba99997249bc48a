package handler

import (
	"context"
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/audit"
	"farthing/pkg/audit/audittest"
	"farthing/pkg/clock"
	"farthing/pkg/events"
	moneyproto "farthing/pkg/money/proto"
	"farthing/service.feed-generator/logic"
	feedproto "farthing/service.feed/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// kept is fakes of service.transactions and service.feed with accounts in order: each has a list of both.
type kept struct {
	transactionsproto.TransactionsClient
	accounts     []string
	transactions map[string][]*transactionsproto.Transaction
	items        map[string][]*feedproto.Item
}

func (k *kept) ListAccounts(
	_ context.Context, req *transactionsproto.ListAccountsRequest, _ ...grpc.CallOption,
) (*transactionsproto.ListAccountsResponse, error) {
	accounts, next := k.walk(req.GetAfter(), len(k.transactions))
	return &transactionsproto.ListAccountsResponse{AccountIds: accounts, Next: next}, nil
}

// walk is one account at a time.
func (k *kept) walk(after string, many int) ([]string, string) {
	at := 0
	_, _ = fmt.Sscan(after, &at)
	if next := at + 1; next < many {
		return k.accounts[at:next], fmt.Sprint(next)
	}
	return k.accounts[at:min(at+1, many)], ""
}

func (k *kept) List(
	_ context.Context, req *transactionsproto.ListRequest, _ ...grpc.CallOption,
) (*transactionsproto.ListResponse, error) {
	rsp := &transactionsproto.ListResponse{}
	for _, t := range k.transactions[req.GetAccountId()] {
		if t.GetId() > req.GetSinceId() && len(rsp.GetTransactions()) < int(req.GetLimit()) {
			rsp.Transactions = append(rsp.Transactions, t)
		}
	}
	return rsp, nil
}

type keptFeed struct {
	feedproto.FeedClient
	*kept
}

func (k keptFeed) ListAccounts(
	_ context.Context, req *feedproto.ListAccountsRequest, _ ...grpc.CallOption,
) (*feedproto.ListAccountsResponse, error) {
	accounts, next := k.walk(req.GetAfter(), len(k.accounts))
	return &feedproto.ListAccountsResponse{AccountIds: accounts, Next: next}, nil
}

func (k keptFeed) List(
	_ context.Context, req *feedproto.ListRequest, _ ...grpc.CallOption,
) (*feedproto.ListResponse, error) {
	return &feedproto.ListResponse{Items: k.items[req.GetAccountId()]}, nil
}

// newKept is three accounts with 120 transactions each, all of them shown, and something of a program's.
func newKept() *kept {
	k := &kept{
		accounts: []string{"acc_1", "acc_2", "acc_3"}, transactions: make(map[string][]*transactionsproto.Transaction),
		items: make(map[string][]*feedproto.Item),
	}
	for _, account := range k.accounts {
		for n := range 120 {
			t := proto.CloneOf(coffee())
			t.Id, t.AccountId = fmt.Sprintf("tx_%s_%03d", account, n), account
			t.UpdatedMs = noon.Add(-time.Hour).UnixMilli()
			k.transactions[account] = append(k.transactions[account], t)
			k.items[account] = append(k.items[account], logic.ItemOf(t))
		}
		k.items[account] = append(k.items[account], added(account))
	}
	return k
}

// added is what a program has put into a feed.
func added(account string) *feedproto.Item {
	return &feedproto.Item{
		Id: "feed_" + account, Type: feedproto.TypeBasic, AccountId: account, Title: "Hello", ClientId: "oauth2client_1",
	}
}

// audited is all faults, and how often the audit waited to look again; then what is under way comes.
func audited(t *testing.T, k *kept, comes func()) (faults []audit.Fault, waits int) {
	t.Helper()
	g := &generator{transactions: k, feed: keptFeed{nil, k}, clock: clock.StartingAt(noon)}
	g.wait = func(context.Context, time.Duration) error {
		waits++
		comes()
		return nil
	}
	whole := audittest.Whole(t, 1, g.audit)
	if whole.Checked != int64(len(k.transactions)) {
		t.Errorf("%d accounts were compared, want %d", whole.Checked, len(k.transactions))
	}
	return whole.Faults, waits
}

func TestFeedsThatShowAllHaveNoFault(t *testing.T) {
	if faults, waits := audited(t, newKept(), func() {}); len(faults) != 0 || waits != 0 {
		t.Errorf("found %v after %d waits", faults, waits)
	}
}

// What programs add is of no transaction: neither what stands in a transaction's place is taken for it, nor what only
// says so.
func TestAProgramsItemStandsForNoTransaction(t *testing.T) {
	const account, at = "acc_2", 110
	k := newKept()
	planted := added(account)
	planted.Id, planted.Version = k.items[account][at].GetId(), 9_999_999
	k.items[account][at] = planted
	faults, _ := audited(t, k, func() {})
	if len(faults) != 1 || faults[0].Detail != "the feed does not show it" ||
		faults[0].Transaction != k.transactions[account][at].GetId() {
		t.Errorf("in a transaction's place: found %+v", faults)
	}
	k = newKept()
	planted = added(account)
	planted.TransactionId = k.transactions[account][at].GetId()
	k.items[account] = append(k.items[account], planted)
	faults, _ = audited(t, k, func() {})
	if len(faults) != 1 || faults[0].Detail != "the feed shows it as feed_acc_2, which a program has added" ||
		faults[0].Transaction != planted.GetTransactionId() {
		t.Errorf("under a transaction's name: found %+v", faults)
	}
}

// Items that were made before items had the time of a last change are not wrong.
func TestAnItemOfAnEarlierReleaseIsNoFault(t *testing.T) {
	k := newKept()
	k.items["acc_2"][7].UpdatedMs = 0
	if faults, _ := audited(t, k, func() {}); len(faults) != 0 {
		t.Errorf("found %v", faults)
	}
}

func TestOneChangeOfAFeedIsFoundAndNamed(t *testing.T) {
	const account, at = "acc_2", 110
	for says, change := range map[string]func(*kept, *feedproto.Item){
		"the feed shows it under another title": func(_ *kept, i *feedproto.Item) { i.Title += "x" },
		"the feed says something else of it":    func(_ *kept, i *feedproto.Item) { i.Body = "Refund" },
		"the feed shows another amount of it": func(_ *kept, i *feedproto.Item) {
			i.Amount = &moneyproto.Money{Minor: 1, Currency: "GBP"}
		},
		"the feed shows another version of it": func(_ *kept, i *feedproto.Item) { i.Version-- },
		"the feed shows it differently":        func(_ *kept, i *feedproto.Item) { i.UpdatedMs++ },
		"the feed does not show it": func(k *kept, _ *feedproto.Item) {
			k.items[account] = cut(k.items[account], at)
		},
	} {
		k := newKept()
		item := proto.CloneOf(k.items[account][at])
		k.items[account][at] = item
		change(k, item)
		faults, _ := audited(t, k, func() {})
		if len(faults) != 1 || faults[0].Detail != says || faults[0].Account != account || faults[0].Rule != "feed" ||
			faults[0].Transaction != k.transactions[account][at].GetId() {
			t.Errorf("%s: found %+v", says, faults)
		}
	}
	k := newKept()
	stray := &feedproto.Item{Id: "feed_1", Type: "transaction", TransactionId: "tx_x"}
	k.items[account] = append(k.items[account], stray)
	if faults, _ := audited(t, k, func() {}); len(faults) != 1 || faults[0].Transaction != "tx_x" {
		t.Errorf("of an item without a transaction: found %+v", faults)
	}
	k = newKept()
	delete(k.transactions, "acc_3")
	if faults, _ := audited(t, k, func() {}); len(faults) != 1 || faults[0].Account != "acc_3" {
		t.Errorf("of an account without transactions: found %+v", faults)
	}
}

func TestWhatIsUnderWayIsNoFault(t *testing.T) {
	young := newKept()
	young.transactions["acc_1"][7].UpdatedMs = noon.Add(-events.UnderWay + time.Second).UnixMilli()
	young.items["acc_1"] = cut(young.items["acc_1"], 7)
	if faults, waits := audited(t, young, func() {}); len(faults) != 0 || waits != 0 {
		t.Errorf("of a young one: found %v after %d waits", faults, waits)
	}
	late := newKept()
	all := late.items["acc_1"]
	late.items["acc_1"] = cut(all, 7)
	if faults, waits := audited(t, late, func() { late.items["acc_1"] = all }); len(faults) != 0 || waits != 1 {
		t.Errorf("of one that comes meanwhile: found %v after %d waits", faults, waits)
	}
}

// cut is items without one.
func cut(items []*feedproto.Item, at int) []*feedproto.Item {
	return append(append([]*feedproto.Item(nil), items[:at]...), items[at+1:]...)
}
