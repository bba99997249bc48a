package logic

import (
	"slices"
	"strings"
	"time"

	balanceproto "farthing/service.balance/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
	cardsproto "farthing/service.cards/proto"
)

// Use is what a card is to be used for, as far as its customer may object to it.
type Use struct {
	MCC     string
	Country string
	Entry   cardprocessingproto.EntryMode
	Cash    bool
	// Of a purchase, the cash that it gives beside, in minor units.
	Cashback int64

	// What was found of what was presented with it, and what service.cards has counted of its PIN, if one was entered.
	Verification *cardprocessingproto.Verification
	PIN          *cardsproto.TryPINResponse
}

// UseOf is what an authorisation asks to use a card for.
func UseOf(req *cardprocessingproto.AuthoriseRequest) Use {
	return Use{
		MCC: req.GetMcc(), Country: req.GetCountry(), Entry: req.GetEntryMode(), Cash: req.GetCash(),
		Cashback: req.GetCashback().GetMinor(), Verification: req.GetVerification(),
	}
}

// UseOfInquiry is what a balance inquiry asks to use a card for.
func UseOfInquiry(req *cardprocessingproto.InquireBalanceRequest) Use {
	return Use{
		MCC: req.GetMcc(), Country: req.GetCountry(), Entry: req.GetEntryMode(), Verification: req.GetVerification(),
	}
}

// cashbackMax is the most cash that a shop may give beside a purchase, in pence: what the schemes allow in the United
// Kingdom.
const cashbackMax = 100_00

const noRefusal = balanceproto.DeclineReason_DECLINE_REASON_UNSPECIFIED

// check is something that is looked at without the ledger.
type check struct {
	name, input string
	refusal     balanceproto.DeclineReason
}

// Control is under what control a card is used at a time, with all that can be checked without the ledger, in order.
// The first check that fails is the last, and its reason the refusal; unspecified if the card may be used.
func Control(
	card *cardsproto.Card, use Use, now time.Time,
) (control *balanceproto.Control, refusal balanceproto.DeclineReason) {
	control = &balanceproto.Control{
		SetId: card.GetControlSetId(), Cash: use.Cash, CashbackMinor: use.Cashback, Limits: limitsOf(card.GetControls()),
	}
	if use.Cashback > 0 {
		control.Limits = append(control.Limits, &balanceproto.Limit{
			Window: balanceproto.Window_WINDOW_CASHBACK, Minor: cashbackMax,
		})
	}
	checks := slices.Concat([]check{active(card), inDate(card, now)}, verified(card, use), wanted(card, use))
	for _, c := range checks {
		made := &balanceproto.Check{Name: c.name, Input: c.input, Verdict: balanceproto.Verdict_VERDICT_PASSED}
		control.Checks = append(control.Checks, made)
		if c.refusal != noRefusal {
			made.Verdict = balanceproto.Verdict_VERDICT_FAILED
			return control, c.refusal
		}
	}
	return control, noRefusal
}

func active(card *cardsproto.Card) check {
	c := check{name: "card_active", input: strings.TrimPrefix(card.GetStatus().String(), "STATUS_")}
	switch card.GetStatus() {
	case cardsproto.Status_STATUS_ACTIVE:
	case cardsproto.Status_STATUS_FROZEN:
		c.refusal = balanceproto.DeclineReason_DECLINE_REASON_CARD_FROZEN
	case cardsproto.Status_STATUS_CLOSED, cardsproto.Status_STATUS_UNSPECIFIED:
		c.refusal = balanceproto.DeclineReason_DECLINE_REASON_CARD_CLOSED
	default: // A state that a later version of service.cards knows: whatever it is, it is not this one's "active".
		c.refusal = balanceproto.DeclineReason_DECLINE_REASON_CARD_CLOSED
	}
	return c
}

func inDate(card *cardsproto.Card, now time.Time) check {
	c := check{name: "card_in_date", input: expiryOf(card)}
	// A card is good to the end of its month, anywhere on earth.
	end := time.Date(int(card.GetExpiresYear()), time.Month(card.GetExpiresMonth())+1, 1, 12, 0, 0, 0, time.UTC)
	if !now.Before(end) {
		c.refusal = balanceproto.DeclineReason_DECLINE_REASON_CARD_EXPIRED
	}
	return c
}

// wanted is what the card's customer has set: nothing is looked at that nobody objects to.
func wanted(card *cardsproto.Card, use Use) []check {
	controls := card.GetControls()
	var checks []check
	look := func(name, input string, blocked bool, refusal balanceproto.DeclineReason) {
		if !blocked {
			refusal = noRefusal
		}
		checks = append(checks, check{name, input, refusal})
	}
	if len(card.GetBlockedMccs()) > 0 {
		look("merchant_wanted", use.MCC, slices.Contains(card.GetBlockedMccs(), use.MCC),
			balanceproto.DeclineReason_DECLINE_REASON_MERCHANT_BLOCKED)
	}
	if len(controls.GetBlockedCountries()) > 0 {
		look("country_wanted", use.Country, slices.Contains(controls.GetBlockedCountries(), use.Country),
			balanceproto.DeclineReason_DECLINE_REASON_COUNTRY_BLOCKED)
	}
	if block := entryBlock(controls, use.Entry); block != noRefusal {
		look("entry_wanted", strings.TrimPrefix(use.Entry.String(), "ENTRY_MODE_"), true, block)
	}
	return checks
}

// entryBlock is what a way to read the card declines with, if it is blocked.
func entryBlock(c *cardsproto.Controls, entry cardprocessingproto.EntryMode) balanceproto.DeclineReason {
	switch {
	case entry == cardprocessingproto.EntryMode_ENTRY_MODE_ONLINE && c.GetOnlineBlocked():
		return balanceproto.DeclineReason_DECLINE_REASON_ONLINE_BLOCKED
	case entry == cardprocessingproto.EntryMode_ENTRY_MODE_CONTACTLESS && c.GetContactlessBlocked():
		return balanceproto.DeclineReason_DECLINE_REASON_CONTACTLESS_BLOCKED
	case entry == cardprocessingproto.EntryMode_ENTRY_MODE_MAGSTRIPE && c.GetMagstripeBlocked():
		return balanceproto.DeclineReason_DECLINE_REASON_MAGSTRIPE_BLOCKED
	}
	return noRefusal
}

func limitsOf(c *cardsproto.Controls) []*balanceproto.Limit {
	if c == nil {
		return nil
	}
	var limits []*balanceproto.Limit
	for _, each := range []struct {
		window balanceproto.Window
		minor  *int64
	}{
		{balanceproto.Window_WINDOW_PAYMENT, c.PaymentMinor}, {balanceproto.Window_WINDOW_CASH_DAY, c.CashDayMinor},
		{balanceproto.Window_WINDOW_DAY, c.DayMinor}, {balanceproto.Window_WINDOW_WEEK, c.WeekMinor},
		{balanceproto.Window_WINDOW_MONTH, c.MonthMinor},
	} {
		if each.minor != nil {
			limits = append(limits, &balanceproto.Limit{Window: each.window, Minor: *each.minor})
		}
	}
	return limits
}
