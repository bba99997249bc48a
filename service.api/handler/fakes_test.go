package handler

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/clock"
	"farthing/pkg/edge"
	"farthing/pkg/edge/edgetest"
	"farthing/pkg/errs"
	"farthing/pkg/id"
	moneyproto "farthing/pkg/money/proto"
	accountproto "farthing/service.account/proto"
	attachmentproto "farthing/service.attachment/proto"
	authproto "farthing/service.auth/proto"
	balanceproto "farthing/service.balance/proto"
	cardsproto "farthing/service.cards/proto"
	customerproto "farthing/service.customer/proto"
	feedproto "farthing/service.feed/proto"
	potproto "farthing/service.pot/proto"
	receiptproto "farthing/service.receipt/proto"
	transactionsproto "farthing/service.transactions/proto"
	webhookproto "farthing/service.webhook/proto"
)

// noon is when everything in these tests happens.
var noon = time.Date(2026, 11, 9, 12, 30, 53, 695e6, time.UTC)

// idOf is the id of a kind, made at a time, that a name always gets.
func idOf(prefix, name string, at time.Time) string { return id.Derived(prefix, at, name) }

// Two customers, one account each.
var (
	alice        = idOf("user", "alice", noon)
	bob          = idOf("user", "bob", noon)
	alicesAcc    = idOf("acc", "alice", noon)
	bobsAcc      = idOf("acc", "bob", noon)
	nobodysAcc   = idOf("acc", "nobody", noon)
	alicesClient = "oauth2client_alice"
)

// bank is all peers of the API at once, as far as the API sees them.
type bank struct {
	tokens       map[string]*authproto.CheckResponse
	accounts     []*accountproto.Account
	customers    []*customerproto.Customer
	cards        []*cardsproto.Card
	transactions []*transactionsproto.Transaction
	items        []*feedproto.Item
	pots         []*potproto.Pot
	receipts     []*receiptproto.Receipt // All of Alice's program.
	attachments  []*attachmentproto.Attachment
	hooks        []*webhookproto.Webhook
	files        map[string]*uploadedFile // By token, which is the same for both uses.
	fails        map[string]error         // By peer.
	changes      []proto.Message          // Requests that changed something.
	asked        []proto.Message          // Lists that were asked for.
	later        time.Duration            // Than noon, when the tokens were approved.
}

// newBank has both customers, their tokens "alice" and "bob", and nothing on their accounts.
func newBank() *bank {
	b := &bank{tokens: make(map[string]*authproto.CheckResponse), fails: make(map[string]error)}
	for name, user := range map[string]string{"alice": alice, "bob": bob} {
		b.tokens[name] = &authproto.CheckResponse{
			UserId: user, ClientId: "oauth2client_" + name, Scopes: authproto.Scopes(), ApprovedMs: noon.UnixMilli(),
		}
	}
	b.accounts = []*accountproto.Account{
		{
			Id: alicesAcc, UserId: alice, Type: "uk_retail", Currency: "GBP", SortCode: "040004",
			AccountNumber: "12345678", CreatedMs: noon.UnixMilli(),
		},
		{Id: bobsAcc, UserId: bob, Type: "uk_retail", Currency: "GBP", SortCode: "040004", AccountNumber: "87654321"},
	}
	b.customers = []*customerproto.Customer{
		{Id: alice, PreferredName: "Alice Example", PreferredFirstName: "Alice"},
		{Id: bob, PreferredName: "Bob Example", PreferredFirstName: "Bob"},
	}
	return b
}

// serve serves the API of the bank.
func (b *bank) serve(t *testing.T) *edgetest.Door {
	t.Helper()
	return edgetest.Serve(t, door(b.peers(), edge.Standard{}))
}

func (b *bank) peers() peers {
	return peers{
		auth: fakeAuth{b: b}, accounts: fakeAccounts{b: b}, attachments: fakeAttachments{b: b},
		balances: fakeBalances{b: b}, cards: fakeCards{b: b},
		customers: fakeCustomers{b: b}, feed: fakeFeed{b: b}, pots: fakePots{b: b},
		receipts: fakeReceipts{b: b}, transactions: fakeTransactions{b: b}, clock: clock.Fixed(noon.Add(b.later)),
		webhooks: fakeWebhooks{b: b},
		origin:   func(edge.Request) string { return "https://api.farthing.example" },
	}
}

// wantUnchanged fails the test if anything was written.
func wantUnchanged(t *testing.T, b *bank) {
	t.Helper()
	if len(b.changes) > 0 {
		t.Errorf("something was changed: %v", b.changes)
	}
}

// into decodes an answer of any status.
func into(t *testing.T, rsp edgetest.Reply, v any) {
	t.Helper()
	if err := json.Unmarshal(rsp.Body, v); err != nil {
		t.Fatalf("the answer is not JSON: %v: %s", err, rsp.Body)
	}
}

// headersBut is the difference of two answers' headers, but for the time.
func headersBut(got, want http.Header) string {
	got, want = got.Clone(), want.Clone()
	got.Del("Date")
	want.Del("Date")
	return cmp.Diff(want, got)
}

// find is the thing of an id, or what the peer answers when there is none.
func find[T any](b *bank, kind string, things []T, idOf func(T) string, wanted string) (T, error) {
	var none T
	if err := b.fails[kind]; err != nil {
		return none, err
	}
	for _, each := range things {
		if idOf(each) == wanted {
			return each, nil
		}
	}
	return none, errs.Missing(kind)
}

func pence(minor int64) *moneyproto.Money { return &moneyproto.Money{Minor: minor, Currency: "GBP"} }

type fakeAuth struct {
	authproto.AuthClient
	b *bank
}

func (f fakeAuth) Check(
	_ context.Context, req *authproto.CheckRequest, _ ...grpc.CallOption,
) (*authproto.CheckResponse, error) {
	known, ok := f.b.tokens[req.GetAccessToken()]
	switch {
	case f.b.fails["auth"] != nil:
		return nil, f.b.fails["auth"]
	case !ok:
		return nil, errs.New("unauthorized.bad_access_token", "The access token is not valid")
	case known.GetExpiresMs() != 0:
		return nil, errs.New("unauthorized.bad_access_token.expired", "The access token has expired")
	}
	return known, nil
}

// Revoke lets tokens live: the tests of other things have use for them.
func (f fakeAuth) Revoke(
	_ context.Context, req *authproto.RevokeRequest, _ ...grpc.CallOption,
) (*authproto.RevokeResponse, error) {
	f.b.changes = append(f.b.changes, req)
	return &authproto.RevokeResponse{}, f.b.fails["auth"]
}

// Redeem knows one code, and Refresh one refresh token.
func (f fakeAuth) Redeem(
	_ context.Context, req *authproto.RedeemRequest, _ ...grpc.CallOption,
) (*authproto.RedeemResponse, error) {
	f.b.changes = append(f.b.changes, req)
	switch {
	case f.b.fails["auth"] != nil:
		return nil, f.b.fails["auth"]
	case req.GetCode() != "good":
		return nil, errs.New("bad_request.authorization_code.invalid", "The authorisation code is not valid")
	}
	return &authproto.RedeemResponse{Tokens: given(req.GetCredentials())}, nil
}

func (f fakeAuth) Refresh(
	_ context.Context, req *authproto.RefreshRequest, _ ...grpc.CallOption,
) (*authproto.RefreshResponse, error) {
	f.b.changes = append(f.b.changes, req)
	if req.GetRefreshToken() != "good" {
		return nil, errs.New("bad_request.refresh_token.evicted", "The refresh token is not valid")
	}
	return &authproto.RefreshResponse{Tokens: given(req.GetCredentials())}, nil
}

// given has a refresh token if the client shows a secret.
func given(c *authproto.Credentials) *authproto.Tokens {
	tokens := &authproto.Tokens{
		AccessToken: "farthing_at_x", ClientId: c.GetClientId(), UserId: alice, ExpiresInSeconds: 21600,
		Scopes: []string{"accounts:read", "feed:read"},
	}
	if c.GetClientSecret() != "" {
		tokens.RefreshToken = "farthing_rt_x"
	}
	return tokens
}

type fakeAccounts struct {
	accountproto.AccountsClient
	b *bank
}

func (f fakeAccounts) Get(
	_ context.Context, req *accountproto.GetRequest, _ ...grpc.CallOption,
) (*accountproto.GetResponse, error) {
	found, err := find(f.b, "account", f.b.accounts, (*accountproto.Account).GetId, req.GetAccountId())
	return &accountproto.GetResponse{Account: found}, err
}

func (f fakeAccounts) List(
	_ context.Context, req *accountproto.ListRequest, _ ...grpc.CallOption,
) (*accountproto.ListResponse, error) {
	rsp := &accountproto.ListResponse{}
	for _, each := range f.b.accounts {
		if each.GetUserId() == req.GetUserId() {
			rsp.Accounts = append(rsp.Accounts, each)
		}
	}
	return rsp, f.b.fails["account"]
}

type fakeCustomers struct {
	customerproto.CustomersClient
	b *bank
}

func (f fakeCustomers) Get(
	_ context.Context, req *customerproto.GetRequest, _ ...grpc.CallOption,
) (*customerproto.GetResponse, error) {
	found, err := find(f.b, "customer", f.b.customers, (*customerproto.Customer).GetId, req.GetUserId())
	return &customerproto.GetResponse{Customer: found}, err
}

type fakeBalances struct {
	balanceproto.BalanceClient
	b *bank
}

func (f fakeBalances) GetBalance(
	_ context.Context, req *balanceproto.GetBalanceRequest, _ ...grpc.CallOption,
) (*balanceproto.GetBalanceResponse, error) {
	if _, err := find(f.b, "balance", f.b.accounts, (*accountproto.Account).GetId, req.GetAccountId()); err != nil {
		return nil, err
	}
	return &balanceproto.GetBalanceResponse{
		Available: pence(123_456), Posted: pence(123_806), Held: pence(350), SpendToday: pence(-350), OpenHolds: 1,
	}, nil
}

type fakeCards struct {
	cardsproto.CardsClient
	b *bank
}

func (f fakeCards) Get(
	_ context.Context, req *cardsproto.GetRequest, _ ...grpc.CallOption,
) (*cardsproto.GetResponse, error) {
	found, err := find(f.b, "card", f.b.cards, (*cardsproto.Card).GetId, req.GetCardId())
	return &cardsproto.GetResponse{Card: found}, err
}

func (f fakeCards) List(
	_ context.Context, req *cardsproto.ListRequest, _ ...grpc.CallOption,
) (*cardsproto.ListResponse, error) {
	rsp := &cardsproto.ListResponse{}
	for _, each := range f.b.cards {
		if each.GetAccountId() == req.GetAccountId() {
			rsp.Cards = append(rsp.Cards, each)
		}
	}
	return rsp, f.b.fails["card"]
}

func (f fakeCards) SetStatus(
	_ context.Context, req *cardsproto.SetStatusRequest, _ ...grpc.CallOption,
) (*cardsproto.SetStatusResponse, error) {
	found, err := find(f.b, "card", f.b.cards, (*cardsproto.Card).GetId, req.GetCardId())
	switch {
	case err != nil:
		return nil, err
	case found.GetStatus() == cardsproto.Status_STATUS_CLOSED:
		return nil, errs.New("precondition_failed.card_closed", "The card is closed")
	}
	f.b.changes = append(f.b.changes, req)
	found.Status = req.GetStatus()
	return &cardsproto.SetStatusResponse{Card: found}, nil
}

func (f fakeCards) Replace(
	_ context.Context, req *cardsproto.ReplaceRequest, _ ...grpc.CallOption,
) (*cardsproto.ReplaceResponse, error) {
	found, err := find(f.b, "card", f.b.cards, (*cardsproto.Card).GetId, req.GetCardId())
	if err != nil {
		return nil, err
	}
	f.b.changes = append(f.b.changes, req)
	made := proto.CloneOf(found)
	made.Id, made.LastFour = idOf("card", "replacement", noon), "7777"
	found.Status = cardsproto.Status_STATUS_CLOSED
	f.b.cards = append(f.b.cards, made)
	return &cardsproto.ReplaceResponse{Card: made}, nil
}

func (f fakeCards) ResetPIN(
	_ context.Context, req *cardsproto.ResetPINRequest, _ ...grpc.CallOption,
) (*cardsproto.ResetPINResponse, error) {
	f.b.changes = append(f.b.changes, req)
	return &cardsproto.ResetPINResponse{}, nil
}

type fakeTransactions struct {
	transactionsproto.TransactionsClient
	b *bank
}

func (f fakeTransactions) find(transactionID string) (*transactionsproto.Transaction, error) {
	return find(f.b, "transaction", f.b.transactions, (*transactionsproto.Transaction).GetId, transactionID)
}

func (f fakeTransactions) Get(
	_ context.Context, req *transactionsproto.GetRequest, _ ...grpc.CallOption,
) (*transactionsproto.GetResponse, error) {
	found, err := f.find(req.GetTransactionId())
	return &transactionsproto.GetResponse{Transaction: found}, err
}

// List has the window of service.transactions: times by created, ids by themselves.
func (f fakeTransactions) List(
	_ context.Context, req *transactionsproto.ListRequest, _ ...grpc.CallOption,
) (*transactionsproto.ListResponse, error) {
	f.b.asked = append(f.b.asked, req)
	if err := f.b.fails["transaction"]; err != nil {
		return nil, err
	}
	rsp := &transactionsproto.ListResponse{}
	for _, each := range f.b.transactions {
		inWindow := each.GetCreatedMs() >= req.GetSinceMs() && each.GetId() > req.GetSinceId() &&
			(req.GetBeforeMs() == 0 || each.GetCreatedMs() < req.GetBeforeMs())
		if each.GetAccountId() == req.GetAccountId() && inWindow && len(rsp.GetTransactions()) < int(req.GetLimit()) {
			rsp.Transactions = append(rsp.Transactions, each)
		}
	}
	return rsp, nil
}

func (f fakeTransactions) Annotate(
	_ context.Context, req *transactionsproto.AnnotateRequest, _ ...grpc.CallOption,
) (*transactionsproto.AnnotateResponse, error) {
	found, err := f.find(req.GetTransactionId())
	if err != nil {
		return nil, err
	}
	f.b.changes = append(f.b.changes, req)
	annotated := proto.CloneOf(found)
	annotated.Metadata, annotated.Notes = req.GetMetadata(), req.GetMetadata()["notes"]
	return &transactionsproto.AnnotateResponse{Transaction: annotated}, nil
}
