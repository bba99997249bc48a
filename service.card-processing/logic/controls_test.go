package logic_test

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

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
