package logic_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	moneyproto "farthing/pkg/money/proto"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.transactions/logic"
	transactionsproto "farthing/service.transactions/proto"
)

var noon = time.Date(2026, 11, 9, 12, 30, 53, 0, time.UTC)

func record(version int64, status transactionsproto.Status) logic.Part {
	return logic.Part{ID: "tx_1", Facet: logic.Record, Version: version, State: &transactionsproto.Transaction{
		Id: "tx_1", Status: status, Amount: &moneyproto.Money{Minor: -3_50, Currency: "GBP"},
		CreatedMs: noon.UnixMilli(), UpdatedMs: noon.UnixMilli(),
	}}
}

func enrichment(version int64, name string) logic.Part {
	return logic.Part{ID: "tx_1", Facet: logic.Enrichment, Version: version, State: &transactionsproto.Transaction{
		Merchant: &transactionsproto.Merchant{Id: "merch_" + name, Name: name}, Category: "eating_out",
	}}
}

func annotated(parts []logic.Part, client, key, value string) []logic.Part {
	added, _ := logic.Annotate(parts, "tx_1", client, map[string]string{key: value}, noon.Add(time.Hour))
	return append(parts, added...)
}

// someParts draws parts of one transaction, each version of each facet once.
func someParts(t *rapid.T) []logic.Part {
	parts := []logic.Part{record(1, transactionsproto.Status_STATUS_PENDING)}
	if rapid.Bool().Draw(t, "given up") {
		parts = append(parts, record(2, transactionsproto.Status_STATUS_DECLINED))
	}
	for version := range rapid.Int64Range(0, 3).Draw(t, "enrichments") {
		parts = append(parts, enrichment(version+1, string(rune('a'+version))))
	}
	for range rapid.IntRange(0, 6).Draw(t, "annotations") {
		parts = annotated(parts, rapid.SampledFrom([]string{"client_a", "client_ab"}).Draw(t, "client"),
			rapid.SampledFrom([]string{"notes", "k", "client_a:k"}).Draw(t, "key"),
			rapid.SampledFrom([]string{"", "tea", "cake"}).Draw(t, "value"))
	}
	return parts
}

func TestAnyOrderOfPartsMakesTheSameTransaction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := someParts(t)
		want := logic.Merge(parts, "client_a")
		seed := rapid.Uint64().Draw(t, "shuffle")
		rand.New(rand.NewPCG(seed, seed)).Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		if diff := cmp.Diff(want, logic.Merge(parts, "client_a"), protocmp.Transform()); diff != "" {
			t.Fatalf("another order makes another transaction:\n%s", diff)
		}
	})
}

func TestMergingLeavesThePartsAsTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := someParts(t)
		before := make([]proto.Message, len(parts))
		for i, part := range parts {
			before[i] = proto.Clone(part.State)
		}
		logic.Merge(parts, "client_a").Metadata["k"] = "changed by a caller"
		for i, part := range parts {
			if diff := cmp.Diff(before[i], proto.Message(part.State), protocmp.Transform()); diff != "" {
				t.Fatalf("part %d changed:\n%s", i, diff)
			}
		}
	})
}

func TestTheHighestVersionOfEachFacetIsShown(t *testing.T) {
	got := logic.Merge([]logic.Part{
		enrichment(2, "better"), record(2, transactionsproto.Status_STATUS_DECLINED), enrichment(1, "tidy"),
		record(1, transactionsproto.Status_STATUS_PENDING),
	}, "client_a")
	if got.GetMerchant().GetName() != "better" || got.GetStatus() != transactionsproto.Status_STATUS_DECLINED {
		t.Fatalf("merged to %v", got)
	}
}

func TestTheCashOfAPurchaseIsNeverMoreThanWhatIsLeftOfIt(t *testing.T) {
	for left, want := range map[int64]int64{-3_50: -2_00, -2_50: -2_00, -1_00: -1_00, 0: 0} {
		first := record(1, transactionsproto.Status_STATUS_PENDING)
		first.State.Cashback = &moneyproto.Money{Minor: -2_00, Currency: "GBP"}
		progress := logic.Part{ID: "tx_1", Facet: logic.Progress, Version: 2, State: &transactionsproto.Transaction{
			Status: transactionsproto.Status_STATUS_PENDING, Amount: &moneyproto.Money{Minor: left, Currency: "GBP"},
		}}
		if got := logic.Merge([]logic.Part{first, progress}, "").GetCashback().GetMinor(); got != want {
			t.Errorf("of %d left %d are cash, want %d", left, got, want)
		}
	}
}

func TestACollectionsMerchantAmountComesWithItsOwnRate(t *testing.T) {
	first := record(1, transactionsproto.Status_STATUS_PENDING)
	first.State.LocalAmount = &moneyproto.Money{Minor: -4_00, Currency: "EUR"}
	first.State.Rate = &moneyproto.Rate{Decimal: "0.875"}
	for name, c := range map[string]struct {
		local *moneyproto.Money
		rate  *moneyproto.Rate
		want  string
	}{
		"one of its own":  {&moneyproto.Money{Minor: -4_10, Currency: "EUR"}, &moneyproto.Rate{Decimal: "0.86"}, "0.86"},
		"not known":       {nil, nil, "0.875"},
		"given up":        {&moneyproto.Money{Currency: "EUR"}, nil, "0.875"},
		"at home instead": {&moneyproto.Money{Minor: -3_50, Currency: "GBP"}, nil, ""},
	} {
		progress := logic.Part{ID: "tx_1", Facet: logic.Progress, Version: 2, State: &transactionsproto.Transaction{
			Status: transactionsproto.Status_STATUS_SETTLED, Amount: &moneyproto.Money{Minor: -3_50, Currency: "GBP"},
			LocalAmount: c.local, Rate: c.rate,
		}}
		if got := logic.Merge([]logic.Part{first, progress}, "").GetRate().GetDecimal(); got != c.want {
			t.Errorf("%s: the rate is %q, want %q", name, got, c.want)
		}
	}
}

func TestWithoutARecordThereIsNoTransaction(t *testing.T) {
	if got := logic.Merge([]logic.Part{enrichment(1, "tidy")}, ""); got != nil {
		t.Fatalf("got %v", got)
	}
}

func TestVersionsGrowAndNameOneStateEach(t *testing.T) {
	seen := make(map[int64]string)
	for r := int64(1); r <= 2; r++ {
		last := int64(0)
		for _, e := range []int64{0, 1, 2, logic.EnrichmentVersionMax} {
			parts := []logic.Part{record(r, transactionsproto.Status_STATUS_PENDING)}
			if e > 0 {
				parts = append(parts, enrichment(e, "x"))
			}
			version := logic.Merge(parts, "").GetVersion()
			if version <= last || seen[version] != "" {
				t.Fatalf("record %d and enrichment %d make version %d after %d", r, e, version, last)
			}
			last, seen[version] = version, "taken"
		}
	}
}

func TestMetadataIsItsClientsOwn(t *testing.T) {
	parts := []logic.Part{record(1, transactionsproto.Status_STATUS_PENDING)}
	parts = annotated(parts, "client_a", "k", "a's")
	parts = annotated(parts, "client_b", "k", "b's")
	parts = annotated(parts, "client_b", "notes", "for the office")
	for client, want := range map[string]map[string]string{
		"client_a": {"k": "a's"}, "client_b": {"k": "b's", "notes": "for the office"}, "client": {}, "": {},
	} {
		got := logic.Merge(parts, client)
		if diff := cmp.Diff(want, got.GetMetadata()); diff != "" || got.GetNotes() != want["notes"] {
			t.Errorf("%q sees notes %q and metadata:\n%s", client, got.GetNotes(), diff)
		}
	}
}

func TestWhoAnnotatesLastWinsWhateverTheClocksSay(t *testing.T) {
	parts := []logic.Part{record(1, transactionsproto.Status_STATUS_PENDING)}
	for i, at := range []time.Time{noon, noon, noon.Add(-time.Hour)} {
		value := string(rune('a' + i))
		added, superseded := logic.Annotate(parts, "tx_1", "client_a", map[string]string{"k": value}, at)
		if len(superseded) != i {
			t.Fatalf("%d parts are superseded, want all %d that were there", len(superseded), i)
		}
		parts = append(parts, added...)
		if got := logic.Merge(parts, "client_a").GetMetadata()["k"]; got != value {
			t.Fatalf("it is %q after writing %q", got, value)
		}
	}
}

func TestADeletedKeyStaysDeletedWhenAnOlderValueArrivesLate(t *testing.T) {
	parts := []logic.Part{record(1, transactionsproto.Status_STATUS_PENDING)}
	late, _ := logic.Annotate(parts, "tx_1", "client_a", map[string]string{"notes": "old"}, noon)
	deleted, _ := logic.Annotate(append(parts, late...), "tx_1", "client_a", map[string]string{"notes": ""}, noon)
	got := logic.Merge(append(append(parts, deleted...), late...), "client_a")
	if got.GetNotes() != "" || len(got.GetMetadata()) != 0 {
		t.Fatalf("it is back: %v", got.GetMetadata())
	}
	if n := logic.CountAnnotations(append(parts, deleted...), "client_a"); n != 1 {
		t.Fatalf("a deleted key counts %d, want 1: it keeps its row", n)
	}
}

func TestEveryReasonHasATextAndNothingElseIsOne(t *testing.T) {
	for number := range balanceproto.DeclineReason_name {
		reason := balanceproto.DeclineReason(number)
		if back, ok := balanceproto.ReasonOf(balanceproto.ReasonText(reason)); !ok || back != reason {
			t.Errorf("%v is %q, which is %v, %v", reason, balanceproto.ReasonText(reason), back, ok)
		}
	}
	for _, text := range []string{"unspecified", "CARD_FROZEN", "card frozen", "bored"} {
		if reason, ok := balanceproto.ReasonOf(text); ok {
			t.Errorf("%q is taken as %v", text, reason)
		}
	}
}

func TestTheMonthIsUTCs(t *testing.T) {
	local := time.Date(2026, 11, 1, 0, 30, 0, 0, time.FixedZone("", 3600))
	if got := logic.MonthOf(local); got != 202610 {
		t.Fatalf("got %d", got)
	}
}
