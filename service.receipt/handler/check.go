package handler

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/money"
	moneyproto "farthing/pkg/money/proto"
	"farthing/service.receipt/logic"
	receiptproto "farthing/service.receipt/proto"
	"farthing/service.receipt/storage"
)

// How long the lists and texts of a receipt may be.
const (
	itemsMax    = 500
	subItemsMax = 50
	othersMax   = 50 // Taxes, and payments.

	externalIDMax  = 200
	descriptionMax = 500
	nameMax        = 200
	wordMax        = 50

	binDigitsMax   = 8
	lastFourDigits = 4

	receiptBytesMax = 100_000
)

// nameOf is a receipt's name and whose it is, checked.
func nameOf(owner *receiptproto.Owner, externalID string) (storage.Name, error) {
	name := storage.Name{User: owner.GetUserId(), Client: owner.GetClientId(), ExternalID: externalID}
	switch {
	case name.User == "":
		return name, errs.MissingParam("owner.user_id")
	case name.Client == "":
		return name, errs.MissingParam("owner.client_id")
	case externalID == "":
		return name, errs.MissingParam("external_id")
	}
	return name, edge.Text("external_id", externalID, externalIDMax)
}

// checked is a receipt as it is kept, or the first rule that it breaks. That its parts add up to its total is what
// programs should see to, and what many do not: it is kept as it was said.
func checked(r *receiptproto.Receipt) (*receiptproto.Receipt, error) {
	kept := proto.CloneOf(r)
	c := &check{}
	c.note(id.Check("transaction_id", "tx", r.GetTransactionId()))
	c.money("", "total", r.GetTotal())
	if r.GetTotal().GetMinor() <= 0 {
		c.refuse("total", "must be more than zero")
	}
	c.items(kept.GetItems())
	for at, each := range lines(c, "taxes", r.GetTaxes(), othersMax) {
		c.required(at+"description", each.GetDescription())
		c.money(at, "amount", each.GetAmount())
		c.texts(at, wordMax, "tax_number", each.GetTaxNumber())
	}
	for at, each := range lines(c, "payments", r.GetPayments(), othersMax) {
		c.payment(at, each)
	}
	c.merchant(r.GetMerchant())
	if proto.Size(kept) > receiptBytesMax {
		c.refuse("items", fmt.Sprintf("must have at most %d bytes together with all else", receiptBytesMax))
	}
	return kept, c.err
}

// check is the first rule that a receipt breaks.
type check struct{ err error }

func (c *check) note(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *check) refuse(field, rule string) { c.note(errs.BadParam(field, rule)) }

// lines are the lines of a list, each with where it is: "taxes[0].".
func lines[T any](c *check, field string, list []T, most int) func(yield func(string, T) bool) {
	if len(list) > most {
		c.refuse(field, fmt.Sprintf("must have at most %d lines", most))
		list = nil
	}
	return func(yield func(string, T) bool) {
		for i, each := range list {
			if !yield(fmt.Sprintf("%s[%d].", field, i), each) {
				return
			}
		}
	}
}

// items checks goods and what they are made up of.
func (c *check) items(items []*receiptproto.Item) {
	for at, each := range lines(c, "items", items, itemsMax) {
		c.item(at, each)
		for at, part := range lines(c, at+"sub_items", each.GetSubItems(), subItemsMax) {
			c.item(at, part)
			if len(part.GetSubItems()) > 0 {
				c.refuse(at+"sub_items", "must be empty: a sub-item has none itself")
			}
		}
	}
}

// item checks one line, and makes its quantity plain.
func (c *check) item(at string, i *receiptproto.Item) {
	c.required(at+"description", i.GetDescription())
	c.money(at, "amount", i.GetAmount())
	c.texts(at, wordMax, "unit", i.GetUnit())
	plain, ok := logic.Quantity(i.GetQuantity())
	if !ok {
		c.refuse(at+"quantity", "must be a number with at most 12 digits before its point and 18 after it")
	}
	i.Quantity = plain
}

func (c *check) payment(at string, p *receiptproto.Payment) {
	switch p.GetType() {
	case "":
		c.note(errs.MissingParam(at + "type"))
	case "card", "cash", "gift_card":
	default:
		c.refuse(at+"type", "must be 'card', 'cash' or 'gift_card'")
	}
	c.money(at, "amount", p.GetAmount())
	// A card's number must not come in pieces, however it is put: so much of it may be shown, and no more.
	if bin := p.GetBin(); len(bin) > binDigitsMax || !allDigits(bin) {
		c.refuse(at+"bin", "must be at most 8 digits")
	}
	if four := p.GetLastFour(); four != "" && (len(four) != lastFourDigits || !allDigits(four)) {
		c.refuse(at+"last_four", "must be four digits")
	}
	c.texts(at, wordMax, "auth_code", p.GetAuthCode(), "aid", p.GetAid(), "mid", p.GetMid(), "tid", p.GetTid())
	c.texts(at, nameMax, "gift_card_type", p.GetGiftCardType())
}

func (c *check) merchant(m *receiptproto.Merchant) {
	c.texts("merchant.", nameMax, "name", m.GetName(), "phone", m.GetPhone(), "email", m.GetEmail(),
		"store_name", m.GetStoreName(), "store_address", m.GetStoreAddress(), "store_postcode", m.GetStorePostcode())
}

// required checks the text of a line that says what it is.
func (c *check) required(field, text string) {
	if text == "" {
		c.note(errs.MissingParam(field))
	}
	c.note(edge.Lines(field, text, descriptionMax))
}

// texts checks texts that may be empty: name, text, name, text.
func (c *check) texts(at string, most int, pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		c.note(edge.Lines(at+pairs[i], pairs[i+1], most))
	}
}

// money checks an amount and the currency beside it.
func (c *check) money(at, amount string, m *moneyproto.Money) {
	if m == nil {
		c.note(errs.MissingParam(at + amount))
	}
	c.note(money.CheckCurrency(at+"currency", m.GetCurrency()))
}

func allDigits(text string) bool { return strings.Trim(text, "0123456789") == "" }
