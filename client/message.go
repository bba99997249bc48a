package client

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"farthing/pkg/clock"
)

const (
	// messageBytesMax is far above what a webhook is sent.
	messageBytesMax = 1 << 20
	// messageAgeMax is how far a message's time may be from the machine's: what is older somebody else has sent again.
	messageAgeMax = 5 * time.Minute
	secretPrefix  = "whsec_"
)

// Message is what a webhook was told. The same may come more than once, with the same ID, and out of order.
type Message struct {
	ID        string          `json:"-"`
	Type      WebhookEvent    `json:"type"`
	Timestamp time.Time       `json:"timestamp"`
	Data      json.RawMessage `json:"data"` // A Transaction, an AccountBalance, a Card or a Pot, by the type.
	Raw       []byte          `json:"-"`    // The whole body.
}

// OpenMessage reads a message that came to a webhook, and fails unless it was signed under the webhook's secret within
// the last five minutes. Answer 2xx to what it takes, 4xx to what it does not.
func OpenMessage(req *http.Request, secret string) (Message, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
	if err != nil || len(key) == 0 || !strings.HasPrefix(secret, secretPrefix) {
		return Message{}, errors.New("the secret must be 'whsec_' and base64")
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, messageBytesMax))
	if err != nil {
		return Message{}, fmt.Errorf("reading the message: %w", err)
	}
	if err := verify(req.Header, body, key); err != nil {
		return Message{}, err
	}
	opened := Message{ID: req.Header.Get("Webhook-Id"), Raw: body}
	if err := json.Unmarshal(body, &opened); err != nil {
		return Message{}, fmt.Errorf("decoding the message: %w", err)
	}
	return opened, nil
}

// verify compares each signature, as Standard Webhooks has it: there are two while a secret is being rotated.
func verify(header http.Header, body, key []byte) error {
	id, timestamp := header.Get("Webhook-Id"), header.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	switch {
	case id == "" || err != nil:
		return errors.New("the message has no id or no time")
	case clock.Real{}.Now().Sub(time.Unix(seconds, 0)).Abs() > messageAgeMax:
		return errors.New("the message is too old, or of the future")
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	want := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	for each := range strings.FieldsSeq(header.Get("Webhook-Signature")) {
		if hmac.Equal([]byte(each), want) {
			return nil
		}
	}
	return errors.New("the message is not signed under the secret")
}
