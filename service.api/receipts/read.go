package receipts

import (
	"farthing/pkg/edge"
	moneyproto "farthing/pkg/money/proto"
	receiptproto "farthing/service.receipt/proto"
)

// receiptOf reads a receipt as programs send it: whether all is there that must be, and of its kind. What else the
// fields may hold is service.receipt's own rule.
func receiptOf(sent *edge.Object) *receiptproto.Receipt {
	receipt := &receiptproto.Receipt{
		ExternalId: sent.Required("external_id"), TransactionId: sent.Required("transaction_id"),
		Total: moneyOf(sent, "total"),
	}
	for _, each := range sent.RequiredList("items") {
		item := itemOf(each)
		for _, part := range each.List("sub_items") {
			item.SubItems = append(item.SubItems, subItemOf(part))
		}
		receipt.Items = append(receipt.Items, item)
	}
	for _, each := range sent.List("taxes") {
		receipt.Taxes = append(receipt.Taxes, &receiptproto.Tax{
			Description: each.Required("description"), Amount: moneyOf(each, "amount"), TaxNumber: each.String("tax_number"),
		})
	}
	for _, each := range sent.List("payments") {
		receipt.Payments = append(receipt.Payments, paymentOf(each))
	}
	receipt.Merchant = merchantOf(sent.Object("merchant"))
	return receipt
}

// moneyOf is an amount and the currency beside it.
func moneyOf(sent *edge.Object, amount string) *moneyproto.Money {
	return &moneyproto.Money{Minor: sent.RequiredInt64(amount), Currency: sent.Required("currency")}
}

func itemOf(sent *edge.Object) *receiptproto.Item {
	return &receiptproto.Item{
		Description: sent.Required("description"), Amount: moneyOf(sent, "amount"), Quantity: sent.Number("quantity"),
		Unit: sent.String("unit"), TaxMinor: sent.Int64("tax"),
	}
}

// subItemOf keeps of sub-items below a sub-item, which there must be none of, that they are there.
func subItemOf(sent *edge.Object) *receiptproto.Item {
	item := itemOf(sent)
	for range sent.List("sub_items") {
		item.SubItems = append(item.SubItems, &receiptproto.Item{})
	}
	return item
}

func paymentOf(sent *edge.Object) *receiptproto.Payment {
	return &receiptproto.Payment{
		Type: sent.Required("type"), Amount: moneyOf(sent, "amount"), Bin: sent.String("bin"),
		LastFour: sent.String("last_four"), AuthCode: sent.String("auth_code"), Aid: sent.String("aid"),
		Mid: sent.String("mid"), Tid: sent.String("tid"), GiftCardType: sent.String("gift_card_type"),
	}
}

func merchantOf(sent *edge.Object) *receiptproto.Merchant {
	return &receiptproto.Merchant{
		Name: sent.String("name"), Online: sent.Bool("online"), Phone: sent.String("phone"), Email: sent.String("email"),
		StoreName: sent.String("store_name"), StoreAddress: sent.String("store_address"),
		StorePostcode: sent.String("store_postcode"),
	}
}
