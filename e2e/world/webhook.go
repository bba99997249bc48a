package world

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"slices"
	"sync"
	"testing"

	"farthing/pkg/clock"
	"farthing/pkg/foundation"
	"farthing/service.webhook/standard"
)

// AllowLoopback is the setting that lets webhooks call the test.
const AllowLoopback = "FARTHING_WEBHOOK_ALLOW_LOOPBACK"

// Receiver is a program that a bank's webhooks call. It answers 200 until it is told otherwise. It is safe for
// concurrent use.
type Receiver struct {
	mu     sync.Mutex // Guards the rest.
	status int
	secret *standard.Secret // Nil until it is told: before that nothing is taken.
	heard  []Message
	forged int
}

// Message is what a webhook was sent.
type Message struct {
	ID   string // The same each time that it is sent.
	Type string
	Data json.RawMessage
}

// NewReceiver is a receiver, to be served.
func NewReceiver() *Receiver { return &Receiver{status: http.StatusOK} }

// Receiver is a receiver that this world's bank can call at http://127.0.0.1/, until the test ends. There is one.
func (w *World) Receiver(t testing.TB) *Receiver {
	t.Helper()
	r := NewReceiver()
	//nolint:gosec // Nobody is slow on purpose.
	server := &http.Server{Handler: r, ErrorLog: log.New(io.Discard, "", 0)}
	var serving sync.WaitGroup
	listener := w.network.listen("127.0.0.1")
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		_ = server.Close()
		serving.Wait()
	})
	return r
}

// Register registers a receiver's URL for events of a customer's account, and answers the webhook's id.
func (w *World) Register(t testing.TB, c *Customer, r *Receiver, events ...string) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"account_id": c.AccountID, "url": "http://127.0.0.1/", "events": events})
	must(t, "registering a webhook", err)
	answer, err := w.Ask(t.Context(), foundation.Public, http.MethodPost, "/webhooks", body,
		"Authorization", "Bearer "+c.Token, "Content-Type", "application/json")
	must(t, "registering a webhook", err)
	if answer.Status != http.StatusOK {
		t.Fatalf("registering a webhook was answered %d %s", answer.Status, answer.Body)
	}
	return r.Trust(t, answer.Body)
}

// Trust has the receiver take what is signed under the secret in an answer to POST /webhooks, and answers the webhook's
// id.
func (r *Receiver) Trust(t testing.TB, registered []byte) string {
	t.Helper()
	var made struct {
		Webhook struct{ ID, Secret string }
	}
	must(t, "reading the registration", json.Unmarshal(registered, &made))
	secret, err := standard.ParseSecret(made.Webhook.Secret)
	must(t, "reading the secret", err)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secret = &secret
	return made.Webhook.ID
}

// Answer has it answer a status from now on.
func (r *Receiver) Answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// Heard is what it has answered 2xx so far, repeats included, and how many messages it got that were not signed.
func (r *Receiver) Heard() (heard []Message, forged int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.heard), r.forged
}

// ServeHTTP takes a message.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.secret == nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	m := Message{ID: req.Header.Get(standard.HeaderID)}
	if standard.Verify(req.Header, body, clock.Real{}.Now(), *r.secret) != nil || json.Unmarshal(body, &m) != nil {
		r.forged++
	} else if r.status/100 == 2 {
		r.heard = append(r.heard, m)
	}
	w.WriteHeader(r.status)
}
