package program

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"farthing/e2e/world"
	"farthing/pkg/foundation"
)

// Send is a world.Sender: it swipes once.
func (b *Bank) Send(ctx context.Context, p world.Payment) (world.Answer, error) {
	req, err := http.NewRequestWithContext(
		ctx, http.MethodPost, b.Facts().CardEdge+"/authorisations", bytes.NewReader(p.Body()),
	)
	if err != nil {
		return world.Answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	return b.Do(req)
}

// Do sends a request, and answers how the bank did, whatever that was.
func (b *Bank) Do(req *http.Request) (world.Answer, error) {
	rsp, err := b.client.Do(req)
	if err != nil {
		return world.Answer{}, err
	}
	defer rsp.Body.Close()
	read, err := io.ReadAll(rsp.Body)
	return world.Answer{Status: rsp.StatusCode, Header: rsp.Header, Body: read}, err
}

// Get is what the public API answers the demonstration customer, which must be 200, decoded into v.
func (b *Bank) Get(t testing.TB, path string, v any) {
	t.Helper()
	b.get(t, b.Facts().API+path, v)
}

// Admin is what the admin door answers, which must be 200, decoded into v.
func (b *Bank) Admin(t testing.TB, path string, v any) {
	t.Helper()
	b.get(t, b.Facts().Admin+path, v)
}

func (b *Bank) get(t testing.TB, address string, v any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+b.Facts().AccessToken)
	answer, err := b.Do(req)
	if err != nil || answer.Status != http.StatusOK {
		t.Fatalf("GET %s was answered %d %s, %v", address, answer.Status, answer.Body, err)
	}
	if err := json.Unmarshal(answer.Body, v); err != nil {
		t.Fatalf("GET %s was answered %s: %v", address, answer.Body, err)
	}
}

// FeedItem is one item of a feed as the public API shows it.
type FeedItem struct {
	Title         string
	TransactionID string `json:"transaction_id"`
	Amount        int64
}

// Feed is the customer's whole feed, newest first.
func (b *Bank) Feed(t testing.TB) []FeedItem {
	t.Helper()
	var all []FeedItem
	for token := ""; ; {
		var page struct {
			Items []FeedItem
			Next  string `json:"next_page_token"`
		}
		b.Get(t, fmt.Sprintf("/feed?account_id=%s&limit=100&page_token=%s", b.Facts().AccountID, token), &page)
		all = append(all, page.Items...)
		if token = page.Next; token == "" {
			return all
		}
	}
}

// Run runs a command of the program as an operator would, and answers what it printed. It must succeed.
func (b *Bank) Run(t testing.TB, args ...string) string {
	t.Helper()
	printed, complained, err := b.Try(t, args...)
	if err != nil {
		t.Fatalf("farthing %s: %v\n%s%s", strings.Join(args, " "), err, printed, complained)
	}
	return printed
}

// Try is Run of a command that may fail.
func (b *Bank) Try(t testing.TB, args ...string) (printed, complained string, err error) {
	t.Helper()
	var out, errors bytes.Buffer
	command := b.Command(args...)
	command.Stdout, command.Stderr = &out, &errors
	err = command.Run()
	return out.String(), errors.String(), err
}

// Command is a command of the program, for a test that starts and ends it by itself.
func (b *Bank) Command(args ...string) *exec.Cmd {
	command := exec.Command(b.program, args...) //nolint:gosec,noctx // The program under test.
	command.Env = b.environ
	return command
}

// Processes is what `farthing ps` shows.
func (b *Bank) Processes(t testing.TB) []foundation.Status {
	t.Helper()
	var found []foundation.Status
	if err := json.Unmarshal([]byte(b.Run(t, "ps", "-o", "json")), &found); err != nil {
		t.Fatal(err)
	}
	return found
}
