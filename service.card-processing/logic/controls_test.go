package logic_test

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"farthing/pkg/errs"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
	cardsproto "farthing/service.cards/proto"
)

var modes = []cardprocessingproto.EntryMode{
	cardprocessingproto.EntryMode_ENTRY_MODE_UNSPECIFIED, cardprocessingproto.EntryMode_ENTRY_MODE_CHIP,
	cardprocessingproto.EntryMode_ENTRY_MODE_CONTACTLESS, cardprocessingproto.EntryMode_ENTRY_MODE_MAGSTRIPE,
	cardprocessingproto.EntryMode_ENTRY_MODE_ONLINE,
}

var results = []cardprocessingproto.CheckResult{
	cardprocessingproto.CheckResult_CHECK_RESULT_UNSPECIFIED, cardprocessingproto.CheckResult_CHECK_RESULT_MATCH,
	cardprocessingproto.CheckResult_CHECK_RESULT_NO_MATCH, cardprocessingproto.CheckResult_CHECK_RESULT_NOT_CHECKED,
}

var pins = []cardprocessingproto.PINResult{
	cardprocessingproto.PINResult_PIN_RESULT_UNSPECIFIED, cardprocessingproto.PINResult_PIN_RESULT_VERIFIED,
	cardprocessingproto.PINResult_PIN_RESULT_WRONG, cardprocessingproto.PINResult_PIN_RESULT_NOT_TRIED,
	cardprocessingproto.PINResult_PIN_RESULT_TRIES_EXCEEDED,
}

func someVerification(t *rapid.T) (*cardprocessingproto.Verification, *cardsproto.TryPINResponse) {
	v := &cardprocessingproto.Verification{
		Expiry: rapid.SampledFrom([]string{"", "2027-06", "2027-07"}).Draw(t, "expiry"),
		Cvv:    rapid.SampledFrom(results).Draw(t, "cvv"), Cryptogram: rapid.SampledFrom(results).Draw(t, "cryptogram"),
		Address: rapid.SampledFrom(results).Draw(t, "address"), Pin: rapid.SampledFrom(pins).Draw(t, "pin"),
	}
	tried, right := logic.PINTried(v)
	if !tried {
		return v, nil
	}
	counted := &cardsproto.TryPINResponse{Blocked: rapid.Bool().Draw(t, "blocked"), Allowed: 3}
	if !right {
		counted.Wrong = rapid.Int32Range(1, 3).Draw(t, "wrong")
	}
	return v, counted
}

// isBad tells whether what was presented with a card of June 2027 is not what it should be.
func isBad(v *cardprocessingproto.Verification, counted *cardsproto.TryPINResponse) bool {
	return v.GetExpiry() == "2027-07" || v.GetCvv() == cardprocessingproto.CheckResult_CHECK_RESULT_NO_MATCH ||
		v.GetCryptogram() == cardprocessingproto.CheckResult_CHECK_RESULT_NO_MATCH || counted.GetBlocked() ||
		v.GetPin() == cardprocessingproto.PINResult_PIN_RESULT_WRONG ||
		v.GetPin() == cardprocessingproto.PINResult_PIN_RESULT_TRIES_EXCEEDED
}

func someCard(t *rapid.T) *cardsproto.Card {
	return &cardsproto.Card{
		Status:      rapid.SampledFrom([]cardsproto.Status{1, 1, 1, 2, 3, 9}).Draw(t, "status"),
		ExpiresYear: rapid.Int32Range(2025, 2027).Draw(t, "year"), ExpiresMonth: 6, ControlSetId: "ctl_1",
		BlockedMccs: rapid.SampledFrom([][]string{nil, {"7995"}}).Draw(t, "merchants"),
		Controls: &cardsproto.Controls{
			BlockedCountries:   rapid.SampledFrom([][]string{nil, {"FR", "IT"}}).Draw(t, "countries"),
			OnlineBlocked:      rapid.Bool().Draw(t, "online"),
			ContactlessBlocked: rapid.Bool().Draw(t, "contactless"), MagstripeBlocked: rapid.Bool().Draw(t, "magstripe"),
			DayMinor: rapid.SampledFrom([]*int64{nil, proto.Int64(5_00)}).Draw(t, "day"),
		},
	}
}

// Whatever a card and its use are, exactly one check decides a refusal, and it is the last.
func TestExactlyOneCheckDecidesARefusal(t *testing.T) {
	now := time.Date(2026, 11, 9, 12, 30, 53, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		card := someCard(t)
		use := logic.Use{
			MCC:     rapid.SampledFrom([]string{"", "7995", "5814"}).Draw(t, "mcc"),
			Country: rapid.SampledFrom([]string{"", "FR", "GB"}).Draw(t, "country"),
			Entry:   rapid.SampledFrom(modes).Draw(t, "entry"),
		}
		use.Verification, use.PIN = someVerification(t)
		control, refusal := logic.Control(card, use, now)
		failed := 0
		for _, c := range control.GetChecks() {
			if c.GetVerdict() == balanceproto.Verdict_VERDICT_FAILED {
				failed++
			}
		}
		refused := refusal != balanceproto.DeclineReason_DECLINE_REASON_UNSPECIFIED
		last := control.GetChecks()[len(control.GetChecks())-1]
		if refused != (failed == 1) || failed > 1 || refused != (last.GetVerdict() == balanceproto.Verdict_VERDICT_FAILED) {
			t.Fatalf("%v is explained by %v", refusal, control.GetChecks())
		}
		blocked := card.GetStatus() != cardsproto.Status_STATUS_ACTIVE || card.GetExpiresYear() < 2027 ||
			isBad(use.Verification, use.PIN) ||
			slices.Contains(card.GetBlockedMccs(), use.MCC) ||
			slices.Contains(card.GetControls().GetBlockedCountries(), use.Country) ||
			card.GetControls().GetOnlineBlocked() && use.Entry == cardprocessingproto.EntryMode_ENTRY_MODE_ONLINE ||
			card.GetControls().GetContactlessBlocked() && use.Entry == cardprocessingproto.EntryMode_ENTRY_MODE_CONTACTLESS ||
			card.GetControls().GetMagstripeBlocked() && use.Entry == cardprocessingproto.EntryMode_ENTRY_MODE_MAGSTRIPE
		if refused != blocked {
			t.Fatalf("%v for %v is refused: %v (%v)", card, use, refused, refusal)
		}
	})
}

// order is that in which checks stand in an explanation.
var order = []string{
	"card_active", "card_in_date", "expiry_matches", "cryptogram", "cvv", "pin", "address", "merchant_wanted",
	"country_wanted", "entry_wanted",
}

func TestEachResultDeclinesByItsOwnReasonInAFixedPlace(t *testing.T) {
	const (
		match   = cardprocessingproto.CheckResult_CHECK_RESULT_MATCH
		noMatch = cardprocessingproto.CheckResult_CHECK_RESULT_NO_MATCH
	)
	card := &cardsproto.Card{Status: cardsproto.Status_STATUS_ACTIVE, ExpiresYear: 2029, ExpiresMonth: 11,
		BlockedMccs: []string{"7995"}, Controls: &cardsproto.Controls{BlockedCountries: []string{"FR"}}}
	for want, change := range map[string]func(*logic.Use){
		"":               func(*logic.Use) {},
		"wrong_expiry":   func(u *logic.Use) { u.Verification.Expiry = "2028-11" },
		"bad_cryptogram": func(u *logic.Use) { u.Verification.Cryptogram = noMatch },
		"bad_cvv":        func(u *logic.Use) { u.Verification.Cvv = noMatch },
		"wrong_pin": func(u *logic.Use) {
			u.Verification.Pin = cardprocessingproto.PINResult_PIN_RESULT_WRONG
			u.PIN = &cardsproto.TryPINResponse{Wrong: 3, Allowed: 3}
		},
		"pin_tries_exceeded": func(u *logic.Use) { u.PIN = &cardsproto.TryPINResponse{Wrong: 3, Blocked: true, Allowed: 3} },
		"merchant_blocked":   func(u *logic.Use) { u.MCC = "7995" },
		"country_blocked":    func(u *logic.Use) { u.Verification.Address, u.Country = noMatch, "FR" },
	} {
		use := logic.Use{Verification: &cardprocessingproto.Verification{
			Expiry: "2029-11", Cvv: match, Cryptogram: match, Address: match,
			Pin: cardprocessingproto.PINResult_PIN_RESULT_VERIFIED,
		}}
		change(&use)
		control, refusal := logic.Control(card, use, time.Date(2026, 11, 9, 12, 30, 53, 0, time.UTC))
		if got := balanceproto.ReasonText(refusal); got != want {
			t.Errorf("%v is refused by %q, want %q", use.Verification, got, want)
		}
		at := -1
		for _, c := range control.GetChecks() {
			place := slices.Index(order, c.GetName())
			if place <= at {
				t.Errorf("%q stands at a wrong place of %v", c.GetName(), control.GetChecks())
			}
			at = place
		}
	}
}

func TestAResultThatThereIsNotIsRefusedByItsName(t *testing.T) {
	for field, v := range map[string]*cardprocessingproto.Verification{
		"cvv": {Cvv: 9}, "cryptogram": {Cryptogram: -1}, "address": {Address: 4}, "pin": {Pin: 5},
		"expiry": {Expiry: "1129"},
	} {
		if err := logic.CheckVerification(v); !errs.Is(err, "bad_request.bad_param.verification."+field) {
			t.Errorf("%v: %v", v, err)
		}
	}
}

func TestAPurchaseWithCashHasAMostThatItMayGive(t *testing.T) {
	card := &cardsproto.Card{Status: cardsproto.Status_STATUS_ACTIVE, ExpiresYear: 2029, ControlSetId: "ctl_1"}
	for cashback, want := range map[int64]int{0: 0, 1: 1} {
		control, _ := logic.Control(card, logic.Use{Cashback: cashback}, noon)
		if limits := control.GetLimits(); len(limits) != want || control.GetCashbackMinor() != cashback {
			t.Errorf("%d of cash has the limits %v", cashback, limits)
		}
	}
}
