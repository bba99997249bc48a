package handler

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	"farthing/pkg/foundation/foundationtest"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/store/faults"
	"farthing/pkg/store/worklist"
	accountproto "farthing/service.account/proto"
	balanceproto "farthing/service.balance/proto"
	customerproto "farthing/service.customer/proto"
	paymentproto "farthing/service.payment/proto"
	transactionsproto "farthing/service.transactions/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	ada, bob         = "user_00009zIcpb1TB4yeIFXMzx", "user_00009zIcpb1TB4yeIFXMzy"
	adas, bobs       = "acc_00009zIcpb1TB4yeIFXMzx", "acc_00009zIcpb1TB4yeIFXMzy"
	ours             = "001960"
	nostro, underWay = "OWN_ACCOUNT_NOSTRO", "OWN_ACCOUNT_PAYMENT_SCHEME"
	suspense         = "OWN_ACCOUNT_SUSPENSE"
)

// bank is service.payment beside fakes of its peers.
type bank struct {
	*foundationtest.Bank
	handler  *Handler
	payments paymentproto.PaymentsClient
	peers    *peers
}

// newBank has 100.00 in Ada's account.
func newBank(t *testing.T, pick faults.Pick) *bank {
	t.Helper()
	b := &bank{peers: &peers{
		has: map[string]int64{adas: 100_00}, transfers: make(map[string]*balanceproto.TransferResponse),
		made:     make(map[string]*balanceproto.GetTransferResponse),
		recorded: make(map[string]*transactionsproto.RecordRequest),
	}}
	service := foundation.Service{Name: Service.Name, Schema: Service.Schema, Register: func(env *foundation.Env) error {
		var err error
		if b.handler, err = newHandler(env); err == nil {
			paymentproto.RegisterPaymentsServer(env.GRPC, b.handler)
		}
		return err
	}}
	b.Bank = foundationtest.RunOn(t, pick, append(b.peers.services(), service)...)
	b.payments = paymentproto.NewPaymentsClient(b.Dial(t, "service.api", Service.Name))
	return b
}

// sweep does what is due, as the sweepers do after a while.
func (b *bank) sweep(t *testing.T, after time.Duration) {
	t.Helper()
	was := b.Clock.Now()
	b.Clock.AdvanceTo(was.Add(after))
	h := b.handler
	for _, each := range []struct {
		list *worklist.List
		take func(context.Context, worklist.Item) error
	}{{h.store.Unfinished, h.finishLate}, {h.store.Returns, h.comeBack}, {h.store.Due, h.runOrder}} {
		if err := each.list.Each(t.Context(), was.Add(-2*time.Hour), b.Clock.Now(), each.take); err != nil {
			t.Fatalf("sweeping: %v", err)
		}
	}
}

// until repeats an act until it is answered for good.
func until[R any](act func() (R, error)) (R, error) {
	var rsp R
	var err error
	for range 6 {
		rsp, err = act()
		if !errs.Is(err, errs.Unavailable) && !errs.Is(err, errs.Timeout) && !errs.Is(err, errs.Internal) {
			return rsp, err
		}
	}
	return rsp, fmt.Errorf("six times: %w", err)
}

func pounds(minor int64) *moneyproto.Money { return &moneyproto.Money{Minor: minor, Currency: "GBP"} }

// grace is at another bank. How her number ends is what the scheme goes by.
func grace(rule string) *paymentproto.Party {
	return &paymentproto.Party{Name: "Grace Hopper", SortCode: "040004", AccountNumber: "123456" + rule}
}

func toBob() *paymentproto.Party {
	return &paymentproto.Party{Name: "Bob Babbage", SortCode: ours, AccountNumber: "22222222"}
}

func sending(dedupeID string, to *paymentproto.Party, minor int64) *paymentproto.SendRequest {
	return &paymentproto.SendRequest{
		AccountId: adas, Party: to, Amount: pounds(minor), Reference: "RENT", DedupeId: dedupeID,
	}
}

func (b *bank) send(t *testing.T, req *paymentproto.SendRequest) *paymentproto.Payment {
	t.Helper()
	rsp, err := until(func() (*paymentproto.SendResponse, error) { return b.payments.Send(t.Context(), req) })
	if err != nil {
		t.Fatalf("sending: %v", err)
	}
	return rsp.GetPayment()
}

func (b *bank) get(t *testing.T, id string) *paymentproto.Payment {
	t.Helper()
	rsp, err := b.payments.Get(t.Context(), &paymentproto.GetRequest{PaymentId: id})
	if err != nil {
		t.Fatalf("getting: %v", err)
	}
	return rsp.GetPayment()
}

// want fails unless accounts have this much, Ada's and Bob's transactions come to the same, and the audit finds
// nothing.
func (b *bank) want(t *testing.T, has map[string]int64) {
	t.Helper()
	b.wantSound(t)
	b.peers.mu.Lock()
	defer b.peers.mu.Unlock()
	for account, minor := range has {
		if b.peers.has[account] != minor {
			t.Errorf("%s has %d, want %d", account, b.peers.has[account], minor)
		}
	}
	recorded := map[string]int64{adas: 100_00}
	for _, r := range b.peers.recorded {
		if r.GetStatus() != transactionsproto.Status_STATUS_DECLINED {
			recorded[r.GetAccountId()] += r.GetAmount().GetMinor()
		}
	}
	for _, account := range []string{adas, bobs} {
		if recorded[account] != b.peers.has[account] {
			t.Errorf("the transactions of %s come to %d, and it has %d", account, recorded[account], b.peers.has[account])
		}
	}
}

// peers are fakes of all that service.payment calls.
type peers struct {
	balanceproto.UnimplementedBalanceServer

	mu        sync.Mutex // Guards the rest.
	has       map[string]int64
	transfers map[string]*balanceproto.TransferResponse
	made      map[string]*balanceproto.GetTransferResponse // By their dedupe ids, too.
	looked    func()                                       // Is called once, before a transfer is looked up.
	recorded  map[string]*transactionsproto.RecordRequest  // In their newest version.
	closed    bool                                         // Ada's account is.
}

func (p *peers) services() []foundation.Service {
	return []foundation.Service{
		{Name: "service.account", Register: func(env *foundation.Env) error {
			accountproto.RegisterAccountsServer(env.GRPC, accounts{p: p})
			return nil
		}},
		{Name: "service.balance", Register: func(env *foundation.Env) error {
			balanceproto.RegisterBalanceServer(env.GRPC, p)
			return nil
		}},
		{Name: "service.customer", Register: func(env *foundation.Env) error {
			customerproto.RegisterCustomersServer(env.GRPC, customers{})
			return nil
		}},
		{Name: "service.transactions", Register: func(env *foundation.Env) error {
			transactionsproto.RegisterTransactionsServer(env.GRPC, transactions{p: p})
			return nil
		}},
	}
}

func (p *peers) Transfer(
	_ context.Context, req *balanceproto.TransferRequest,
) (*balanceproto.TransferResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if first, ok := p.transfers[req.GetDedupeId()]; ok {
		return proto.CloneOf(first), nil
	}
	from, to, minor := nameOf(req.GetFrom()), nameOf(req.GetTo()), req.GetAmount().GetMinor()
	rsp := &balanceproto.TransferResponse{JournalId: "jrn", Outcome: balanceproto.Outcome_OUTCOME_DECLINED, DecidedMs: 1}
	made := &balanceproto.GetTransferResponse{
		JournalId: "jrn", From: req.GetFrom(), To: req.GetTo(), Amount: req.GetAmount(),
		State: balanceproto.TransferState_TRANSFER_STATE_DECLINED,
	}
	if p.has[from] >= minor || req.GetFrom().GetAccountId() == "" {
		p.has[from], p.has[to], rsp.Outcome = p.has[from]-minor, p.has[to]+minor, balanceproto.Outcome_OUTCOME_APPROVED
		made.State = balanceproto.TransferState_TRANSFER_STATE_POSTED
	}
	p.transfers[req.GetDedupeId()], p.made[req.GetDedupeId()] = rsp, made
	return proto.CloneOf(rsp), nil
}

func (p *peers) GetTransfer(
	_ context.Context, req *balanceproto.GetTransferRequest,
) (*balanceproto.GetTransferResponse, error) {
	p.mu.Lock()
	looked := p.looked
	p.looked = nil
	p.mu.Unlock()
	if looked != nil {
		looked()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if made, ok := p.made[req.GetDedupeId()]; ok {
		return proto.CloneOf(made), nil
	}
	return nil, errs.Missing("transfer")
}

func nameOf(s *balanceproto.Place) string {
	if s.GetAccountId() != "" {
		return s.GetAccountId()
	}
	return s.GetOwn().String()
}

type accounts struct {
	accountproto.UnimplementedAccountsServer
	p *peers
}

func (a accounts) Get(_ context.Context, req *accountproto.GetRequest) (*accountproto.GetResponse, error) {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	for _, each := range a.all() {
		if each.GetId() == req.GetAccountId() {
			return &accountproto.GetResponse{Account: each}, nil
		}
	}
	return nil, errs.Missing("account")
}

func (a accounts) Find(_ context.Context, req *accountproto.FindRequest) (*accountproto.FindResponse, error) {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	for _, each := range a.all() {
		if each.GetSortCode() == req.GetSortCode() && each.GetAccountNumber() == req.GetAccountNumber() {
			return &accountproto.FindResponse{Account: each}, nil
		}
	}
	return nil, errs.Missing("account")
}

func (a accounts) all() []*accountproto.Account {
	return []*accountproto.Account{
		{Id: adas, UserId: ada, Currency: "GBP", SortCode: ours, AccountNumber: "11111111", Closed: a.p.closed},
		{Id: bobs, UserId: bob, Currency: "GBP", SortCode: ours, AccountNumber: "22222222"},
	}
}

type customers struct {
	customerproto.UnimplementedCustomersServer
}

func (customers) Get(_ context.Context, req *customerproto.GetRequest) (*customerproto.GetResponse, error) {
	name := map[string]string{ada: "Ada Osborne", bob: "Bob Babbage"}[req.GetUserId()]
	return &customerproto.GetResponse{Customer: &customerproto.Customer{PreferredName: name}}, nil
}

type transactions struct {
	transactionsproto.UnimplementedTransactionsServer
	p *peers
}

func (t transactions) Record(
	_ context.Context, req *transactionsproto.RecordRequest,
) (*transactionsproto.RecordResponse, error) {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	if t.p.recorded[req.GetTransactionId()].GetVersion() < req.GetVersion() {
		t.p.recorded[req.GetTransactionId()] = req
	}
	return &transactionsproto.RecordResponse{}, nil
}

func (t transactions) Get(
	_ context.Context, req *transactionsproto.GetRequest,
) (*transactionsproto.GetResponse, error) {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	r, ok := t.p.recorded[req.GetTransactionId()]
	if !ok {
		return nil, errs.Missing("transaction")
	}
	return &transactionsproto.GetResponse{Transaction: &transactionsproto.Transaction{
		Id: r.GetTransactionId(), AccountId: r.GetAccountId(), Status: r.GetStatus(), Amount: r.GetAmount(),
	}}, nil
}
