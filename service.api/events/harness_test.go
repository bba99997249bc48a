package events

import (
	"cmp"
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"google.golang.org/grpc"

	"farthing/pkg/clock"
	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/pkg/id"
	moneyproto "farthing/pkg/money/proto"
	accountproto "farthing/service.account/proto"
	"farthing/service.api/caller"
	authproto "farthing/service.auth/proto"
	balanceproto "farthing/service.balance/proto"
	feedproto "farthing/service.feed/proto"
	potproto "farthing/service.pot/proto"
	transactionsproto "farthing/service.transactions/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	alice = "user_alice"
	app   = "oauth2client_app"
)

var alicesAcc = id.Derived("acc", noon, "alice")

// bank is all peers of the area at once.
type bank struct {
	hub *Hub

	mu      sync.Mutex // Guards the rest.
	changes []*feedproto.Change
	fails   error
	ended   bool // The token.
}

func newBank() *bank {
	return &bank{hub: NewHub(prometheus.NewGauge(prometheus.GaugeOpts{Name: "streams"}))}
}

// change is an item that changes, so many milliseconds after noon.
func (b *bank) change(ms int, name string, first bool) {
	b.put(&feedproto.Change{Id: changeAt(ms, name), First: first, Item: &feedproto.Item{
		Id: "feed_" + name, Type: feedproto.TypeTransaction, AccountId: alicesAcc, TransactionId: "tx_" + name, Title: name,
	}})
}

func (b *bank) put(c *feedproto.Change) {
	b.mu.Lock()
	b.changes = append(b.changes, c)
	b.mu.Unlock()
	b.hub.Wake(alicesAcc)
}

func (b *bank) set(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

type fakeFeed struct {
	feedproto.FeedClient
	*bank
}

func (f fakeFeed) Changes(
	_ context.Context, req *feedproto.ChangesRequest, _ ...grpc.CallOption,
) (*feedproto.ChangesResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := slices.DeleteFunc(slices.Clone(f.changes), func(c *feedproto.Change) bool {
		return c.GetId() <= req.GetAfterId()
	})
	slices.SortFunc(all, func(a, b *feedproto.Change) int { return strings.Compare(a.GetId(), b.GetId()) })
	return &feedproto.ChangesResponse{Changes: all[:min(len(all), int(req.GetLimit()), 3)]}, f.fails
}

type fakeAccounts struct{ accountproto.AccountsClient }

func (fakeAccounts) Get(
	context.Context, *accountproto.GetRequest, ...grpc.CallOption,
) (*accountproto.GetResponse, error) {
	return &accountproto.GetResponse{Account: &accountproto.Account{Id: alicesAcc, UserId: alice}}, nil
}

type fakeBalances struct{ balanceproto.BalanceClient }

func (fakeBalances) GetBalance(
	context.Context, *balanceproto.GetBalanceRequest, ...grpc.CallOption,
) (*balanceproto.GetBalanceResponse, error) {
	return &balanceproto.GetBalanceResponse{Available: &moneyproto.Money{Minor: 5, Currency: "GBP"}}, nil
}

type fakeAuth struct {
	authproto.AuthClient
	*bank
}

func (f fakeAuth) Check(
	context.Context, *authproto.CheckRequest, ...grpc.CallOption,
) (*authproto.CheckResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		return nil, errs.New(errs.Unauthorized+".bad_access_token.evicted", "It has ended")
	}
	return &authproto.CheckResponse{}, nil
}

type fakePots struct{ potproto.PotsClient }

func (fakePots) List(context.Context, *potproto.ListRequest, ...grpc.CallOption) (*potproto.ListResponse, error) {
	return &potproto.ListResponse{}, nil
}

type fakeTransactions struct {
	transactionsproto.TransactionsClient
}

func (fakeTransactions) Get(
	_ context.Context, req *transactionsproto.GetRequest, _ ...grpc.CallOption,
) (*transactionsproto.GetResponse, error) {
	return &transactionsproto.GetResponse{Transaction: &transactionsproto.Transaction{
		Id: req.GetTransactionId(), Amount: &moneyproto.Money{Currency: "GBP"},
	}}, nil
}

// allScopes is all that a stream may tell of.
func allScopes() []string { return []string{readsFeed, readsBalance, readsTransactions} }

// handler is the area's door, for Alice with these scopes.
func (b *bank) handler(scopes ...string) http.Handler {
	area := Area{
		Accounts: fakeAccounts{}, Auth: fakeAuth{bank: b}, Balances: fakeBalances{}, Feed: fakeFeed{bank: b},
		Pots: fakePots{}, Transactions: fakeTransactions{}, Hub: b.hub, Clock: clock.Fixed(noon),
	}
	router := &edge.Router{}
	router.Mount("/events", area.Routes(), func(req edge.Request, svc edge.Service) edge.Response {
		return svc(req.WithCaller(caller.Caller{UserID: alice, ClientID: app, Scopes: scopes}))
	})
	return edge.Handler(router)
}

// client is somebody who reads a stream.
type client struct {
	header http.Header

	mu   sync.Mutex // Guards the rest.
	text strings.Builder
	gone bool
}

func (c *client) Header() http.Header              { return c.header }
func (c *client) WriteHeader(int)                  {}
func (c *client) Flush()                           {}
func (c *client) SetWriteDeadline(time.Time) error { return nil }

func (c *client) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return 0, context.Canceled
	}
	return c.text.Write(p)
}

// sentence is one event as a client reads it.
type sentence struct{ event, data, id string }

// sentences are the events so far.
func (c *client) sentences() (all []sentence) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for line := range strings.Lines(c.text.String()) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch name {
		case "event":
			all = append(all, sentence{event: value})
		case "data":
			all[len(all)-1].data = value
		case "id":
			all[len(all)-1].id = value
		}
	}
	return all
}

// said is the names of the events so far, and the last id.
func (c *client) said() (names []string, lastID string) {
	for _, each := range c.sentences() {
		names, lastID = append(names, each.event), cmp.Or(each.id, lastID)
	}
	return names, lastID
}

// follow reads a stream until it is stopped, by stop or by itself.
func follow(t *testing.T, h http.Handler, lastID string) (c *client, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/events?account_id="+alicesAcc, nil)
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	c = &client{header: http.Header{}}
	done := make(chan struct{})
	go func() { defer close(done); h.ServeHTTP(c, req) }()
	return c, func() { cancel(); <-done }
}
