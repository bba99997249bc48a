// Package storagetest is what service.payment's storage promises, on any engine.
package storagetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/id"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	paymentproto "farthing/service.payment/proto"
	"farthing/service.payment/storage"
)

// Run proves it on a keyspace that was just migrated. Every engine must pass it, word for word.
func Run(t *testing.T, k *store.Keyspace) {
	s := suite{storage.New(k, seal.Ephemeral("persons"))}
	for name, test := range map[string]func(*testing.T, *paymentproto.Payment){
		"a payment is written once, and found whole":     s.writtenOnce,
		"a change on what is no longer so answers it":    s.staleChange,
		"a walk meets each payment once, and its past":   s.walk,
		"payees are kept, and forgotten":                 s.payees,
		"a standing order is on its account's list once": s.orders,
	} {
		t.Run(name, func(t *testing.T) { test(t, paymentNamed(name)) })
	}
}

type suite struct{ kept *storage.Store }

func at() time.Time { return time.UnixMilli(1_790_000_000_123).UTC() }

func grace() *paymentproto.Party {
	return &paymentproto.Party{Name: "Grace Hopper", SortCode: "040004", AccountNumber: "12345678"}
}

func paymentNamed(name string) *paymentproto.Payment {
	return &paymentproto.Payment{
		Id: id.Hash("payment", name), AccountId: id.Hash("acc", name), UserId: "user_" + name,
		State: paymentproto.State_STATE_ACCEPTED, Amount: &moneyproto.Money{Minor: 5_00, Currency: "GBP"},
		Party: grace(), Reference: "RENT", CreatedMs: at().UnixMilli(),
	}
}

func same(t *testing.T, what string, want, got proto.Message) {
	t.Helper()
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("%s:\n%s", what, diff)
	}
}

func (s suite) writtenOnce(t *testing.T, p *paymentproto.Payment) {
	other := proto.CloneOf(p)
	other.Reference = "LUNCH"
	for _, each := range []*paymentproto.Payment{p, other} {
		kept, err := s.kept.Payments.Insert(t.Context(), each)
		if err != nil || kept.Revision != 1 {
			t.Fatalf("inserting: %v, %v", kept, err)
		}
		same(t, "inserted", p, kept.State)
	}
	found, ok, err := s.kept.Payments.Find(t.Context(), p.GetId())
	if err != nil || !ok {
		t.Fatalf("finding: %v, %v", ok, err)
	}
	same(t, "found", p, found.State)
	if _, ok, err := s.kept.Payments.Find(t.Context(), "payment_nobody's"); err != nil || ok {
		t.Errorf("finding none: %v, %v", ok, err)
	}
}

func (s suite) staleChange(t *testing.T, p *paymentproto.Payment) {
	was, err := s.kept.Payments.Insert(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	sent, declined := proto.CloneOf(p), proto.CloneOf(p)
	sent.State, declined.State = paymentproto.State_STATE_SENT, paymentproto.State_STATE_DECLINED
	for _, next := range []*paymentproto.Payment{sent, declined} {
		kept, err := s.kept.Payments.Change(t.Context(), was, next)
		if err != nil || kept.Revision != 2 {
			t.Fatalf("changing: %v, %v", kept, err)
		}
		same(t, "changed", sent, kept.State)
	}
}

func (s suite) walk(t *testing.T, p *paymentproto.Payment) {
	const payments = 5
	want := make(map[string]int64)
	for n := range payments {
		each := proto.CloneOf(p)
		each.Id = id.Hash("payment", p.GetId()+string(rune('a'+n)))
		kept, err := s.kept.Payments.Insert(t.Context(), each)
		if err != nil {
			t.Fatal(err)
		}
		for range n { // Each has another revision.
			next := proto.CloneOf(kept.State)
			next.UpdatedMs++
			if kept, err = s.kept.Payments.Change(t.Context(), kept, next); err != nil {
				t.Fatal(err)
			}
		}
		want[each.GetId()] = kept.Revision
	}
	met := make(map[string]int64)
	for after := ""; ; {
		page, next, err := s.kept.Payments.Walk(t.Context(), after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range page {
			if met[each.State.GetId()] != 0 || each.State.GetParty() != nil || each.State.GetReference() != "" {
				t.Errorf("met again, or with what is personal: %v", each)
			}
			met[each.State.GetId()] = each.Revision
		}
		if after = next; after == "" {
			break
		}
	}
	for each, revision := range want {
		if met[each] != revision {
			t.Errorf("%s was met in revision %d, want %d", each, met[each], revision)
		}
		for n := int64(1); n <= revision+1; n++ {
			was, found, err := s.kept.Payments.Past(t.Context(), each, n)
			if err != nil || found != (n <= revision) || found && was.GetUpdatedMs() != n-1 {
				t.Errorf("revision %d of %s: %v, %v, %v", n, each, was, found, err)
			}
		}
	}
}

func (s suite) payees(t *testing.T, p *paymentproto.Payment) {
	payee := &paymentproto.Payee{
		Id: id.Hash("payee", p.GetId()), UserId: p.GetUserId(), Party: grace(), CreatedMs: at().UnixMilli(),
	}
	if none, err := s.kept.Payees(t.Context(), p.GetUserId(), 10); err != nil || len(none) != 0 {
		t.Errorf("at first there are %v, %v", none, err)
	}
	for range 2 {
		if err := s.kept.AddPayee(t.Context(), payee); err != nil {
			t.Fatal(err)
		}
	}
	found, err := s.kept.Payees(t.Context(), p.GetUserId(), 10)
	if err != nil || len(found) != 1 {
		t.Fatalf("there are %v, %v", found, err)
	}
	same(t, "payee", payee, found[0])
	for range 2 {
		if err := s.kept.RemovePayee(t.Context(), p.GetUserId(), payee.GetId()); err != nil {
			t.Fatal(err)
		}
	}
	if none, err := s.kept.Payees(t.Context(), p.GetUserId(), 10); err != nil || len(none) != 0 {
		t.Errorf("in the end there are %v, %v", none, err)
	}
}

func (s suite) orders(t *testing.T, p *paymentproto.Payment) {
	order := &paymentproto.StandingOrder{
		Id: id.Hash("order", p.GetId()), AccountId: p.GetAccountId(), UserId: p.GetUserId(), Party: grace(),
		Amount: p.GetAmount(), FirstDate: "2026-11-30",
	}
	for range 2 { // Listed before it is written.
		if err := s.kept.ListOrder(t.Context(), order.GetAccountId(), order.GetId()); err != nil {
			t.Fatal(err)
		}
	}
	if none, err := s.kept.OrdersOf(t.Context(), order.GetAccountId(), 10); err != nil || len(none) != 0 {
		t.Errorf("unwritten it shows as %v, %v", none, err)
	}
	if _, err := s.kept.Orders.Insert(t.Context(), order); err != nil {
		t.Fatal(err)
	}
	found, err := s.kept.OrdersOf(t.Context(), order.GetAccountId(), 10)
	if err != nil || len(found) != 1 {
		t.Fatalf("there are %v, %v", found, err)
	}
	same(t, "order", order, found[0])
}
