package logic_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"farthing/pkg/errs"
	moneyproto "farthing/pkg/money/proto"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
	cardsproto "farthing/service.cards/proto"
)

type request = cardprocessingproto.AuthoriseRequest

var noon = time.Date(2026, 11, 9, 12, 30, 53, 0, time.UTC)

func good() *request {
	return &request{
		Network: network(), CardId: "card_1", Amount: &moneyproto.Money{Minor: 3_50, Currency: "GBP"},
		LocalAmount: &moneyproto.Money{Minor: 700, Currency: "JPY"}, Descriptor_: "PRET A MANGER 1234 LONDON GBR",
		Mcc: "5814",
	}
}

func network() *cardprocessingproto.NetworkIDs {
	return &cardprocessingproto.NetworkIDs{
		AcquirerId: "400123", Stan: "000042", Rrn: "631412000042", TerminalId: "TERM0001",
		TransmittedMs: noon.UnixMilli(),
	}
}

func TestWhatCanBeAuthorisedPasses(t *testing.T) {
	for name, change := range map[string]func(*request){
		"all of it":                func(*request) {},
		"no merchant's amount":     func(r *request) { r.LocalAmount = nil },
		"no category":              func(r *request) { r.Mcc = "" },
		"a number for the card":    func(r *request) { r.CardId, r.CardNumber = "", "4111111111111111" },
		"a processor's own id":     func(r *request) { r.Network, r.ProcessorId = nil, "swipe-1" },
		"the most there is":        func(r *request) { r.Amount.Minor = math.MaxInt64 },
		"99 characters":            func(r *request) { r.Descriptor_ = strings.Repeat("é", 99) },
		"a clock a bit ahead":      func(r *request) { r.Network.TransmittedMs = noon.Add(time.Hour).UnixMilli() },
		"an advice from last year": func(r *request) { r.Network.TransmittedMs = noon.AddDate(-1, 0, 0).UnixMilli() },
	} {
		req := good()
		change(req)
		if err := logic.Check(req, noon); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatCannotIsRefusedByFieldAndRule(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	for name, c := range map[string]struct {
		code  string
		spoil func(*request)
	}{
		"no id at all":            {"missing_param.processor_id", func(r *request) { r.Network = nil }},
		"both ids":                {"bad_param.processor_id", func(r *request) { r.ProcessorId = "swipe-1" }},
		"a long id":               {"bad_param.processor_id", func(r *request) { r.Network, r.ProcessorId = nil, long(65) }},
		"a blank id":              {"missing_param.processor_id", func(r *request) { r.Network, r.ProcessorId = nil, " " }},
		"no acquirer":             {"missing_param.network.acquirer_id", func(r *request) { r.Network.AcquirerId = "" }},
		"no STAN":                 {"missing_param.network.stan", func(r *request) { r.Network.Stan = "" }},
		"no RRN":                  {"missing_param.network.rrn", func(r *request) { r.Network.Rrn = "" }},
		"no terminal":             {"missing_param.network.terminal_id", func(r *request) { r.Network.TerminalId = "" }},
		"ids that run together":   {"bad_param.network.stan", func(r *request) { r.Network.Stan = "1\x002" }},
		"a long RRN":              {"bad_param.network.rrn", func(r *request) { r.Network.Rrn = long(33) }},
		"no time":                 {"missing_param.network.transmitted_at", func(r *request) { r.Network.TransmittedMs = 0 }},
		"a time before all":       {"bad_param.network.transmitted_at", func(r *request) { r.Network.TransmittedMs = -1 }},
		"no card":                 {"missing_param.card_id", func(r *request) { r.CardId = "" }},
		"two cards":               {"bad_param.card_id", func(r *request) { r.CardNumber = "4111111111111111" }},
		"no amount":               {"missing_param.amount", func(r *request) { r.Amount = nil }},
		"zero":                    {"bad_param.amount.minor", func(r *request) { r.Amount.Minor = 0 }},
		"negative":                {"bad_param.amount.minor", func(r *request) { r.Amount.Minor = -1 }},
		"no currency":             {"param.amount.currency", func(r *request) { r.Amount.Currency = "" }},
		"unknown currency":        {"bad_param.amount.currency", func(r *request) { r.Amount.Currency = "GBX" }},
		"merchant's zero":         {"bad_param.local_amount.minor", func(r *request) { r.LocalAmount.Minor = 0 }},
		"merchant's own currency": {"bad_param.local_amount.currency", func(r *request) { r.LocalAmount.Currency = "£" }},
		"cash of no currency": {"param.cashback.currency", func(r *request) {
			r.Cashback = &moneyproto.Money{Minor: 1}
		}},
		"cash of another currency": {"bad_param.cashback.currency", func(r *request) {
			r.Cashback = &moneyproto.Money{Minor: 1, Currency: "EUR"}
		}},
		"more cash than all": {"bad_param.cashback.minor", func(r *request) {
			r.Cashback = &moneyproto.Money{Minor: 3_51, Currency: "GBP"}
		}},
		"no cash": {"bad_param.cashback.minor", func(r *request) {
			r.Cashback = &moneyproto.Money{Currency: "GBP"}
		}},
		"cash beside cash": {"bad_param.cashback", func(r *request) {
			r.Cash, r.Cashback = true, &moneyproto.Money{Minor: 1, Currency: "GBP"}
		}},
		"a rate that is none":   {"bad_param.conversion_rate", func(r *request) { r.ConversionRate = "1:2" }},
		"another amount's rate": {"bad_param.conversion_rate", func(r *request) { r.ConversionRate = "0.0051" }},
		"a rate of nothing": {"bad_param.conversion_rate", func(r *request) {
			r.LocalAmount, r.ConversionRate = nil, "0.005"
		}},
		"no descriptor":         {"missing_param.descriptor", func(r *request) { r.Descriptor_ = "" }},
		"a blank descriptor":    {"missing_param.descriptor", func(r *request) { r.Descriptor_ = "  " }},
		"a descriptor of 10 KB": {"bad_param.descriptor", func(r *request) { r.Descriptor_ = long(10 << 10) }},
		"control characters":    {"bad_param.descriptor", func(r *request) { r.Descriptor_ = "PRET\x1b[2J" }},
		"invalid UTF-8":         {"bad_param.descriptor", func(r *request) { r.Descriptor_ = "PRET\xff" }},
		"three digits":          {"bad_param.mcc", func(r *request) { r.Mcc = "581" }},
		"letters":               {"bad_param.mcc", func(r *request) { r.Mcc = "58l4" }},
		"two days ahead": {
			"bad_param.network.transmitted_at",
			func(r *request) { r.Network.TransmittedMs = noon.AddDate(0, 0, 2).UnixMilli() },
		},
	} {
		req := good()
		c.spoil(req)
		err := logic.Check(req, noon)
		if !errs.Is(err, errs.BadRequest) || !strings.HasSuffix(errs.Of(err).Code, c.code) {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

// someIDs draws ids of a message, alike often enough to differ in one field only.
func someIDs(t *rapid.T, name string) *cardprocessingproto.NetworkIDs {
	word := rapid.SampledFrom([]string{"1", "2", "11", "12"})
	return &cardprocessingproto.NetworkIDs{
		AcquirerId: word.Draw(t, name+" acquirer"), Stan: word.Draw(t, name+" STAN"), Rrn: word.Draw(t, name+" RRN"),
		TerminalId:    word.Draw(t, name+" terminal"),
		TransmittedMs: noon.UnixMilli() + rapid.Int64Range(0, 2).Draw(t, name+" time"),
	}
}

func TestAHoldIsNamedByItsCardAndAllOfItsMessagesIDsAndNothingElse(t *testing.T) {
	text := func(n *cardprocessingproto.NetworkIDs, card string) [5]string {
		return [5]string{n.GetAcquirerId(), n.GetStan(), n.GetRrn(), n.GetTerminalId(), card}
	}
	cards := rapid.SampledFrom([]string{"", "card_1", "card_2"})
	rapid.Check(t, func(t *rapid.T) {
		a, b := someIDs(t, "a"), someIDs(t, "b")
		cardA, cardB := cards.Draw(t, "a's card"), cards.Draw(t, "b's card")
		same := text(a, cardA) == text(b, cardB) && a.GetTransmittedMs() == b.GetTransmittedMs()
		if got := logic.HoldID(a, cardA) == logic.HoldID(b, cardB); got != same {
			t.Fatalf("%v of %q and %v of %q: the same hold is %v", a, cardA, b, cardB, got)
		}
	})
}

func TestANetworksHoldIsNeverAProcessors(t *testing.T) {
	ids := network()
	joined := strings.Join([]string{ids.GetAcquirerId(), ids.GetStan(), ids.GetRrn(), ids.GetTerminalId(), "c"}, "\x00")
	if logic.HoldID(ids, "c") != logic.HoldIDAt(noon, joined) {
		t.Fatal("the ids are joined otherwise: look again whether two of them can meet")
	}
	req := good()
	req.Network, req.ProcessorId = nil, joined
	if err := logic.Check(req, noon); !errs.Is(err, "bad_request.bad_param.processor_id") {
		t.Fatalf("a processor may send %q: %v", joined, err)
	}
}

func TestAnAuthorisationAndItsHoldHaveOneName(t *testing.T) {
	hold := logic.HoldID(network(), "card_1")
	auth := logic.AuthorisationID(hold)
	if !strings.HasPrefix(auth, "auth_") || strings.TrimPrefix(auth, "auth") != strings.TrimPrefix(hold, "hold") {
		t.Fatalf("%s is called %s", hold, auth)
	}
}

func TestACardMayPayWhileItIsActiveAndItsMonthLastsSomewhere(t *testing.T) {
	end := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC) // Midnight after November in the last zone on earth.
	for _, c := range []struct {
		status cardsproto.Status
		now    time.Time
		want   string
	}{
		{cardsproto.Status_STATUS_ACTIVE, noon, ""},
		{cardsproto.Status_STATUS_ACTIVE, end.Add(-time.Millisecond), ""},
		{cardsproto.Status_STATUS_ACTIVE, end, "card_expired"},
		{cardsproto.Status_STATUS_FROZEN, noon, "card_frozen"},
		{cardsproto.Status_STATUS_FROZEN, end, "card_frozen"},
		{cardsproto.Status_STATUS_CLOSED, noon, "card_closed"},
		{cardsproto.Status_STATUS_UNSPECIFIED, noon, "card_closed"},
		{cardsproto.Status(99), noon, "card_closed"}, // A state that a later version knows.
	} {
		card := &cardsproto.Card{Status: c.status, ExpiresYear: 2026, ExpiresMonth: 11}
		if got := refusal(card, c.now); got != c.want {
			t.Errorf("%v at %v: refused for %q, want %q", c.status, c.now, got, c.want)
		}
	}
}

func TestACardGoodUntilDecemberIsGoodIntoTheNewYear(t *testing.T) {
	card := &cardsproto.Card{Status: cardsproto.Status_STATUS_ACTIVE, ExpiresYear: 2026, ExpiresMonth: 12}
	turn := time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)
	if got := refusal(card, turn.Add(-time.Millisecond)); got != "" {
		t.Errorf("refused for %q", got)
	}
	if got := refusal(card, turn); got != "card_expired" {
		t.Errorf("refused for %q", got)
	}
}

func refusal(card *cardsproto.Card, now time.Time) string {
	_, reason := logic.Control(card, logic.Use{}, now)
	return balanceproto.ReasonText(reason)
}
