package world

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"farthing/pkg/foundation"
)

// Answer is what a door answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Ask sends a request to a door, with these headers: name, value, name, value.
func (w *World) Ask(
	ctx context.Context, door foundation.Door, method, path string, body []byte, headers ...string,
) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+string(door)+path, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	rsp, err := w.client.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = rsp.Body.Close() }()
	read, err := io.ReadAll(rsp.Body)
	if err != nil {
		return Answer{}, err
	}
	_, _ = w.said.Write(append(read, '\n'))
	return Answer{rsp.StatusCode, rsp.Header, read}, nil
}

// HTTP is a client of the bank's doors, each of which is a host by its name: "http://card_edge".
func (w *World) HTTP() *http.Client { return w.client }

// Connect connects to a door that speaks a protocol of its own.
func (w *World) Connect(t testing.TB, door foundation.Door) net.Conn {
	t.Helper()
	conn, err := w.network.dial(t.Context(), "", string(door)+":0")
	must(t, "connecting to "+string(door), err)
	return conn
}

// API is the public API as one token sees it.
type API struct {
	world *World
	token string
}

// API is the public API with a customer's token.
func (w *World) API(c *Customer) API { return API{w, c.Token} }

// Get is an answer of the public API, which must be 200, decoded into v.
func (a API) Get(t testing.TB, path string, v any) {
	t.Helper()
	answer, err := a.world.Ask(t.Context(), foundation.Public, http.MethodGet, path, nil,
		"Authorization", "Bearer "+a.token)
	must(t, "asking "+path, err)
	if answer.Status != http.StatusOK {
		t.Fatalf("GET %s answered %d: %s", path, answer.Status, answer.Body)
	}
	must(t, "reading "+path, json.Unmarshal(answer.Body, v))
}

// Item is one item of a feed.
type Item struct {
	ID, Type, Title, Body, Emoji, Created string
	AccountID                             string `json:"account_id"`
	TransactionID                         string `json:"transaction_id"`
	Amount                                int64
	Currency                              string
}

// Feed is a customer's whole feed, newest first, page by page as an app reads it.
func (w *World) Feed(t testing.TB, c *Customer) []Item {
	t.Helper()
	var all []Item
	for token := ""; ; {
		var page struct {
			Items []Item
			Next  string `json:"next_page_token"`
		}
		w.API(c).Get(t, fmt.Sprintf("/feed?account_id=%s&limit=100&page_token=%s", c.AccountID, token), &page)
		all = append(all, page.Items...)
		if token = page.Next; token == "" {
			return all
		}
	}
}

// Transaction is one transaction as the public API shows it.
type Transaction struct {
	ID, Created, Description, Category, Currency string
	AccountID                                    string `json:"account_id"`
	Amount                                       int64
	DeclineReason                                string `json:"decline_reason"`
	DedupeID                                     string `json:"dedupe_id"`
	Pending                                      bool   `json:"amount_is_pending"`
	Merchant                                     *struct{ ID, Name, Emoji string }
}

// Transactions is all of a customer's transactions, oldest first, page by page as a program reads them.
func (w *World) Transactions(t testing.TB, c *Customer) []Transaction {
	t.Helper()
	var all []Transaction
	for since := ""; ; {
		var page struct{ Transactions []Transaction }
		path := "/transactions?expand[]=merchant&limit=100&account_id=" + c.AccountID
		if since != "" {
			path += "&since=" + since
		}
		w.API(c).Get(t, path, &page)
		if len(page.Transactions) == 0 {
			return all
		}
		all = append(all, page.Transactions...)
		since = all[len(all)-1].ID
	}
}

// Balance is what a customer can spend, and has spent today, in pence; the second is negative.
func (w *World) Balance(t testing.TB, c *Customer) (available, today int64) {
	t.Helper()
	var found struct {
		Balance    int64
		SpendToday int64 `json:"spend_today"`
	}
	w.API(c).Get(t, "/balance?account_id="+c.AccountID, &found)
	return found.Balance, found.SpendToday
}

// Admin is the text of a page of the operator's door.
func (w *World) Admin(t testing.TB, path string) string {
	t.Helper()
	answer, err := w.Ask(t.Context(), foundation.Admin, http.MethodGet, path, nil)
	must(t, "asking "+path, err)
	return strings.TrimSpace(string(answer.Body))
}
