package handler

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	receiptproto "farthing/service.receipt/proto"
)

type fakeReceipts struct {
	receiptproto.ReceiptsClient
	b *bank
}

func (f fakeReceipts) find(owner *receiptproto.Owner, name string) (*receiptproto.Receipt, error) {
	if owner.GetUserId() != alice || owner.GetClientId() != alicesClient {
		return nil, errs.Missing("receipt")
	}
	return find(f.b, "receipt", f.b.receipts, (*receiptproto.Receipt).GetExternalId, name)
}

func (f fakeReceipts) Put(
	_ context.Context, req *receiptproto.PutRequest, _ ...grpc.CallOption,
) (*receiptproto.PutResponse, error) {
	if req.GetReceipt().GetTotal().GetMinor() <= 0 {
		return nil, errs.BadParam("total", "must be more than zero")
	}
	f.b.changes = append(f.b.changes, req)
	kept := proto.CloneOf(req.GetReceipt())
	kept.Id = idOf("receipt", kept.GetExternalId(), noon)
	f.b.receipts = []*receiptproto.Receipt{kept}
	return &receiptproto.PutResponse{ReceiptId: kept.GetId()}, nil
}

func (f fakeReceipts) Get(
	_ context.Context, req *receiptproto.GetRequest, _ ...grpc.CallOption,
) (*receiptproto.GetResponse, error) {
	found, err := f.find(req.GetOwner(), req.GetExternalId())
	return &receiptproto.GetResponse{Receipt: found}, err
}

func (f fakeReceipts) Delete(
	_ context.Context, req *receiptproto.DeleteRequest, _ ...grpc.CallOption,
) (*receiptproto.DeleteResponse, error) {
	_, err := f.find(req.GetOwner(), req.GetExternalId())
	if err == nil {
		f.b.changes = append(f.b.changes, req)
	}
	return &receiptproto.DeleteResponse{}, err
}

// receiptsOfAlice are one that says as little as it can.
func receiptsOfAlice() []*receiptproto.Receipt {
	return []*receiptproto.Receipt{{
		Id: idOf("receipt", "order-1", noon), ExternalId: "order-1", TransactionId: idOf("tx", "pending", noon),
		Total: pence(350), Items: []*receiptproto.Item{{Description: "Sandwich", Amount: pence(350), Quantity: "0"}},
		Merchant: &receiptproto.Merchant{},
	}}
}

// receiptFor is a receipt of a transaction, as little as it can say, without spaces.
func receiptFor(transaction string) string {
	return `{"external_id":"order-1","transaction_id":"` + transaction + `","total":350,"currency":"GBP","items":[]}`
}

// spoilt is JSON with one field changed.
func spoilt(t *testing.T, text, field, value string) string {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		t.Fatal(err)
	}
	fields[field] = json.RawMessage(value)
	out, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// burger is a receipt that says all it can, as programs spell it: numbers as text, more than is known, and null.
const burger = `{
	"transaction_id": "TX", "external_id": "Order-12345678", "total": "1299", "currency": "GBP", "colour": "red",
	"items": [
		{"description": "Burger", "quantity": 1, "unit": "", "amount": 539, "currency": "GBP", "tax": 77, "sub_items": [
			{"description": "Extra cheese", "quantity": 1.0, "unit": "", "amount": 100, "currency": "GBP", "tax": 0,
				"sub_items": []},
			{"description": "Promotion", "quantity": null, "amount": "-100", "currency": "GBP"}
		]},
		{"description": "Bananas, £1 per kg", "quantity": 0.3, "unit": "kg", "amount": 30, "currency": "GBP"}
	],
	"taxes": [{"description": "VAT", "amount": 10, "currency": "GBP", "tax_number": "945719291"}],
	"payments": [
		{"type": "card", "bin": "543210", "last_four": "0987", "auth_code": "123456", "aid": "", "mid": "", "tid": "",
			"amount": 1000, "currency": "GBP"},
		{"type": "gift_card", "gift_card_type": "One4all", "amount": 299, "currency": "GBP"}
	],
	"merchant": {"name": "Old Street Grill", "online": true, "phone": "020 7946 0000", "email": "grill@example.com",
		"store_name": "Old Street", "store_address": "1 Old Street\nLondon", "store_postcode": "EC1V 9HL"}
}`

func TestAReceiptIsPutAsProgramsSpellItAndReadBackWhole(t *testing.T) {
	b := newBank()
	b.transactions = append(b.transactions, pending("pending", noon))
	door := b.serve(t).As("alice")
	sent := spoilt(t, burger, "transaction_id", `"`+b.transactions[0].GetId()+`"`)
	var got struct {
		ID string `json:"receipt_id"`
	}
	door.JSON("PUT", "/transaction-receipts/", sent).Into(&got)
	if got.ID != b.receipts[0].GetId() {
		t.Errorf("answered was %q", got.ID)
	}
	want := &receiptproto.Receipt{
		Id: got.ID, ExternalId: "Order-12345678", TransactionId: b.transactions[0].GetId(), Total: pence(1299),
		Items: []*receiptproto.Item{
			{
				Description: "Burger", Amount: pence(539), Quantity: "1", TaxMinor: 77, SubItems: []*receiptproto.Item{
					{Description: "Extra cheese", Amount: pence(100), Quantity: "1.0"},
					{Description: "Promotion", Amount: pence(-100)},
				},
			},
			{Description: "Bananas, £1 per kg", Amount: pence(30), Quantity: "0.3", Unit: "kg"},
		},
		Taxes: []*receiptproto.Tax{{Description: "VAT", Amount: pence(10), TaxNumber: "945719291"}},
		Payments: []*receiptproto.Payment{
			{Type: "card", Amount: pence(1000), Bin: "543210", LastFour: "0987", AuthCode: "123456"},
			{Type: "gift_card", Amount: pence(299), GiftCardType: "One4all"},
		},
		Merchant: &receiptproto.Merchant{
			Name: "Old Street Grill", Online: true, Phone: "020 7946 0000", Email: "grill@example.com", StoreName: "Old Street",
			StoreAddress: "1 Old Street\nLondon", StorePostcode: "EC1V 9HL",
		},
	}
	if diff := cmp.Diff(want, b.receipts[0], protocmp.Transform()); diff != "" {
		t.Errorf("put was\n%s", diff)
	}
	wantGolden(t, "receipt.json", door.Get("/transaction-receipts?external_id=Order-12345678"))
	b.receipts = receiptsOfAlice()
	wantGolden(t, "bare_receipt.json", door.Get("/transaction-receipts?external_id=order-1"))
}

func TestAReceiptIsItsProgramsAndCustomersOwn(t *testing.T) {
	b := newBank()
	b.receipts = receiptsOfAlice()
	door, path := b.serve(t), "/transaction-receipts?external_id=order-1"
	b.tokens["other"] = proto.CloneOf(b.tokens["alice"])
	b.tokens["other"].ClientId = "oauth2client_other"
	for _, stranger := range []string{"bob", "other"} {
		door.As(stranger).Get(path).Refused(http.StatusNotFound, "not_found.receipt")
		door.As(stranger).Do("DELETE", path, nil).Refused(http.StatusNotFound, "not_found.receipt")
	}
	wantUnchanged(t, b)
	if rsp := door.As("alice").Do("DELETE", path, nil); string(rsp.Body) != "{}\n" || len(b.changes) != 1 {
		t.Errorf("got %d %s, and changed were %v", rsp.Status, rsp.Body, b.changes)
	}
	door.As("alice").Form("DELETE", "/transaction-receipts", "external_id=order-1").Into(new(any))
}

func TestWhatServiceReceiptRefusesIsRefusedByItsName(t *testing.T) {
	b := newBank()
	b.transactions = append(b.transactions, pending("pending", noon))
	door := b.serve(t).As("alice")
	sent := spoilt(t, receiptFor(b.transactions[0].GetId()), "total", "0")
	door.JSON("PUT", "/transaction-receipts", sent).Refused(http.StatusBadRequest, "bad_request.bad_param.total")
	door.Form("PUT", "/transaction-receipts", "external_id=1").
		Refused(http.StatusBadRequest, "bad_request.bad_content_type")
	wantUnchanged(t, b)
}

func badReceipts(t *testing.T, transaction string) []badly {
	t.Helper()
	const receipt = "/transaction-receipts"
	with := func(field, value string) string { return spoilt(t, receiptFor(transaction), field, value) }
	return []badly{
		{"PUT", receipt, `{}`, "missing_param.external_id"},
		{"PUT", receipt, `[]`, "bad_body"},
		{"PUT", receipt, ``, "missing_body"},
		{"PUT", receipt, with("external_id", `null`), "missing_param.external_id"},
		{"PUT", receipt, with("external_id", `7`), "bad_param.external_id"},
		{"PUT", receipt, with("transaction_id", `""`), "missing_param.transaction_id"},
		{"PUT", receipt, with("total", `null`), "missing_param.total"},
		{"PUT", receipt, with("total", `12.99`), "bad_param.total"},
		{"PUT", receipt, with("total", `9223372036854775808`), "bad_param.total"},
		{"PUT", receipt, with("currency", `null`), "missing_param.currency"},
		{"PUT", receipt, with("items", `null`), "missing_param.items"},
		{"PUT", receipt, with("items", `{}`), "bad_param.items"},
		{"PUT", receipt, with("items", `[7]`), "bad_param.items[0]"},
		{"PUT", receipt, with("items", `[{"description":"x","currency":"GBP"}]`), "missing_param.items[0].amount"},
		{"PUT", receipt, with("items", `[{"description":"x","amount":1}]`), "missing_param.items[0].currency"},
		{"PUT", receipt, with("items", `[{"amount":1,"currency":"GBP"}]`), "missing_param.items[0].description"},
		{
			"PUT", receipt, with("items", `[{"description":"x","amount":1,"currency":"GBP","sub_items":[{}]}]`),
			"missing_param.items[0].sub_items[0].description",
		},
		{
			"PUT", receipt, with("items", `[{"description":"x","amount":1,"currency":"GBP","tax":0.5}]`),
			"bad_param.items[0].tax",
		},
		{"PUT", receipt, with("taxes", `[{"description":"x","amount":"1"}]`), "missing_param.taxes[0].currency"},
		{"PUT", receipt, with("payments", `[{"amount":1,"currency":"GBP"}]`), "missing_param.payments[0].type"},
		{"PUT", receipt, with("merchant", `{"online":"yes"}`), "bad_param.merchant.online"},
		{"PUT", receipt, with("merchant", `"Pret"`), "bad_param.merchant"},
		{"GET", receipt, ``, "missing_param.external_id"},
		{"DELETE", receipt, `{"external_id":""}`, "missing_param.external_id"},
	}
}
