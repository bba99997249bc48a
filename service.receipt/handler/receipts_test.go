package handler

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/id"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/store/faults"
	receiptproto "farthing/service.receipt/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 9, 12, 30, 53, 0, time.UTC)

// bank is service.receipt, as service.api sees it.
type bank struct {
	*foundationtest.Bank

	receipts receiptproto.ReceiptsClient
}

func newBank(t *testing.T, pick faults.Pick) *bank {
	t.Helper()
	b := &bank{Bank: foundationtest.RunOn(t, pick, Service)}
	b.receipts = receiptproto.NewReceiptsClient(b.Dial(t, "service.api", Service.Name))
	return b
}

func alice() *receiptproto.Owner {
	return &receiptproto.Owner{UserId: "user_alice", ClientId: "oauth2client_till"}
}

func pence(minor int64) *moneyproto.Money { return &moneyproto.Money{Minor: minor, Currency: "GBP"} }

// lunch has everything that a receipt can have.
func lunch() *receiptproto.Receipt {
	return &receiptproto.Receipt{
		ExternalId: "Order-12345678", TransactionId: id.Derived("tx", noon, "lunch"), Total: pence(12_99),
		Items: []*receiptproto.Item{
			{
				Description: "Burger", Amount: pence(5_39), Quantity: "1", TaxMinor: 77, SubItems: []*receiptproto.Item{
					{Description: "Extra cheese", Amount: pence(1_00), Quantity: "1"},
					{Description: "Free topping", Amount: pence(-1_00), Quantity: "1"},
				},
			},
			{Description: "Bananas, £1 per kg", Amount: pence(30), Quantity: "0.3", Unit: "kg"},
		},
		Taxes: []*receiptproto.Tax{{Description: "VAT", Amount: pence(10), TaxNumber: "945719291"}},
		Payments: []*receiptproto.Payment{
			{
				Type: "card", Amount: pence(10_00), Bin: "543210", LastFour: "0987", AuthCode: "123456", Aid: "a", Mid: "m",
				Tid: "t",
			},
			{Type: "gift_card", Amount: pence(2_99), GiftCardType: "One4all"},
		},
		Merchant: &receiptproto.Merchant{
			Name: "Old Street Grill", Online: true, Phone: "020 7946 0000", Email: "grill@example.com", StoreName: "Old Street",
			StoreAddress: "1 Old Street\nLondon", StorePostcode: "EC1V 9HL",
		},
	}
}

func (b *bank) put(t *testing.T, owner *receiptproto.Owner, r *receiptproto.Receipt) string {
	t.Helper()
	rsp, err := foundationtest.Until(func() (*receiptproto.PutResponse, error) {
		return b.receipts.Put(t.Context(), &receiptproto.PutRequest{Owner: owner, Receipt: r})
	})
	if err != nil {
		t.Fatalf("putting: %v", err)
	}
	return rsp.GetReceiptId()
}

func (b *bank) get(t *testing.T, owner *receiptproto.Owner) (*receiptproto.Receipt, error) {
	t.Helper()
	rsp, err := b.receipts.Get(t.Context(), &receiptproto.GetRequest{Owner: owner, ExternalId: lunch().GetExternalId()})
	return rsp.GetReceipt(), err
}

func (b *bank) want(t *testing.T, want *receiptproto.Receipt) {
	t.Helper()
	got, err := b.get(t, alice())
	if diff := cmp.Diff(want, got, protocmp.Transform()); err != nil || diff != "" {
		t.Errorf("the receipt: %v\n%s", err, diff)
	}
}

func (b *bank) delete(t *testing.T, owner *receiptproto.Owner) error {
	t.Helper()
	_, err := b.receipts.Delete(t.Context(), &receiptproto.DeleteRequest{
		Owner: owner, ExternalId: lunch().GetExternalId(),
	})
	return err
}

func TestAReceiptIsReadBackAsItWasPut(t *testing.T) {
	b, put := newBank(t, nil), lunch()
	put.Items[1].Quantity, put.Items[0].SubItems[0].Quantity, put.Items[0].SubItems[1].Quantity = "300e-3", "1.00", ""
	want := lunch()
	want.Id = b.put(t, alice(), put)
	want.Items[0].SubItems[1].Quantity = "0"
	b.want(t, want)
	bare := &receiptproto.Receipt{
		ExternalId: want.GetExternalId(), TransactionId: want.GetTransactionId(), Total: &moneyproto.Money{
			Minor: 1, Currency: "JPY",
		},
	}
	if again := b.put(t, alice(), bare); again != want.GetId() {
		t.Errorf("%s is put again as %s", want.GetId(), again)
	}
	bare.Id = want.GetId()
	b.want(t, bare)
}

func TestAReceiptIsItsOwnersAlone(t *testing.T) {
	b := newBank(t, nil)
	mine := b.put(t, alice(), lunch())
	for name, other := range map[string]*receiptproto.Owner{
		"another customer": {UserId: "user_bob", ClientId: alice().GetClientId()},
		"another program":  {UserId: alice().GetUserId(), ClientId: "oauth2client_other"},
	} {
		if _, err := b.get(t, other); !errs.Is(err, "not_found.receipt") {
			t.Errorf("%s reads it: %v", name, err)
		}
		if err := b.delete(t, other); !errs.Is(err, "not_found.receipt") {
			t.Errorf("%s deletes it: %v", name, err)
		}
		theirs := lunch()
		theirs.Items = nil
		if b.put(t, other, theirs) == mine {
			t.Errorf("%s has the same receipt", name)
		}
	}
	want := lunch()
	want.Id = mine
	b.want(t, want)
}

func TestADeletedReceiptIsGoneForGood(t *testing.T) {
	b := newBank(t, nil)
	if err := b.delete(t, alice()); !errs.Is(err, "not_found.receipt") {
		t.Errorf("deleting what never was: %v", err)
	}
	first := b.put(t, alice(), lunch())
	if err := b.delete(t, alice()); err != nil {
		t.Fatalf("deleting: %v", err)
	}
	if err := b.delete(t, alice()); !errs.Is(err, "not_found.receipt") {
		t.Errorf("deleting again: %v", err)
	}
	if got, err := b.get(t, alice()); !errs.Is(err, "not_found.receipt") {
		t.Errorf("it is %v, %v", got, err)
	}
	if again := b.put(t, alice(), lunch()); again == first {
		t.Error("another receipt of that name is the one that was deleted")
	}
}

func TestAReceiptThatIsCutShortAtAnyWriteIsThereAfterARepeat(t *testing.T) {
	foundationtest.AtEachWrite(t, func(t *testing.T, pick faults.Pick) {
		b := newBank(t, pick)
		want := lunch()
		want.Id = b.put(t, alice(), lunch())
		b.Settle(t)
		b.want(t, want)
	})
}

func TestManyWhoPutAReceiptAtOnceHaveOne(t *testing.T) {
	b := newBank(t, nil)
	var all sync.WaitGroup
	ids := make([]string, 4)
	for i := range ids {
		all.Go(func() {
			rsp, err := foundationtest.Until(func() (*receiptproto.PutResponse, error) {
				ctx := context.WithoutCancel(t.Context())
				return b.receipts.Put(ctx, &receiptproto.PutRequest{Owner: alice(), Receipt: lunch()})
			})
			if err != nil {
				t.Errorf("putting: %v", err)
			}
			ids[i] = rsp.GetReceiptId()
		})
	}
	all.Wait()
	got, err := b.get(t, alice())
	for _, each := range ids {
		if err != nil || each != got.GetId() {
			t.Errorf("they were told %v, and it is %s, %v", ids, got.GetId(), err)
		}
	}
}

// refusals are what is wrong with a receipt, each with the code that names it.
func refusals() map[string]func(*receiptproto.Receipt) {
	long := func(n int) string { return strings.Repeat("é", n) }
	many := make([]*receiptproto.Item, 501)
	for i := range many {
		many[i] = &receiptproto.Item{Description: "x", Amount: pence(1)}
	}
	return map[string]func(*receiptproto.Receipt){
		"missing_param.external_id":          func(r *receiptproto.Receipt) { r.ExternalId = "" },
		"bad_param.external_id":              func(r *receiptproto.Receipt) { r.ExternalId = long(201) },
		"missing_param.transaction_id":       func(r *receiptproto.Receipt) { r.TransactionId = "" },
		"bad_param.transaction_id":           func(r *receiptproto.Receipt) { r.TransactionId = "acc_1" },
		"missing_param.total":                func(r *receiptproto.Receipt) { r.Total = nil },
		"bad_param.total":                    func(r *receiptproto.Receipt) { r.Total.Minor = 0 },
		"missing_param.currency":             func(r *receiptproto.Receipt) { r.Total.Currency = "" },
		"bad_param.currency":                 func(r *receiptproto.Receipt) { r.Total.Currency = "gbp" },
		"bad_param.items":                    func(r *receiptproto.Receipt) { r.Items = many },
		"missing_param.items[1].description": func(r *receiptproto.Receipt) { r.Items[1].Description = "" },
		"bad_param.items[0].description":     func(r *receiptproto.Receipt) { r.Items[0].Description = long(501) },
		"bad_param.items[1].description":     func(r *receiptproto.Receipt) { r.Items[1].Description = "\x00" },
		"missing_param.items[0].amount":      func(r *receiptproto.Receipt) { r.Items[0].Amount = nil },
		"missing_param.items[0].currency":    func(r *receiptproto.Receipt) { r.Items[0].Amount.Currency = "" },
		"bad_param.items[0].currency":        func(r *receiptproto.Receipt) { r.Items[0].Amount.Currency = "XQZ" },
		"bad_param.items[0].unit":            func(r *receiptproto.Receipt) { r.Items[0].Unit = long(51) },
		"bad_param.items[1].quantity":        func(r *receiptproto.Receipt) { r.Items[1].Quantity = "1e99" },
		"bad_param.items[0].sub_items":       func(r *receiptproto.Receipt) { r.Items[0].SubItems = many[:51] },
		"bad_param.items[0].sub_items[1].quantity": func(r *receiptproto.Receipt) {
			r.Items[0].SubItems[1].Quantity = "two"
		},
		"bad_param.items[0].sub_items[0].sub_items": func(r *receiptproto.Receipt) {
			r.Items[0].SubItems[0].SubItems = many[:1]
		},
		"missing_param.taxes[0].description": func(r *receiptproto.Receipt) { r.Taxes[0].Description = "" },
		"missing_param.taxes[0].amount":      func(r *receiptproto.Receipt) { r.Taxes[0].Amount = nil },
		"bad_param.taxes[0].tax_number":      func(r *receiptproto.Receipt) { r.Taxes[0].TaxNumber = long(51) },
		"missing_param.payments[0].type":     func(r *receiptproto.Receipt) { r.Payments[0].Type = "" },
		"bad_param.payments[0].type":         func(r *receiptproto.Receipt) { r.Payments[0].Type = "cheque" },
		"missing_param.payments[1].amount":   func(r *receiptproto.Receipt) { r.Payments[1].Amount = nil },
		"bad_param.payments[0].bin":          func(r *receiptproto.Receipt) { r.Payments[0].Bin = "543210987" },
		"bad_param.payments[0].last_four":    func(r *receiptproto.Receipt) { r.Payments[0].LastFour = "10987" },
		"bad_param.payments[0].auth_code":    func(r *receiptproto.Receipt) { r.Payments[0].AuthCode = long(51) },
		"bad_param.payments[1].gift_card_type": func(r *receiptproto.Receipt) {
			r.Payments[1].GiftCardType = long(201)
		},
		"bad_param.merchant.name":          func(r *receiptproto.Receipt) { r.Merchant.Name = long(201) },
		"bad_param.merchant.store_address": func(r *receiptproto.Receipt) { r.Merchant.StoreAddress = "\x1b" },
	}
}

func TestAReceiptIsRefusedByFieldAndRule(t *testing.T) {
	b := newBank(t, nil)
	for want, spoil := range refusals() {
		r := lunch()
		spoil(r)
		_, err := b.receipts.Put(t.Context(), &receiptproto.PutRequest{Owner: alice(), Receipt: r})
		if err == nil || errs.Of(err).Code != "bad_request."+want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	fat := lunch()
	for range 499 {
		fat.Items = append(fat.Items[:2], append([]*receiptproto.Item{{
			Description: strings.Repeat("x", 500), Amount: pence(1),
		}}, fat.Items[2:]...)...)
	}
	fat.Items = fat.Items[:500]
	_, err := b.receipts.Put(t.Context(), &receiptproto.PutRequest{Owner: alice(), Receipt: fat})
	if !errs.Is(err, "bad_request.bad_param.items") {
		t.Errorf("of %d bytes: %v", proto.Size(fat), err)
	}
	for want, owner := range map[string]*receiptproto.Owner{
		"user_id": {ClientId: "oauth2client_till"}, "client_id": {UserId: "user_alice"},
	} {
		if _, err := b.get(t, owner); !errs.Is(err, "bad_request.missing_param.owner."+want) {
			t.Errorf("without %s: %v", want, err)
		}
	}
	if got, err := b.get(t, alice()); !errs.Is(err, errs.NotFound) {
		t.Errorf("it is there: %v, %v", got, err)
	}
}

func TestWhatDoesNotAddUpIsKeptAsItWasSaid(t *testing.T) {
	b, odd := newBank(t, nil), lunch()
	odd.Items[0].Amount.Minor, odd.Payments = 1, nil
	odd.Id = b.put(t, alice(), odd)
	b.want(t, odd)
}

func TestNoReceiptIsLogged(t *testing.T) {
	b := newBank(t, nil)
	b.put(t, alice(), lunch())
	for _, spoil := range refusals() {
		r := lunch()
		spoil(r)
		_, _ = b.receipts.Put(t.Context(), &receiptproto.PutRequest{Owner: alice(), Receipt: r})
	}
	for _, text := range []string{"Burger", "Order-1", "Old Street"} {
		if logged := b.Logged(); strings.Contains(logged, text) {
			t.Errorf("%q is logged: %s", text, fmt.Sprintf("%.500s", logged))
		}
	}
}
