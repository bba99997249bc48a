package handler

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/edge"
	"farthing/pkg/edge/edgetest"
	"farthing/pkg/errs"
	authproto "farthing/service.auth/proto"
)

// call is one request to one route, as valid as it can be.
type call struct {
	route, method, path string
	body                string // A form, or JSON.
	scopes              string // With spaces between them.
}

// calls are one for each route that wants a token, about things of Alice.
func calls(b *bank) []call {
	b.transactions = append(b.transactions, pending("pending", noon))
	b.cards, b.pots, b.items = cardsOfAlice(), potsOfAlice(), itemsOfAlice()
	b.receipts, b.attachments, b.hooks = receiptsOfAlice(), attachmentsOfAlice(), hooksOfAlice()
	hook := "/webhooks/" + b.hooks[0].GetId()
	pot, move := "/pots/"+b.pots[0].GetId(), "amount=1&dedupe_id=1&source_account_id="
	tx, card := b.transactions[0].GetId(), b.cards[0].GetId()
	return []call{
		{"GET /ping/whoami", "GET", "/ping/whoami", "", ""},
		{"POST /ping/logout", "POST", "/ping/logout", "", ""},
		{"POST /oauth2/logout", "POST", "/oauth2/logout", "", ""},
		{"GET /accounts", "GET", "/accounts", "", "accounts:read"},
		{"GET /balance", "GET", "/balance?account_id=" + alicesAcc, "", "accounts:read"},
		{"GET /transactions", "GET", "/transactions?account_id=" + alicesAcc, "", "transactions:read"},
		{"GET /transactions/:id", "GET", "/transactions/" + tx, "", "transactions:read"},
		{"PATCH /transactions/:id", "PATCH", "/transactions/" + tx, "metadata[foo]=bar", "transactions:write"},
		{streams, "GET", "/events?account_id=" + alicesAcc, "", ""},
		{"GET /feed", "GET", "/feed?account_id=" + alicesAcc, "", "feed:read"},
		{
			"POST /feed", "POST", "/feed", "type=basic&params[title]=Hi&params[image_url]=a.example/b&account_id=" + alicesAcc,
			"feed:write",
		},
		{"DELETE /feed/:id", "DELETE", "/feed/" + b.items[0].GetId(), "", "feed:write"},
		{"GET /card/list", "GET", "/card/list?account_id=" + alicesAcc, "", "cards:read"},
		{"PUT /card/toggle", "PUT", "/card/toggle", "status=INACTIVE&card_id=" + card, "cards:write"},
		{"POST /card/pin/reset", "POST", "/card/pin/reset", "card_id=" + card, "cards:write"},
		{"POST /card-replacement/order", "POST", "/card-replacement/order", "card_id=" + card, "cards:write"},
		{"GET /pots", "GET", "/pots?current_account_id=" + alicesAcc, "", "pots:read"},
		{"PUT /pots", "PUT", "/pots", "name=Sofa&dedupe_id=1&current_account_id=" + alicesAcc, "pots:write"},
		{"GET /pots/:id", "GET", pot, "", "pots:read"},
		{"PATCH /pots/:id", "PATCH", pot, "name=Porto", "pots:write"},
		{"PUT /pots/:id/deposit", "PUT", pot + "/deposit", move + alicesAcc, "pots:write"},
		{"PUT /pots/:id/withdraw", "PUT", pot + "/withdraw", "destination_account_id=x&" + move, "pots:write"},
		{"DELETE /pots/:id", "DELETE", pot, "", "pots:write"},
		{
			"POST /attachment/upload", "POST", "/attachment/upload", "file_name=a.png&file_type=image/png", "attachments:write",
		},
		{
			"POST /attachment/register", "POST", "/attachment/register",
			"file_url=https://a.example/b.png&file_type=image/png&external_id=" + tx, "attachments:write",
		},
		{
			"POST /attachment/deregister", "POST", "/attachment/deregister", "id=" + b.attachments[0].GetId(),
			"attachments:write",
		},
		{"PUT /transaction-receipts", "PUT", "/transaction-receipts", receiptFor(tx), "receipts:write"},
		{
			"GET /transaction-receipts", "GET", "/transaction-receipts?external_id=order-1", "", "receipts:read",
		},
		{
			"DELETE /transaction-receipts", "DELETE", "/transaction-receipts?external_id=order-1", "", "receipts:write",
		},
		{"GET /webhooks", "GET", "/webhooks?account_id=" + alicesAcc, "", "webhooks:read"},
		{"POST /webhooks", "POST", "/webhooks", registration, "webhooks:write transactions:read pots:read"},
		{"GET /webhooks/:id/deliveries", "GET", hook + "/deliveries", "", "webhooks:read"},
		{"POST /webhooks/:id/replay", "POST", hook + "/replay", "since=2026-11-09T00:00:00Z", "webhooks:write"},
		{"POST /webhooks/:id/rotate-secret", "POST", hook + "/rotate-secret", "", "webhooks:write"},
		{"DELETE /webhooks/:id", "DELETE", hook, "", "webhooks:write"},
	}
}

// streams is the route whose answer has no end: service.api/events has its tests.
const streams = "GET /events"

// ending are the calls whose answers have an end.
func ending(all []call) []call {
	return slices.DeleteFunc(all, func(c call) bool { return c.route == streams })
}

// make is the call's answer.
func (c call) make(door *edgetest.Door) edgetest.Reply { return send(door, c.method, c.path, c.body) }

// send sends a form, or JSON.
func send(door *edgetest.Door, method, path, body string) edgetest.Reply {
	if strings.HasPrefix(body, "{") {
		return door.JSON(method, path, body)
	}
	return door.Form(method, path, body)
}

func TestTheCallsOfTheseTestsAreAllRoutesThatWantAToken(t *testing.T) {
	tried := []string{
		"GET /ping", "GET /attachment/file/:token/:name", "POST /attachment/upload/:token", "PUT /attachment/upload/:token",
		"POST /oauth2/token", "GET /openapi.yaml", "GET /docs", "GET /docs/:file",
	}
	for _, c := range calls(newBank()) {
		tried = append(tried, c.route)
	}
	slices.Sort(tried)
	if diff := cmp.Diff(routes(peers{}).Routes(), tried); diff != "" {
		t.Fatal(diff)
	}
}

func TestAllRoutesAnswerTheirOwnCustomer(t *testing.T) {
	b := newBank()
	door := b.serve(t).As("alice")
	for _, c := range ending(calls(b)) {
		c.make(door).Into(new(any))
	}
}

func TestNoRouteAnswersWithoutAGoodToken(t *testing.T) {
	b := newBank()
	b.tokens["old"] = newBank().tokens["alice"]
	b.tokens["old"].ExpiresMs = 1
	door := b.serve(t)
	for _, c := range calls(b) {
		for name, stranger := range map[string]struct {
			door *edgetest.Door
			code string
		}{
			"no header":    {door, "unauthorized.bad_access_token.missing"},
			"no scheme":    {door.With("Authorization", "alice"), "unauthorized.bad_access_token.missing"},
			"basic":        {door.With("Authorization", "Basic YWxpY2U6"), "unauthorized.bad_access_token.missing"},
			"empty token":  {door.As(""), "unauthorized.bad_access_token.missing"},
			"wrong token":  {door.As("mallory"), "unauthorized.bad_access_token"},
			"not UTF-8":    {door.As("ali\xffce"), "unauthorized.bad_access_token"},
			"two words":    {door.As("alice alice"), "unauthorized.bad_access_token"},
			"a long token": {door.As(strings.Repeat("a", 8_000)), "unauthorized.bad_access_token"},
			"an old token": {door.As("old"), "unauthorized.bad_access_token.expired"},
		} {
			var got struct{ Error string }
			rsp := c.make(stranger.door).Refused(http.StatusUnauthorized, stranger.code)
			if into(t, rsp, &got); got.Error != "invalid_token" {
				t.Errorf("%s, %s: got %s", c.route, name, rsp.Body)
			}
		}
	}
	wantUnchanged(t, b)
}

func TestATokenInTheQueryIsNoToken(t *testing.T) {
	newBank().serve(t).Get("/accounts?access_token=alice").
		Refused(http.StatusUnauthorized, "unauthorized.bad_access_token.missing")
}

func TestPingNeedsNoTokenAndMindsNone(t *testing.T) {
	door := newBank().serve(t)
	for _, each := range []*edgetest.Door{door, door.As("alice"), door.As("mallory")} {
		if rsp := each.Get("/ping"); string(rsp.Body) != `{"ping":"pong"}`+"\n" {
			t.Errorf("got %d %s", rsp.Status, rsp.Body)
		}
	}
}

func TestARouteNeedsItsScopesAndNoOther(t *testing.T) {
	b := newBank()
	all := ending(calls(b))
	door := b.serve(t).As("alice")
	for _, c := range all { // Who somebody is, and that they go, needs none.
		for lacking := range strings.FieldsSeq(c.scopes) {
			b.tokens["alice"].Scopes = slices.DeleteFunc(authproto.Scopes(), func(s string) bool { return s == lacking })
			c.make(door).Refused(http.StatusForbidden, "forbidden.insufficient_permissions")
			wantUnchanged(t, b)
		}
		b.tokens["alice"].Scopes = strings.Fields(c.scopes)
		c.make(door).Into(new(any))
		b.changes = nil
	}
}

func TestATokenWithoutScopesStillLearnsWhoItIs(t *testing.T) {
	b := newBank()
	b.tokens["alice"].Scopes = nil
	b.serve(t).As("alice").Get("/ping/whoami").Into(new(any))
}

func TestWhatServiceAuthThinksOfAMalformedTokenIsNotForStrangers(t *testing.T) {
	b := newBank()
	b.fails["auth"] = errs.BadParam("access_token", "must be longer")
	b.serve(t).As("alice").Get("/accounts").Refused(http.StatusUnauthorized, "unauthorized.bad_access_token")
}

func TestWithoutServiceAuthNobodyIsTurnedAwayForGood(t *testing.T) {
	b := newBank()
	b.fails["auth"] = errs.New(errs.Unavailable, "Try again")
	b.serve(t).As("alice").Get("/accounts").Refused(http.StatusServiceUnavailable, "unavailable")
}

func TestNoTokenIsLogged(t *testing.T) {
	b := newBank()
	b.fails["auth"] = errors.New("the store is down")
	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	edgetest.Serve(t, door(b.peers(), edge.Standard{Log: log})).As("s3cret").Get("/accounts").
		Refused(http.StatusInternalServerError, "internal_service")
	if text := logged.String(); text == "" || strings.Contains(text, "s3cret") {
		t.Fatalf("logged %q", text)
	}
}
