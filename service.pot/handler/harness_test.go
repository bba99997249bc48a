package handler

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/store/faults"
	"farthing/pkg/store/worklist"
	accountproto "farthing/service.account/proto"
	"farthing/service.balance/proto/balancetest"
	potproto "farthing/service.pot/proto"
	"farthing/service.transactions/proto/transactionstest"
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

	ledger   *balancetest.Ledger
	recorded *transactionstest.Records
}

// newBank has 100.00 in the current account.
func newBank(t *testing.T, pick faults.Pick) *bank {
	t.Helper()
	b := &bank{ledger: balancetest.NewLedger(account, 100_00), recorded: &transactionstest.Records{}}
	service := foundation.Service{Name: Service.Name, Schema: Service.Schema, Register: func(env *foundation.Env) error {
		var err error
		if b.handler, err = newHandler(env); err == nil {
			potproto.RegisterPotsServer(env.GRPC, b.handler)
		}
		return err
	}}
	b.Bank = foundationtest.RunOn(t, pick, accountsService(), b.ledger.Service(), b.recorded.Service(), service)
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

func (b *bank) create(t *testing.T) *potproto.Pot {
	t.Helper()
	rsp, err := foundationtest.Until(func() (*potproto.CreateResponse, error) {
		return b.pots.Create(t.Context(), holiday())
	})
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
	rsp, err := foundationtest.Until(func() (*potproto.DepositResponse, error) {
		return b.pots.Deposit(t.Context(), &potproto.DepositRequest{
			PotId: pot, SourceAccountId: account, Amount: moneyOf(minor, "GBP"), DedupeId: dedupeID,
		})
	})
	return rsp.GetPot(), err
}

func (b *bank) withdraw(t *testing.T, pot string, minor int64, dedupeID string) (*potproto.Pot, error) {
	t.Helper()
	rsp, err := foundationtest.Until(func() (*potproto.WithdrawResponse, error) {
		return b.pots.Withdraw(t.Context(), &potproto.WithdrawRequest{
			PotId: pot, DestinationAccountId: account, Amount: moneyOf(minor, "GBP"), DedupeId: dedupeID,
		})
	})
	return rsp.GetPot(), err
}

func (b *bank) delete(t *testing.T, pot string) *potproto.Pot {
	t.Helper()
	rsp, err := foundationtest.Until(func() (*potproto.DeleteResponse, error) {
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
	has, potHas := b.ledger.Has(account), b.ledger.Has(pot.GetLedgerAccountId())
	if has != inAccount || potHas != inPot {
		t.Errorf("the account has %d and the pot %d, want %d and %d", has, potHas, inAccount, inPot)
	}
	var recorded int64
	for _, r := range b.recorded.All() {
		recorded -= r.GetAmount().GetMinor()
	}
	if recorded != inPot {
		t.Errorf("the transactions come to %d in the pot", recorded)
	}
}

func accountsService() foundation.Service {
	return foundation.Service{Name: "service.account", Register: func(env *foundation.Env) error {
		accountproto.RegisterAccountsServer(env.GRPC, accounts{})
		return nil
	}}
}

// accounts are one.
type accounts struct {
	accountproto.UnimplementedAccountsServer
}

func (accounts) Get(_ context.Context, req *accountproto.GetRequest) (*accountproto.GetResponse, error) {
	if req.GetAccountId() != account {
		return nil, errs.Missing("account")
	}
	return &accountproto.GetResponse{Account: &accountproto.Account{Id: account, UserId: user, Currency: "GBP"}}, nil
}
