package handler

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/events"
	balanceproto "farthing/service.balance/proto"
	balanceevents "farthing/service.balance/proto/events"
	cardsproto "farthing/service.cards/proto"
	cardsevents "farthing/service.cards/proto/events"
	potevents "farthing/service.pot/proto/events"
	transactionsproto "farthing/service.transactions/proto"
	transactionsevents "farthing/service.transactions/proto/events"
	webhookproto "farthing/service.webhook/proto"
)

// said are the calls that a place has got, each as its type and what its data say under a key.
func said(t *testing.T, p *place, key string) map[string]any {
	t.Helper()
	found := make(map[string]any)
	for _, call := range p.calls() {
		var body struct {
			Type string
			Data map[string]any
		}
		if err := json.Unmarshal([]byte(call.body), &body); err != nil {
			t.Fatal(err)
		}
		found[body.Type] = body.Data[key]
	}
	return found
}

func entry(of string, held int64) *balanceevents.EntryPosted {
	return &balanceevents.EntryPosted{AccountId: of, Entry: &balanceproto.Entry{Sequence: 1, HeldChangeMinor: held}}
}

func TestEachWebhookIsToldWhatItAsksForAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{})
		modest, modestURL := b.net.serve(1001)
		all, allURL := b.net.serve(1002)
		cards, cardsURL := b.net.serve(1003)
		b.register(t, modestURL)
		b.register(t, allURL, webhookproto.Events()...)
		b.register(t, cardsURL, "card.updated")
		alien, alienURL := b.net.serve(1004)
		of := asked(alienURL, webhookproto.Events()...)
		of.AccountId = otherAccount
		if _, err := b.hooks.Register(t.Context(), of); err != nil {
			t.Fatal(err)
		}

		b.deliver(t, b.h.transactionChanged, b.enriched(t, b.payment(1, 1), true))
		b.deliver(t, b.h.transactionChanged, b.enriched(t, b.payment(1, 2), false))
		b.deliver(t, b.h.entryPosted, eventOf(t, "balance.entry_posted", "1", entry(account, 3_50)))
		b.deliver(t, b.h.entryPosted, eventOf(t, "balance.entry_posted", "2", entry(account, 0))) // A decline.
		b.deliver(t, b.h.cardChanged, eventOf(t, "cards.changed", "1", &cardsevents.CardChanged{Card: &cardsproto.Card{
			Id: "card_1", AccountId: account, UserId: user, LastFour: "4242", Status: cardsproto.Status_STATUS_CLOSED,
		}}))
		b.deliver(t, b.h.potChanged, eventOf(t, "pot.changed", "1", &potevents.PotChanged{
			PotId: "pot_00009zIcpb1TB4yeIFXMzx", UserId: user, CurrentAccountId: account,
		}))
		synctest.Wait()

		if diff := cmp.Diff(map[string]any{"transaction.created": account}, said(t, modest, "account_id")); diff != "" {
			t.Errorf("who asks for nothing else is told\n%s", diff)
		}
		if diff := cmp.Diff(map[string]any{
			"transaction.created": account, "transaction.updated": account, "balance.updated": account,
			"card.updated": account, "pot.updated": nil,
		}, said(t, all, "account_id")); diff != "" {
			t.Errorf("who asks for everything is told\n%s", diff)
		}
		if n := len(all.calls()); n != 5 {
			t.Errorf("in %d calls", n)
		}
		for key, want := range map[string]map[string]any{
			"status": {"card.updated": "CLOSED"}, "name": {"card.updated": "Ada Osborne"},
			"last_digits": {"card.updated": "4242"},
		} {
			if diff := cmp.Diff(want, said(t, cards, key)); diff != "" {
				t.Errorf("of cards one is told\n%s", diff)
			}
		}
		if pot := said(t, all, "name")["pot.updated"]; pot != "Lisbon" {
			t.Errorf("the pot is called %v", pot)
		}
		if total := said(t, all, "total_balance")["balance.updated"]; total != 120_00. {
			t.Errorf("in total there are %v", total)
		}
		if n := len(alien.calls()); n != 0 {
			t.Errorf("another account's was told %d times", n)
		}
	})
}

func TestADeclinedPaymentIsToldOfWithItsReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{})
		place, url := b.net.serve(1001)
		b.register(t, url)
		declined := b.payment(1, 1)
		declined.Kind, declined.Status = transactionsproto.Kind_KIND_UNSPECIFIED, transactionsproto.Status_STATUS_DECLINED
		declined.DeclineReason = "insufficient_funds"
		b.deliver(t, b.h.transactionChanged, b.enriched(t, declined, true))
		synctest.Wait()
		want := map[string]any{"transaction.created": "INSUFFICIENT_FUNDS"}
		if diff := cmp.Diff(want, said(t, place, "decline_reason")); diff != "" {
			t.Error(diff)
		}
	})
}

// Whoever was told of the one half of a move by the ledger is told again when its other half is there, too.
func TestAPotsMoveIsToldOfAsABalanceToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{})
		place, url := b.net.serve(1001)
		b.register(t, url, "balance.updated")
		for name, moved := range map[string]bool{"1": false, "2": true} {
			b.deliver(t, b.h.potChanged, eventOf(t, "pot.changed", name, &potevents.PotChanged{
				PotId: "pot_00009zIcpb1TB4yeIFXMzx", UserId: user, CurrentAccountId: account, Moved: moved,
			}))
		}
		synctest.Wait()
		if n := len(place.calls()); n != 1 {
			t.Errorf("it was told %d times", n)
		}
	})
}

func TestWhatIsNoEventIsADeadLetterAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{})
		for name, handle := range map[string]func(context.Context, events.Event) error{
			"transaction": b.h.transactionChanged, "balance": b.h.entryPosted, "card": b.h.cardChanged, "pot": b.h.potChanged,
		} {
			if err := handle(t.Context(), events.Event{Body: []byte{0xff}}); !errors.Is(err, events.ErrPoison) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// What service.transactions publishes is taken by its type, from the bus.
func TestTheEventsComeFromTheBus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{})
		place, url := b.net.serve(1001)
		b.register(t, url, webhookproto.Events()...)
		for kind, body := range map[string]proto.Message{
			"transactions.enriched": &transactionsevents.TransactionChanged{Transaction: b.payment(1, 1), First: true},
			"balance.entry_posted":  entry(account, 1),
			"cards.changed":         &cardsevents.CardChanged{Card: &cardsproto.Card{Id: "card_1", AccountId: account}},
			"pot.changed": &potevents.PotChanged{
				PotId: "pot_00009zIcpb1TB4yeIFXMzx", CurrentAccountId: account,
			},
		} {
			if err := b.bus.Publish(t.Context(), eventOf(t, kind, "1", body)); err != nil {
				t.Fatal(err)
			}
		}
		b.pass(0)
		if n := len(said(t, place, "id")); n != 4 {
			t.Errorf("told of %v", said(t, place, "id"))
		}
	})
}
