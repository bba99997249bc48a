package handler

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"farthing/pkg/errs"
	"farthing/pkg/foundation"
	"farthing/pkg/foundation/foundationtest"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/store/faults"
	"farthing/pkg/store/worklist"
	accountproto "farthing/service.account/proto"
	"farthing/service.balance/proto/balancetest"
	customerproto "farthing/service.customer/proto"
	paymentproto "farthing/service.payment/proto"
	transactionsproto "farthing/service.transactions/proto"
	"farthing/service.transactions/proto/transactionstest"
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

	accounts *accounts
	ledger   *balancetest.Ledger
	recorded *transactionstest.Records
}

// newBank has 100.00 in Ada's account.
func newBank(t *testing.T, pick faults.Pick) *bank {
	t.Helper()
	b := &bank{
		accounts: &accounts{}, ledger: balancetest.NewLedger(adas, 100_00), recorded: &transactionstest.Records{},
	}
	service := foundation.Service{Name: Service.Name, Schema: Service.Schema, Register: func(env *foundation.Env) error {
		var err error
		if b.handler, err = newHandler(env); err == nil {
			paymentproto.RegisterPaymentsServer(env.GRPC, b.handler)
		}
		return err
	}}
	b.Bank = foundationtest.RunOn(t, pick,
		b.accounts.service(), customersService(), b.ledger.Service(), b.recorded.Service(), service)
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
	rsp, err := foundationtest.Until(func() (*paymentproto.SendResponse, error) {
		return b.payments.Send(t.Context(), req)
	})
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
	for account, minor := range has {
		if got := b.ledger.Has(account); got != minor {
			t.Errorf("%s has %d, want %d", account, got, minor)
		}
	}
	recorded := map[string]int64{adas: 100_00}
	for _, r := range b.recorded.All() {
		if r.GetStatus() != transactionsproto.Status_STATUS_DECLINED {
			recorded[r.GetAccountId()] += r.GetAmount().GetMinor()
		}
	}
	for _, account := range []string{adas, bobs} {
		if got := b.ledger.Has(account); recorded[account] != got {
			t.Errorf("the transactions of %s come to %d, and it has %d", account, recorded[account], got)
		}
	}
}

// accounts are Ada's and Bob's.
type accounts struct {
	accountproto.UnimplementedAccountsServer
	closed atomic.Bool // Ada's is.
}

func (a *accounts) service() foundation.Service {
	return foundation.Service{Name: "service.account", Register: func(env *foundation.Env) error {
		accountproto.RegisterAccountsServer(env.GRPC, a)
		return nil
	}}
}

func (a *accounts) Get(_ context.Context, req *accountproto.GetRequest) (*accountproto.GetResponse, error) {
	for _, each := range a.all() {
		if each.GetId() == req.GetAccountId() {
			return &accountproto.GetResponse{Account: each}, nil
		}
	}
	return nil, errs.Missing("account")
}

func (a *accounts) Find(_ context.Context, req *accountproto.FindRequest) (*accountproto.FindResponse, error) {
	for _, each := range a.all() {
		if each.GetSortCode() == req.GetSortCode() && each.GetAccountNumber() == req.GetAccountNumber() {
			return &accountproto.FindResponse{Account: each}, nil
		}
	}
	return nil, errs.Missing("account")
}

func (a *accounts) all() []*accountproto.Account {
	return []*accountproto.Account{
		{Id: adas, UserId: ada, Currency: "GBP", SortCode: ours, AccountNumber: "11111111", Closed: a.closed.Load()},
		{Id: bobs, UserId: bob, Currency: "GBP", SortCode: ours, AccountNumber: "22222222"},
	}
}

func customersService() foundation.Service {
	return foundation.Service{Name: "service.customer", Register: func(env *foundation.Env) error {
		customerproto.RegisterCustomersServer(env.GRPC, customers{})
		return nil
	}}
}

type customers struct {
	customerproto.UnimplementedCustomersServer
}

func (customers) Get(_ context.Context, req *customerproto.GetRequest) (*customerproto.GetResponse, error) {
	name := map[string]string{ada: "Ada Osborne", bob: "Bob Babbage"}[req.GetUserId()]
	return &customerproto.GetResponse{Customer: &customerproto.Customer{PreferredName: name}}, nil
}
