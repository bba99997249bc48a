package client

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"farthing/pkg/clock"
)

const (
	secret  = "whsec_bXkgd2ViaG9vayBzZWNyZXQ="
	message = `{"type":"pot.updated","timestamp":"2026-11-09T12:30:53.735Z","data":{"id":"pot_1"}}`
)

// told is a message that came to a webhook, signed by the standard's own library.
func told(t *testing.T, at time.Time, body string) *http.Request {
	t.Helper()
	library, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := library.Sign("msg_1", at, []byte(message))
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hooks", strings.NewReader(body))
	req.Header.Set("Webhook-Id", "msg_1")
	req.Header.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
	req.Header.Set("Webhook-Signature", "v1,c29tZWJvZHkgZWxzZQ== "+signature)
	return req
}

func TestAMessageThatIsSignedIsOpened(t *testing.T) {
	got, err := OpenMessage(told(t, clock.Real{}.Now(), message), secret)
	if err != nil || got.ID != "msg_1" || got.Type != WebhookEventPotUpdated || string(got.Data) != `{"id":"pot_1"}` ||
		got.Timestamp.Unix() != 1794227453 || string(got.Raw) != message {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAMessageOfSomebodyElseIsNot(t *testing.T) {
	now := clock.Real{}.Now()
	unsigned := told(t, now, message)
	unsigned.Header.Del("Webhook-Signature")
	nameless := told(t, now, message)
	nameless.Header.Del("Webhook-Id")
	for name, req := range map[string]*http.Request{
		"another body": told(t, now, message+" "), "old": told(t, now.Add(-6*time.Minute), message),
		"of the future": told(t, now.Add(6*time.Minute), message), "unsigned": unsigned, "without an id": nameless,
	} {
		if got, err := OpenMessage(req, secret); err == nil {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	for _, wrong := range []string{"", "whsec_", "bXkgd2ViaG9vayBzZWNyZXQ=", "whsec_b3RoZXI="} {
		if got, err := OpenMessage(told(t, now, message), wrong); err == nil {
			t.Errorf("under %q: got %+v", wrong, got)
		}
	}
}
