package handler

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/store/faults"
	"farthing/pkg/store/worklist"
	accountproto "farthing/service.account/proto"
	balanceproto "farthing/service.balance/proto"
	potproto "farthing/service.pot/proto"
	transactionsproto "farthing/service.transactions/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	user    = "user_00009zIcpb1TB4yeIFXMzx"
	account = "acc_00009zIcpb1TB4yeIFXMzx"
)

// bank is service.pot beside fakes of its peers.
type bank struct {
	*foundationtest.Bank
	handler *Handler
	pots    potproto.PotsClient
	peers   *peers
}

// newBank has 100.00 in the current account.
func newBank(t *testing.T, pick faults.Pick) *bank {
	t.Helper()
	b := &bank{peers: &peers{
		has: map[string]int64{account: 100_00}, transfers: make(map[string]*balanceproto.TransferResponse),
		made:     make(map[string]*balanceproto.GetTransferResponse),
		recorded: make(map[string]*transactionsproto.RecordRequest),
	}}
	service := foundation.Service{Name: Service.Name, Schema: Service.Schema, Register: func(env *foundation.Env) error {
		var err error
		if b.handler, err = newHandler(env); err == nil {
			potproto.RegisterPotsServer(env.GRPC, b.handler)
		}
		return err
	}}
	b.Bank = foundationtest.RunOn(t, pick, append(b.peers.services(), service)...)
	b.pots = potproto.NewPotsClient(b.Dial(t, "service.api", Service.Name))
	return b
}

// sweep finishes what was left behind, as the sweeper does a while later.
func (b *bank) sweep(t *testing.T) {
	t.Helper()
	b.Clock.AdvanceTo(b.Clock.Now().Add(time.Minute))
	list := b.handler.pots.Unfinished()
	now := b.Clock.Now()
	err := list.Each(t.Context(), now.Add(-2*time.Hour), now, func(ctx context.Context, item worklist.Item) error {
		return b.handler.finishLate(ctx, item)
	})
	if err != nil {
		t.Fatalf("sweeping: %v", err)
	}
}

// until repeats an act until it is answered for good.
func until[R any](t *testing.T, act func() (R, error)) (R, error) {
	t.Helper()
	var rsp R
	var err error
	for range 4 {
		rsp, err = act()
		if !errs.Is(err, errs.Unavailable) && !errs.Is(err, errs.Timeout) && !errs.Is(err, errs.Internal) {
			return rsp, err
		}
	}
	return rsp, errors.Join(errors.New("four times"), err)
}

func (b *bank) create(t *testing.T) *potproto.Pot {
	t.Helper()
	rsp, err := until(t, func() (*potproto.CreateResponse, error) { return b.pots.Create(t.Context(), holiday()) })
	if err != nil {
		t.Fatalf("creating a pot: %v", err)
	}
	return rsp.GetPot()
}

func holiday() *potproto.CreateRequest {
	return &potproto.CreateRequest{
		CurrentAccountId: account, Name: "Lisbon in May", Style: "beach_ball", GoalMinor: 600_00, DedupeId: "holiday",
	}
}

func (b *bank) deposit(t *testing.T, pot string, minor int64, dedupeID string) (*potproto.Pot, error) {
	t.Helper()
	rsp, err := until(t, func() (*potproto.DepositResponse, error) {
		return b.pots.Deposit(t.Context(), &potproto.DepositRequest{
			PotId: pot, SourceAccountId: account, Amount: moneyOf(minor, "GBP"), DedupeId: dedupeID,
		})
	})
	return rsp.GetPot(), err
}

func (b *bank) withdraw(t *testing.T, pot string, minor int64, dedupeID string) (*potproto.Pot, error) {
	t.Helper()
	rsp, err := until(t, func() (*potproto.WithdrawResponse, error) {
		return b.pots.Withdraw(t.Context(), &potproto.WithdrawRequest{
			PotId: pot, DestinationAccountId: account, Amount: moneyOf(minor, "GBP"), DedupeId: dedupeID,
		})
	})
	return rsp.GetPot(), err
}

func (b *bank) delete(t *testing.T, pot string) *potproto.Pot {
	t.Helper()
	rsp, err := until(t, func() (*potproto.DeleteResponse, error) {
		return b.pots.Delete(t.Context(), &potproto.DeleteRequest{PotId: pot})
	})
	if err != nil {
		t.Fatalf("deleting: %v", err)
	}
	return rsp.GetPot()
}

// want fails unless the money is where it should be, and the audit finds nothing.
func (b *bank) want(t *testing.T, pot *potproto.Pot, inAccount, inPot int64) {
	t.Helper()
	if found := b.audited(t); len(found.Faults) > 0 || found.Checked == 0 {
		t.Errorf("the audit of %d pots finds %+v", found.Checked, found.Faults)
	}
	b.peers.mu.Lock()
	defer b.peers.mu.Unlock()
	has := b.peers.has
	if has[account] != inAccount || has[pot.GetLedgerAccountId()] != inPot {
		t.Errorf("the account has %d and the pot %d, want %d and %d",
			has[account], has[pot.GetLedgerAccountId()], inAccount, inPot)
	}
	var recorded int64
	for _, r := range b.peers.recorded {
		recorded -= r.GetAmount().GetMinor()
	}
	if recorded != inPot {
		t.Errorf("the transactions come to %d in the pot", recorded)
	}
}

// peers are fakes of service.account, service.balance and service.transactions.
type peers struct {
	balanceproto.UnimplementedBalanceServer

	mu        sync.Mutex // Guards the rest.
	has       map[string]int64
	transfers map[string]*balanceproto.TransferResponse
	made      map[string]*balanceproto.GetTransferResponse // By their dedupe ids, too.
	asked     func()                                       // Is called once, before a balance is answered.
	recorded  map[string]*transactionsproto.RecordRequest
	fails     []error // What the next transfers answer after they are done.
}

func (p *peers) services() []foundation.Service {
	return []foundation.Service{
		{Name: "service.account", Register: func(env *foundation.Env) error {
			accountproto.RegisterAccountsServer(env.GRPC, accounts{})
			return nil
		}},
		{Name: "service.balance", Register: func(env *foundation.Env) error {
			balanceproto.RegisterBalanceServer(env.GRPC, p)
			return nil
		}},
		{Name: "service.transactions", Register: func(env *foundation.Env) error {
			transactionsproto.RegisterTransactionsServer(env.GRPC, transactions{p: p})
			return nil
		}},
	}
}

type accounts struct {
	accountproto.UnimplementedAccountsServer
}

func (accounts) Get(_ context.Context, req *accountproto.GetRequest) (*accountproto.GetResponse, error) {
	if req.GetAccountId() != account {
		return nil, errs.Missing("account")
	}
	return &accountproto.GetResponse{Account: &accountproto.Account{Id: account, UserId: user, Currency: "GBP"}}, nil
}

func (p *peers) Open(context.Context, *balanceproto.OpenRequest) (*balanceproto.OpenResponse, error) {
	return &balanceproto.OpenResponse{}, nil
}

func (p *peers) GetBalance(
	_ context.Context, req *balanceproto.GetBalanceRequest,
) (*balanceproto.GetBalanceResponse, error) {
	p.mu.Lock()
	asked := p.asked
	p.asked = nil
	p.mu.Unlock()
	if asked != nil {
		asked()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	has := moneyOf(p.has[req.GetAccountId()], "GBP")
	return &balanceproto.GetBalanceResponse{Available: has, Posted: has}, nil
}

func (p *peers) Transfer(
	_ context.Context, req *balanceproto.TransferRequest,
) (*balanceproto.TransferResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if first, ok := p.transfers[req.GetDedupeId()]; ok {
		return proto.CloneOf(first), nil
	}
	from, to, minor := req.GetFrom().GetAccountId(), req.GetTo().GetAccountId(), req.GetAmount().GetMinor()
	rsp := &balanceproto.TransferResponse{JournalId: "jrn", Outcome: balanceproto.Outcome_OUTCOME_DECLINED, DecidedMs: 1}
	made := &balanceproto.GetTransferResponse{
		JournalId: "jrn", From: req.GetFrom(), To: req.GetTo(), Amount: req.GetAmount(),
		State: balanceproto.TransferState_TRANSFER_STATE_DECLINED,
	}
	if p.has[from] >= minor {
		p.has[from], p.has[to], rsp.Outcome = p.has[from]-minor, p.has[to]+minor, balanceproto.Outcome_OUTCOME_APPROVED
		made.State = balanceproto.TransferState_TRANSFER_STATE_POSTED
	}
	p.transfers[req.GetDedupeId()], p.made[req.GetDedupeId()] = rsp, made
	if len(p.fails) > 0 {
		var err error
		err, p.fails = p.fails[0], p.fails[1:]
		return nil, err
	}
	return proto.CloneOf(rsp), nil
}

func (p *peers) GetTransfer(
	_ context.Context, req *balanceproto.GetTransferRequest,
) (*balanceproto.GetTransferResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if made, ok := p.made[req.GetDedupeId()]; ok {
		return proto.CloneOf(made), nil
	}
	return nil, errs.Missing("transfer")
}

type transactions struct {
	transactionsproto.UnimplementedTransactionsServer
	p *peers
}

func (t transactions) Record(
	_ context.Context, req *transactionsproto.RecordRequest,
) (*transactionsproto.RecordResponse, error) {
	p := t.p
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recorded[req.GetTransactionId()] = req
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
