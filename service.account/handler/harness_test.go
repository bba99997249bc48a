package handler

import (
	"context"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/store/faults"
	"farthing/service.account/logic"
	accountproto "farthing/service.account/proto"
	balanceproto "farthing/service.balance/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Of the right shape, and nothing else.
const (
	user      = "user_00009zIcpb1TB4yeIFXMzx"
	otherUser = "user_00009zIcpb1TB4yeIFXMzy"
)

// bank is service.account and a ledger of the test's own.
type bank struct {
	*foundationtest.Bank
	accounts accountproto.AccountsClient // As service.api calls it.
	ledger   *ledger
}

// newBank has accounts ask for these numbers first, at their first attempts, and then for their own. The store meets
// the faults that pick chooses, if any.
func newBank(t *testing.T, pick faults.Pick, first ...string) *bank {
	t.Helper()
	service := foundation.Service{Name: Service.Name, Schema: Service.Schema, Register: func(env *foundation.Env) error {
		h, err := newHandler(env)
		if err != nil {
			return err
		}
		h.numberOf = func(accountID string, attempt int) string {
			if attempt < len(first) {
				return first[attempt]
			}
			return logic.NumberOf(accountID, attempt)
		}
		accountproto.RegisterAccountsServer(env.GRPC, h)
		return nil
	}}
	l := &ledger{open: make(map[string]string)}
	b := foundationtest.RunOn(t, pick, service, l.service())
	return &bank{b, accountproto.NewAccountsClient(b.Dial(t, "service.api", Service.Name)), l}
}

// ledger is a fake of service.balance that opens ledgers and remembers them.
type ledger struct {
	balanceproto.UnimplementedBalanceServer

	mu    sync.Mutex
	open  map[string]string // Currencies, by account.
	fails []error           // What the next calls answer after they have opened.
}

func (l *ledger) service() foundation.Service {
	return foundation.Service{Name: "service.balance", Register: func(env *foundation.Env) error {
		balanceproto.RegisterBalanceServer(env.GRPC, l)
		return nil
	}}
}

func (l *ledger) Open(_ context.Context, req *balanceproto.OpenRequest) (*balanceproto.OpenResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[req.GetAccountId()] = req.GetCurrency()
	if len(l.fails) > 0 {
		var err error
		err, l.fails = l.fails[0], l.fails[1:]
		return nil, err
	}
	return &balanceproto.OpenResponse{}, nil
}

// opened is the currency of an account's ledger, "" if there is none.
func (l *ledger) opened(accountID string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open[accountID]
}

func asked(user, dedupeID string) *accountproto.OpenRequest {
	return &accountproto.OpenRequest{UserId: user, Type: "uk_retail", Currency: "GBP", DedupeId: dedupeID}
}

// until repeats an opening until it is answered.
func (b *bank) until(t *testing.T, user, dedupeID string) *accountproto.Account {
	t.Helper()
	var err error
	for range 3 {
		var rsp *accountproto.OpenResponse
		if rsp, err = b.accounts.Open(t.Context(), asked(user, dedupeID)); err == nil {
			return rsp.GetAccount()
		}
	}
	t.Fatalf("three openings failed, at last with %v", err)
	return nil
}

func (b *bank) list(t testing.TB, user string) []*accountproto.Account {
	t.Helper()
	rsp, err := b.accounts.List(t.Context(), &accountproto.ListRequest{UserId: user})
	if err != nil {
		t.Fatalf("listing: %v", err)
	}
	return rsp.GetAccounts()
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if err == nil || errs.Of(err).Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
}
