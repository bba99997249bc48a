package handler

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/edge/edgetest"
	apiproto "farthing/service.api/proto"
	cardsproto "farthing/service.cards/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// wantGolden compares an answer with testdata, byte by byte but for its indentation: the order of keys counts.
func wantGolden(t *testing.T, name string, rsp edgetest.Reply) {
	t.Helper()
	rsp.Into(new(any))
	var got bytes.Buffer
	if err := json.Indent(&got, rsp.Body, "", "  "); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatalf("%v; the answer is\n%s", err, got.String())
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s:\n%s", name, diff)
	}
}

func pret() *transactionsproto.Merchant {
	return &transactionsproto.Merchant{
		Id: "merch_3kjB6tGIvBIBdiLKlAIL2i", GroupId: "grp_1xxj1Q5sFmxmyhOZ5h4JuT", Name: "Pret A Manger",
		LogoUrl: "https://logos.example/pret.png", Emoji: "🥪", Category: "eating_out", City: "London", Country: "GB",
	}
}

// pending is a payment of £3.50 that was just approved.
func pending(name string, at time.Time) *transactionsproto.Transaction {
	return &transactionsproto.Transaction{
		Id: idOf("tx", name, at), AccountId: alicesAcc, UserId: alice, CardId: idOf("card", "alice", noon),
		HoldId: idOf("hold", name, at), Status: transactionsproto.Status_STATUS_PENDING,
		Amount: pence(-350), LocalAmount: pence(-350), Descriptor_: "PRET A MANGER 1234 LONDON GBR", Mcc: "5814",
		CreatedMs: at.UnixMilli(), UpdatedMs: at.UnixMilli(), Balance: pence(123_456), Version: 1, Scheme: "mastercard",
	}
}

func declined(name string, at time.Time, reason string) *transactionsproto.Transaction {
	tx := pending(name, at)
	tx.Status, tx.DeclineReason = transactionsproto.Status_STATUS_DECLINED, reason
	return tx
}

func enriched(name string, at time.Time) *transactionsproto.Transaction {
	tx := pending(name, at)
	tx.Merchant, tx.Category, tx.Version = pret(), "eating_out", 2
	tx.UpdatedMs += 40
	tx.Metadata, tx.Notes = map[string]string{"notes": "lunch & coffee", "foo": "bar"}, "lunch & coffee"
	return tx
}

func TestATransactionIsShownAsItIsWithItsMerchantIfThatIsAskedFor(t *testing.T) {
	paid := enriched("enriched", noon)
	b := newBank()
	b.transactions = append(b.transactions, paid)
	door := b.serve(t).As("alice")
	for query, expanded := range map[string]bool{
		"": false, "?expand[]=merchant": true, "?expand%5B%5D=merchant&expand[]=account": true, "?expand[]=account": false,
	} {
		want, err := json.Marshal(map[string]any{"transaction": apiproto.TransactionOf(paid, expanded)})
		if err != nil {
			t.Fatal(err)
		}
		got := door.Get("/transactions/" + paid.GetId() + query).Body
		if diff := cmp.Diff(string(unescaped(want)), strings.TrimSpace(string(got))); diff != "" {
			t.Errorf("%q:\n%s", query, diff)
		}
	}
}

// unescaped is JSON as the edge writes it, which is never HTML.
func unescaped(encoded []byte) []byte {
	return bytes.ReplaceAll(encoded, []byte(`\u0026`), []byte("&"))
}

func TestAListOfTransactionsHasTheSameShape(t *testing.T) {
	b := newBank()
	b.transactions = append(b.transactions, pending("pending", noon), enriched("enriched", noon.Add(time.Second)))
	wantGolden(t, "list.json", b.serve(t).As("alice").Get("/transactions?account_id="+alicesAcc+"&expand[]=merchant"))
}

func TestAnAccountHasTheExactShapeOfThePublicAPI(t *testing.T) {
	wantGolden(t, "accounts.json", newBank().serve(t).As("alice").Get("/accounts"))
}

func TestABalanceHasTheExactShapeOfThePublicAPI(t *testing.T) {
	wantGolden(t, "balance.json", newBank().serve(t).As("alice").Get("/balance?account_id="+alicesAcc))
}

func TestWhoamiHasTheExactShapeOfThePublicAPI(t *testing.T) {
	wantGolden(t, "whoami.json", newBank().serve(t).As("alice").Get("/ping/whoami"))
}

func TestACardHasItsShape(t *testing.T) {
	b := newBank()
	b.cards = cardsOfAlice()
	wantGolden(t, "cards.json", b.serve(t).As("alice").Get("/card/list?account_id="+alicesAcc))
}

// cardsOfAlice are an active one, a frozen one and a closed one.
func cardsOfAlice() []*cardsproto.Card {
	card := func(name string, status cardsproto.Status) *cardsproto.Card {
		return &cardsproto.Card{
			Id: idOf("card", name, noon), AccountId: alicesAcc, UserId: alice, LastFour: "4242",
			ExpiresYear: 2029, ExpiresMonth: 1, Status: status, CreatedMs: noon.UnixMilli(),
		}
	}
	return []*cardsproto.Card{
		card("active", cardsproto.Status_STATUS_ACTIVE), card("frozen", cardsproto.Status_STATUS_FROZEN),
		card("closed", cardsproto.Status_STATUS_CLOSED),
	}
}
