package contract

import (
	"bufio"
	"net/http"
	"slices"
	"strings"
	"testing"

	"farthing/e2e/seeded"
	webhookproto "farthing/service.webhook/proto"
)

// schemaOf is the schema of what is told with an event, of a stream or a webhook.
func schemaOf(event string) string {
	kind, what, _ := strings.Cut(event, ".")
	switch {
	case event == "ready":
		return "StreamReady"
	case kind == "transaction":
		return "Transaction"
	case kind == "balance":
		return "AccountBalance"
	case kind == "card":
		return "Card"
	case kind == "pot":
		return "Pot"
	case kind == "feed_item" && what == "deleted":
		return "FeedItemDeleted"
	case kind == "feed_item":
		return "FeedItem"
	default:
		return event
	}
}

func TestAStreamTellsWhatTheDocumentSays(t *testing.T) {
	w, receiver := bank(t)
	c := seeded.New(t, w, receiver, "alice")
	address := "http://public/events?account_id=" + c.AccountID
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	rsp, err := w.HTTP().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer rsp.Body.Close()
	lines, document := bufio.NewScanner(rsp.Body), documented(t)
	waiting := []string{
		"ready", "transaction.created", "balance.updated", "feed_item.created", "feed_item.deleted",
	}
	for event := ""; len(waiting) > 0 && lines.Scan(); {
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			event = name
		}
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		if err := document.CheckSchema(schemaOf(event), []byte(data)); err != nil {
			t.Errorf("%s: %v", event, err)
		}
		if waiting = slices.DeleteFunc(waiting, func(each string) bool { return each == event }); event == "ready" {
			w.Swipe(t, c.Customer, "another", 3_50, "TESCO STORES 1234 LONDON GBR")
			seeded.Ask(t, w, c.Token, seeded.Request{
				Method: http.MethodDelete, Path: c.Own("/feed/feed_0000BCGus2RhnpZnqF2Wh4"),
			})
		}
	}
	if len(waiting) > 0 {
		t.Errorf("the stream did not tell %v: %v", waiting, lines.Err())
	}
}

func TestWebhooksAreToldWhatTheDocumentSays(t *testing.T) {
	w, receiver := bank(t)
	c := seeded.New(t, w, receiver, "alice")
	w.Register(t, c.Customer, receiver, webhookproto.Events()...)
	w.Swipe(t, c.Customer, "another", 3_50, "TESCO STORES 1234 LONDON GBR")
	for path, body := range map[string]string{
		"/pots/pot_0000BCGus2RhjDVscRx7eF/withdraw": "amount=1&dedupe_id=one&destination_account_id=" + c.AccountID,
		"/card/toggle": "status=INACTIVE&card_id=" + c.CardID,
	} {
		seeded.Ask(t, w, c.Token, seeded.Request{
			Method: http.MethodPut, Path: c.Own(path), Media: seeded.Form, Body: []byte(body),
		})
	}
	told := make(map[string]bool)
	w.Eventually(t, "what webhooks are told", func() bool {
		heard, _ := receiver.Heard()
		for _, each := range heard {
			told[each.Type] = true
		}
		return told["transaction.created"] && told["balance.updated"] && told["card.updated"] && told["pot.updated"]
	})
	heard, _ := receiver.Heard()
	document := documented(t)
	for _, each := range heard {
		if err := document.CheckSchema(schemaOf(each.Type), each.Data); err != nil {
			t.Errorf("%s: %v", each.Type, err)
		}
	}
}
