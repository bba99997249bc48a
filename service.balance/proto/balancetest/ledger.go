// Package balancetest is a small service.balance for the tests of its callers: it only knows transfers.
package balancetest

import (
	"context"
	"sync"

	"google.golang.org/protobuf/proto"

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
	unanswered error
}

// NewLedger is a ledger in which one account has something.
func NewLedger(account string, minor int64) *Ledger {
	return &Ledger{
		has: map[string]int64{account: minor}, transfers: make(map[string]*balanceproto.TransferResponse),
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

// Open opens any account.
func (l *Ledger) Open(context.Context, *balanceproto.OpenRequest) (*balanceproto.OpenResponse, error) {
	return &balanceproto.OpenResponse{}, nil
}

// GetBalance is what an account has, all of it available.
func (l *Ledger) GetBalance(
	_ context.Context, req *balanceproto.GetBalanceRequest,
) (*balanceproto.GetBalanceResponse, error) {
	available := &moneyproto.Money{Minor: l.Has(req.GetAccountId()), Currency: "GBP"}
	return &balanceproto.GetBalanceResponse{Available: available}, nil
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
	if l.has[from] >= minor || req.GetFrom().GetAccountId() == "" {
		rsp.Outcome = balanceproto.Outcome_OUTCOME_APPROVED
		l.has[from] -= minor
		l.has[to] += minor
	}
	l.transfers[req.GetDedupeId()] = rsp
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
