package receipts

import (
	"cmp"
	"encoding/json"

	receiptproto "farthing/service.receipt/proto"
)

// view is a receipt as the API shows it. Every key is always there, whatever was said: programs index them without
// looking. Amounts are minor units.
type view struct {
	ID                string    `json:"id"`
	ProofOfPurchaseID string    `json:"proof_of_purchase_id"` // Always "".
	TransactionID     string    `json:"transaction_id"`
	ExternalID        string    `json:"external_id"`
	Total             int64     `json:"total"`
	Currency          string    `json:"currency"`
	Items             []item    `json:"items"`
	Taxes             []tax     `json:"taxes"`
	Payments          []payment `json:"payments"`
	Merchant          merchant  `json:"merchant"`
	Barcode           *struct{} `json:"barcode"` // Always null.
}

// line is an item or a sub-item.
type line struct {
	Description string      `json:"description"`
	Quantity    json.Number `json:"quantity"`
	Unit        string      `json:"unit"`
	Amount      int64       `json:"amount"`
	Currency    string      `json:"currency"`
	Tax         int64       `json:"tax"`
}

type item struct {
	line
	SubItems []line `json:"sub_items"`
}

type tax struct {
	Description string `json:"description"`
	Amount      int64  `json:"amount"`
	Currency    string `json:"currency"`
	TaxNumber   string `json:"tax_number"`
}

type payment struct {
	Type         string `json:"type"`
	Amount       int64  `json:"amount"`
	Currency     string `json:"currency"`
	BIN          string `json:"bin"`
	LastFour     string `json:"last_four"`
	AuthCode     string `json:"auth_code"`
	AID          string `json:"aid"`
	MID          string `json:"mid"`
	TID          string `json:"tid"`
	GiftCardType string `json:"gift_card_type"`
}

type merchant struct {
	Name          string `json:"name"`
	Online        bool   `json:"online"`
	Phone         string `json:"phone"`
	Email         string `json:"email"`
	StoreName     string `json:"store_name"`
	StoreAddress  string `json:"store_address"`
	StorePostcode string `json:"store_postcode"`
}

func viewOf(r *receiptproto.Receipt) view {
	v := view{
		ID: r.GetId(), TransactionID: r.GetTransactionId(), ExternalID: r.GetExternalId(), Total: r.GetTotal().GetMinor(),
		Currency: r.GetTotal().GetCurrency(), Items: make([]item, len(r.GetItems())), Taxes: make([]tax, len(r.GetTaxes())),
		Payments: make([]payment, len(r.GetPayments())),
	}
	for i, each := range r.GetItems() {
		v.Items[i] = item{lineOf(each), make([]line, len(each.GetSubItems()))}
		for k, part := range each.GetSubItems() {
			v.Items[i].SubItems[k] = lineOf(part)
		}
	}
	for i, each := range r.GetTaxes() {
		v.Taxes[i] = tax{
			each.GetDescription(), each.GetAmount().GetMinor(), each.GetAmount().GetCurrency(), each.GetTaxNumber(),
		}
	}
	for i, each := range r.GetPayments() {
		v.Payments[i] = paymentView(each)
	}
	m := r.GetMerchant()
	v.Merchant = merchant{
		m.GetName(), m.GetOnline(), m.GetPhone(), m.GetEmail(), m.GetStoreName(), m.GetStoreAddress(), m.GetStorePostcode(),
	}
	return v
}

func lineOf(i *receiptproto.Item) line {
	return line{
		Description: i.GetDescription(), Quantity: json.Number(cmp.Or(i.GetQuantity(), "0")), Unit: i.GetUnit(),
		Amount: i.GetAmount().GetMinor(), Currency: i.GetAmount().GetCurrency(), Tax: i.GetTaxMinor(),
	}
}

func paymentView(p *receiptproto.Payment) payment {
	return payment{
		Type: p.GetType(), Amount: p.GetAmount().GetMinor(), Currency: p.GetAmount().GetCurrency(), BIN: p.GetBin(),
		LastFour: p.GetLastFour(), AuthCode: p.GetAuthCode(), AID: p.GetAid(), MID: p.GetMid(), TID: p.GetTid(),
		GiftCardType: p.GetGiftCardType(),
	}
}
