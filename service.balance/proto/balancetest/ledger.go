// Package balancetest is a small service.balance for the tests of its callers: it only knows transfers.
package balancetest

import (
	"context"
	"sync"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	moneyproto "farthing/pkg/money/proto"
	balanceproto "farthing/service.balance/proto"
)

// Ledger moves pounds between accounts, each transfer once. The bank's own accounts are called as in OwnAccount, and
// may have less than nothing.
type Ledger struct {
	balanceproto.UnimplementedBalanceServer

	mu         sync.Mutex // Guards the rest.
	has        map[string]int64
	transfers  map[string]*balanceproto.TransferResponse
	made       map[string]*balanceproto.GetTransferResponse // By their dedupe ids, too.
	unanswered error
	before     func()
}

// NewLedger is a ledger in which one account has something.
func NewLedger(account string, minor int64) *Ledger {
	return &Ledger{
		has: map[string]int64{account: minor}, transfers: make(map[string]*balanceproto.TransferResponse),
		made: make(map[string]*balanceproto.GetTransferResponse),
	}
}

// Service is service.balance, on this ledger.
func (l *Ledger) Service() foundation.Service {
	return foundation.Service{Name: "service.balance", Register: func(env *foundation.Env) error {
		balanceproto.RegisterBalanceServer(env.GRPC, l)
		return nil
	}}
}

// Has is what an account has, in minor units.
func (l *Ledger) Has(account string) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.has[account]
}

// Set makes this what an account has, in minor units, whatever it had.
func (l *Ledger) Set(account string, minor int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.has[account] = minor
}

// Unanswered lets transfers be done from now on, and answered by an error instead; nil ends it.
func (l *Ledger) Unanswered(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unanswered = err
}

// Before has something happen once, right before the ledger is next asked what it has.
func (l *Ledger) Before(happens func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.before = happens
}

func (l *Ledger) happen() {
	l.mu.Lock()
	before := l.before
	l.before = nil
	l.mu.Unlock()
	if before != nil {
		before()
	}
}

// Made is the transfer with a dedupe id as it is kept: a change to it is a change of the ledger.
func (l *Ledger) Made(dedupeID string) *balanceproto.GetTransferResponse {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.made[dedupeID]
}

// Keep has the ledger say that it has a transfer with a dedupe id; nil that it has none.
func (l *Ledger) Keep(dedupeID string, made *balanceproto.GetTransferResponse) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.made[dedupeID] = made; made == nil {
		delete(l.made, dedupeID)
	}
}

// Open opens any account.
func (l *Ledger) Open(context.Context, *balanceproto.OpenRequest) (*balanceproto.OpenResponse, error) {
	return &balanceproto.OpenResponse{}, nil
}

// GetBalance is what an account has, all of it available.
func (l *Ledger) GetBalance(
	_ context.Context, req *balanceproto.GetBalanceRequest,
) (*balanceproto.GetBalanceResponse, error) {
	l.happen()
	has := &moneyproto.Money{Minor: l.Has(req.GetAccountId()), Currency: "GBP"}
	return &balanceproto.GetBalanceResponse{Available: has, Posted: has}, nil
}

// GetTransfer is a transfer that was made, or declined.
func (l *Ledger) GetTransfer(
	_ context.Context, req *balanceproto.GetTransferRequest,
) (*balanceproto.GetTransferResponse, error) {
	l.happen()
	l.mu.Lock()
	defer l.mu.Unlock()
	if made, ok := l.made[req.GetDedupeId()]; ok {
		return proto.CloneOf(made), nil
	}
	return nil, errs.Missing("transfer")
}

// Transfer moves money, unless a customer's account has too little. A repeat answers what happened first.
func (l *Ledger) Transfer(
	_ context.Context, req *balanceproto.TransferRequest,
) (*balanceproto.TransferResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if first, ok := l.transfers[req.GetDedupeId()]; ok {
		return proto.CloneOf(first), nil
	}
	from, to, minor := nameOf(req.GetFrom()), nameOf(req.GetTo()), req.GetAmount().GetMinor()
	rsp := &balanceproto.TransferResponse{JournalId: "jrn", Outcome: balanceproto.Outcome_OUTCOME_DECLINED, DecidedMs: 1}
	made := &balanceproto.GetTransferResponse{
		JournalId: "jrn", From: req.GetFrom(), To: req.GetTo(), Amount: req.GetAmount(),
		State: balanceproto.TransferState_TRANSFER_STATE_DECLINED,
	}
	if l.has[from] >= minor || req.GetFrom().GetAccountId() == "" {
		rsp.Outcome, made.State = balanceproto.Outcome_OUTCOME_APPROVED, balanceproto.TransferState_TRANSFER_STATE_POSTED
		l.has[from] -= minor
		l.has[to] += minor
	}
	l.transfers[req.GetDedupeId()], l.made[req.GetDedupeId()] = rsp, made
	if l.unanswered != nil {
		return nil, l.unanswered
	}
	return proto.CloneOf(rsp), nil
}

func nameOf(p *balanceproto.Place) string {
	if p.GetAccountId() != "" {
		return p.GetAccountId()
	}
	return p.GetOwn().String()
}
