package handler

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"farthing/pkg/edge"
	"farthing/pkg/edge/edgetest"
	"farthing/pkg/errs"
	accountproto "farthing/service.account/proto"
	balanceproto "farthing/service.balance/proto"
	cardsproto "farthing/service.cards/proto"
)

// others are calls about one thing of somebody else, in which THING stands for its id.
func others() []struct{ call, kind string } {
	return []struct{ call, kind string }{
		{"GET /balance?account_id=THING", "acc"},
		{"GET /transactions?account_id=THING", "acc"},
		{"GET /transactions?account_id=THING&expand[]=merchant&limit=1", "acc"},
		{"GET /feed?account_id=THING", "acc"},
		{"GET /events?account_id=THING", "acc"},
		{"POST /feed type=basic&params[title]=Hi&params[image_url]=a.example/b&account_id=THING", "acc"},
		{"DELETE /feed/THING", "feed"},
		{"GET /card/list?account_id=THING", "acc"},
		{"GET /transactions/THING", "tx"},
		{"GET /transactions/THING?expand[]=merchant", "tx"},
		{"PATCH /transactions/THING metadata[foo]=bar", "tx"},
		{"PUT /card/toggle card_id=THING&status=INACTIVE", "card"},
		{"POST /card/pin/reset card_id=THING", "card"},
		{"POST /card-replacement/order card_id=THING", "card"},
		{"GET /pots?current_account_id=THING", "acc"},
		{"PUT /pots name=Sofa&dedupe_id=1&current_account_id=THING", "acc"},
		{"GET /pots/THING", "pot"},
		{"PATCH /pots/THING name=Porto", "pot"},
		{"DELETE /pots/THING", "pot"},
		{"PUT /pots/THING/deposit source_account_id=x&amount=1&dedupe_id=1", "pot"},
		{"PUT /pots/THING/withdraw destination_account_id=x&amount=1&dedupe_id=1", "pot"},
		{"PUT /transaction-receipts " + receiptFor("THING"), "tx"},
		{"POST /attachment/register external_id=THING&file_url=https://a.example/b.png&file_type=image/png", "tx"},
		{"POST /attachment/deregister id=THING", "attach"},
		{"GET /webhooks?account_id=THING", "acc"},
		{"POST /webhooks url=https://example.com/&account_id=THING", "acc"},
		{"DELETE /webhooks/THING", "webhook"},
		{"GET /webhooks/THING/deliveries", "webhook"},
		{"POST /webhooks/THING/replay since=2026-11-09T00:00:00Z", "webhook"},
		{"POST /webhooks/THING/rotate-secret", "webhook"},
	}
}

func ask(door *edgetest.Door, call, thing string) edgetest.Reply {
	words := strings.Fields(strings.ReplaceAll(call, "THING", thing) + " ")
	body := ""
	if len(words) == 3 {
		body = words[2]
	}
	return send(door, words[0], words[1], body)
}

func TestSomebodyElsesThingsAnswerAsThoseThatDoNotExist(t *testing.T) {
	b := newBank()
	b.transactions = append(b.transactions, pending("pending", noon))
	b.cards, b.pots, b.items = cardsOfAlice(), potsOfAlice(), itemsOfAlice()
	b.attachments, b.hooks = attachmentsOfAlice(), hooksOfAlice()
	b.tokens["bob"].ClientId = alicesClient // What the same program has added for somebody else is as missing.
	closed := b.cards[2].GetId()
	alices := map[string][]string{
		"acc": {alicesAcc}, "tx": {b.transactions[0].GetId()}, "card": {b.cards[0].GetId(), closed},
		"pot": {b.pots[0].GetId(), b.pots[1].GetId()}, "feed": {b.items[0].GetId(), b.items[1].GetId()},
		"attach": {b.attachments[0].GetId()}, "webhook": {b.hooks[0].GetId(), b.hooks[1].GetId()},
	}
	door := b.serve(t).As("bob")
	for _, c := range others() {
		missing := ask(door, c.call, idOf(c.kind, "nobody", noon))
		if missing.Status != http.StatusNotFound {
			t.Errorf("%s: an unknown id answers %d %s", c.call, missing.Status, missing.Body)
		}
		for _, thing := range append(alices[c.kind], c.kind+"_1", "x", "%27", "acc_", strings.Repeat("9", 500)) {
			got := ask(door, c.call, thing)
			if got.Status != missing.Status || string(got.Body) != string(missing.Body) {
				t.Errorf("%s of %s: got %d %s, want %d %s",
					c.call, thing, got.Status, got.Body, missing.Status, missing.Body)
			}
			if diff := headersBut(got.Header, missing.Header); diff != "" {
				t.Errorf("%s of %s: %s", c.call, thing, diff)
			}
		}
	}
	wantUnchanged(t, b)
}

// What becomes of the reads that run beside the check must not show whose the account is, or that it is.
func TestSomebodyElsesAccountIsNotFoundEvenWhileItsReadsFail(t *testing.T) {
	b := newBank()
	down := errs.New(errs.Unavailable, "Try again")
	for _, peer := range []string{"balance", "transaction", "feed", "card", "pot", "attachment", "webhook"} {
		b.fails[peer] = down
	}
	door := b.serve(t)
	for _, path := range []string{"/balance", "/transactions", "/feed", "/card/list", "/webhooks"} {
		for _, account := range []string{alicesAcc, nobodysAcc} {
			door.As("bob").Get(path+"?account_id="+account).Refused(http.StatusNotFound, "not_found.account")
		}
		door.As("alice").Get(path+"?account_id="+alicesAcc).Refused(http.StatusServiceUnavailable, "unavailable")
	}
}

func TestAnAccountIsNotAnsweredWhileItIsNotKnownWhoseItIs(t *testing.T) {
	b := newBank()
	b.transactions, b.cards = append(b.transactions, pending("pending", noon)), cardsOfAlice()
	b.pots, b.items, b.attachments, b.hooks = potsOfAlice(), itemsOfAlice(), attachmentsOfAlice(), hooksOfAlice()
	b.fails["account"] = errors.New("secret: the store is down")
	door := b.serve(t).As("alice")
	things := map[string]string{
		"acc": alicesAcc, "tx": b.transactions[0].GetId(), "card": b.cards[0].GetId(), "pot": b.pots[0].GetId(),
		"feed": b.items[0].GetId(), "attach": b.attachments[0].GetId(), "webhook": b.hooks[0].GetId(),
	}
	for _, c := range others() {
		ask(door, c.call, things[c.kind]).Refused(http.StatusInternalServerError, "internal_service")
	}
	wantUnchanged(t, b)
}

func TestATokenOfNobodyOwnsNothing(t *testing.T) {
	b := newBank()
	b.tokens["nobody"] = b.tokens["bob"]
	b.tokens["nobody"].UserId = ""
	b.accounts[0].UserId = ""
	b.serve(t).As("nobody").Get("/balance?account_id="+alicesAcc).Refused(http.StatusNotFound, "not_found.account")
}

func TestAnAttemptWithACardThatIsNobodysBelongsToNoCustomer(t *testing.T) {
	b := newBank()
	tx := declined("declined", noon, "unknown_card")
	tx.AccountId, tx.UserId = "", ""
	b.transactions = append(b.transactions, tx)
	b.serve(t).As("alice").Get("/transactions/"+tx.GetId()).Refused(http.StatusNotFound, "not_found.transaction")
}

// meeting lets two calls go on only once both have been made.
type meeting chan struct{}

func (m meeting) arrive(ctx context.Context) error {
	select {
	case m <- struct{}{}:
		return nil
	case <-m:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type meetingAccounts struct {
	accountproto.AccountsClient
	meeting
}

func (m meetingAccounts) Get(
	ctx context.Context, req *accountproto.GetRequest, options ...grpc.CallOption,
) (*accountproto.GetResponse, error) {
	if err := m.arrive(ctx); err != nil {
		return nil, err
	}
	return m.AccountsClient.Get(ctx, req, options...)
}

type meetingBalances struct {
	balanceproto.BalanceClient
	meeting
}

func (m meetingBalances) GetBalance(
	ctx context.Context, req *balanceproto.GetBalanceRequest, options ...grpc.CallOption,
) (*balanceproto.GetBalanceResponse, error) {
	if err := m.arrive(ctx); err != nil {
		return nil, err
	}
	return m.BalanceClient.GetBalance(ctx, req, options...)
}

func TestPeersThatDoNotNeedEachOtherAreAskedAtTheSameTime(t *testing.T) {
	to, both := newBank().peers(), make(meeting)
	to.accounts, to.balances = meetingAccounts{to.accounts, both}, meetingBalances{to.balances, both}
	edgetest.Serve(t, door(to, edge.Standard{})).As("alice").Get("/balance?account_id=" + alicesAcc).Into(new(any))
}

func TestAFrozenCardCanBeUnfrozenAndAClosedOneCannot(t *testing.T) {
	b := newBank()
	b.cards = cardsOfAlice()
	door := b.serve(t).As("alice")
	for _, status := range []string{"INACTIVE", "INACTIVE", "ACTIVE"} {
		rsp := door.Form("PUT", "/card/toggle", "card_id="+b.cards[0].GetId()+"&status="+status)
		if string(rsp.Body) != "{}\n" || rsp.Status != http.StatusOK {
			t.Fatalf("got %d %s", rsp.Status, rsp.Body)
		}
		var got struct{ Cards []struct{ Status string } }
		door.Get("/card/list?account_id=" + alicesAcc).Into(&got)
		if got.Cards[0].Status != status {
			t.Fatalf("after %s: got %+v", status, got)
		}
	}
	door.JSON("PUT", "/card/toggle", `{"card_id":"`+b.cards[1].GetId()+`","status":"ACTIVE"}`).Into(new(any))
	if got := b.cards[1].GetStatus(); got != cardsproto.Status_STATUS_ACTIVE {
		t.Fatalf("by JSON: got %v", got)
	}
	door.Form("PUT", "/card/toggle", "card_id="+b.cards[2].GetId()+"&status=ACTIVE").
		Refused(http.StatusPreconditionFailed, "precondition_failed.card_closed")
}

func TestACardIsReplacedByOneThatIsListedInItsPlace(t *testing.T) {
	b := newBank()
	b.cards = cardsOfAlice()
	door := b.serve(t).As("alice")
	type card struct {
		ID, Name, Status string
		LastDigits       string `json:"last_digits"`
	}
	var made struct{ Card card }
	door.Form("POST", "/card-replacement/order", "card_id="+b.cards[0].GetId()).Into(&made)
	want := card{idOf("card", "replacement", noon), "Alice Example", "ACTIVE", "7777"}
	if made.Card != want {
		t.Errorf("made is %+v, want %+v", made.Card, want)
	}
	var listed struct{ Cards []card }
	door.Get("/card/list?account_id=" + alicesAcc).Into(&listed)
	if n := len(listed.Cards); listed.Cards[n-1] != want || listed.Cards[0].ID == b.cards[0].GetId() {
		t.Errorf("listed are %+v", listed.Cards)
	}
}

func TestWrongPINsAreForgottenWhenTheirCustomerAsks(t *testing.T) {
	b := newBank()
	b.cards = cardsOfAlice()
	rsp := b.serve(t).As("alice").Form("POST", "/card/pin/reset", "card_id="+b.cards[0].GetId())
	if string(rsp.Body) != "{}\n" || len(b.changes) != 1 {
		t.Errorf("got %d %s, and changed are %v", rsp.Status, rsp.Body, b.changes)
	}
}
