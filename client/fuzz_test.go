package client

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"farthing/pkg/clock"
)

// Whatever comes as a stream, each event has a name, and the stream has gone on to its id.
func FuzzReadingAStream(f *testing.F) {
	f.Add("event: ready\ndata: {}\nid: change_1\n\n: a beat\n\nevent: a\ndata: 1\ndata: 2\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		lastID, heard := "before", 0
		err := read(strings.NewReader(text), make(chan struct{}, 1), &lastID, func(e Event) bool {
			heard++
			if e.Name == "" {
				t.Errorf("an event has no name: %+v", e)
			}
			if e.LastID != lastID {
				t.Errorf("the id of an event is %q, and the stream's %q", e.LastID, lastID)
			}
			return true
		})
		if heard > strings.Count(text, "event") {
			t.Errorf("%d events were heard: %v", heard, err)
		}
	})
}

// Whatever comes to a webhook is opened under the secret with which it was signed alone.
func FuzzOpeningAMessage(f *testing.F) {
	f.Add(message, "msg_1", "v1,c29tZWJvZHkgZWxzZQ==")
	f.Fuzz(func(t *testing.T, body, id, signature string) {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hooks", strings.NewReader(body))
		req.Header.Set("Webhook-Id", id)
		req.Header.Set("Webhook-Timestamp", strconv.FormatInt(clock.Real{}.Now().Unix(), 10))
		req.Header.Set("Webhook-Signature", signature)
		if got, err := OpenMessage(req, secret); err == nil {
			t.Errorf("opened is %+v", got)
		}
	})
}

// What the bank answers, however odd, ends in an error or in values that can be written again.
func FuzzReadingATransaction(f *testing.F) {
	f.Add([]byte(`{"settled":"","merchant":"merch_1"}`))
	f.Add([]byte(`{"settled":"2026-11-09T12:30:53.695Z","merchant":{"id":"merch_1","name":"Pret"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var once, again Transaction
		if json.Unmarshal(text, &once) != nil {
			return
		}
		written, err := json.Marshal(once)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(written, &again); err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if diff := cmp.Diff(once, again, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}
