// Package seeded makes customers who have one of everything that the public API's document tells of, so that its
// examples can be asked in their names: what an example calls acc_0000BCGus2Rhhxg0bXmXLb is the customer's own account.
package seeded

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"farthing/e2e/world"
	"farthing/pkg/foundation"
)

// Customer is one of them.
type Customer struct {
	*world.Customer

	world *world.World
	names map[string]string // What the document's examples name, and what of the customer's own stands for it.
}

// hookURL is where the webhooks of customers call: a world's Receiver.
const hookURL = "http://127.0.0.1/"

// New makes a customer, and waits until all that follows by events is there. The world has Webhooks.
func New(t testing.TB, w *world.World, r *world.Receiver, name string) *Customer {
	t.Helper()
	c := &Customer{Customer: w.Customer(t, name, 100_00), world: w}
	hook := w.Register(t, c.Customer, r, "pot.updated", "transaction.created")
	pot := c.find(t, "id", http.MethodPut, "/pots", "name=Lisbon&style=beach_ball&goal_amount=50000&dedupe_id=seed"+
		"&current_account_id="+c.AccountID)
	c.must(t, http.MethodPut, "/pots/"+pot+"/deposit", "amount=2000&dedupe_id=seed&source_account_id="+c.AccountID, nil)
	paid := w.Swipe(t, c.Customer, name+"-1", 3_50, "PRET A MANGER 1234 LONDON GBR").TransactionID
	with := w.Swipe(t, c.Customer, name+"-2", 3_50, "PRET A MANGER 1234 LONDON GBR").TransactionID
	c.must(t, http.MethodPost, "/feed", "type=basic&params[title]=Welcome&params[image_url]=www.example.com/a.png"+
		"&account_id="+c.AccountID, nil)
	c.must(t, http.MethodPut, "/transaction-receipts", fmt.Sprintf(receipt, "order of "+name, paid), nil)
	attached, uploaded, begun := c.begin(t), c.begin(t), c.begin(t)
	c.upload(t, attached)
	c.upload(t, uploaded)
	attachment := c.find(t, "attachment.id", http.MethodPost, "/attachment/register",
		"file_type=image/png&external_id="+with+"&file_url="+url.QueryEscape(attached.FileURL))
	c.settle(t, hook)
	now := w.Clock.Now()
	c.names = map[string]string{
		"acc_0000BCGus2Rhhxg0bXmXLb": c.AccountID, "user_0000BCGus2Rhhxg0bXmXLb": c.UserID,
		"card_0000BCGus2RqrqbQHV4fkm": c.CardID, "tx_0000BCGus2RmPcf33EudVc": paid,
		"pot_0000BCGus2RhjDVscRx7eF": pot, "feed_0000BCGus2RhnpZnqF2Wh4": c.added(t),
		"webhook_0000BCGus2RoAJaFBsxIrW": hook, "msg_0000BCGus2RkYnz2RAGjY5": c.delivery(t, hook),
		"attach_0000BCGus2RjJPwC71v9dk": attachment, "order-12345678": "order of " + name,
		fileToken: tokenIn(uploaded.FileURL), "EXAMPLE-UPLOAD-TOKEN": tokenIn(begun.UploadURL),
		"https://example.com/hooks": hookURL, "2026-11-01T00:00:00.000Z": stamp(now.Add(-time.Hour)),
		"2026-11-09T00:00:00.000Z": stamp(now.Add(-time.Hour)), "2026-11-10T00:00:00.000Z": stamp(now.Add(time.Hour)),
	}
	return c
}

const fileToken = "EXAMPLE-FILE-TOKEN"

// receipt has a line of each kind.
const receipt = `{"external_id":"%s","transaction_id":"%s","total":350,"currency":"GBP","items":[
	{"description":"Sandwich","amount":300,"currency":"GBP","sub_items":[
		{"description":"Cheese","amount":100,"currency":"GBP"}]},
	{"description":"Tea","amount":50,"currency":"GBP"}],
	"taxes":[{"description":"VAT","amount":50,"currency":"GBP"}],
	"payments":[{"type":"card","amount":350,"currency":"GBP"}]}`

// Own is a text of the document with the customer's own in the place of what its examples name.
func (c *Customer) Own(text string) string {
	var pairs []string
	for example, own := range c.names {
		pairs = append(pairs, example, own)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Things are the examples that name something of a customer's: ids, and tokens of files.
func (c *Customer) Things() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(c.names)), func(example string) bool {
		return strings.HasPrefix(example, "2026-") || strings.HasPrefix(example, "https://")
	})
}

// With is the customer, naming one thing that is another's, or nobody's if other is nil.
func (c *Customer) With(thing string, other *Customer) *Customer {
	named := *c
	named.names = maps.Clone(c.names)
	switch {
	case other != nil:
		named.names[thing] = other.names[thing]
	case thing == fileToken: // What could be no token is a URL elsewhere, which is something else.
		named.names[thing] = strings.Repeat("0", len(c.names[thing]))
	default:
		named.names[thing] = thing // The example itself is nobody's.
	}
	return &named
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// upload is where a file goes, and where it lies then.
type upload struct {
	FileURL   string `json:"file_url"`
	UploadURL string `json:"upload_url"`
}

func (c *Customer) begin(t testing.TB) upload {
	t.Helper()
	var begun upload
	c.must(t, http.MethodPost, "/attachment/upload", "file_name=lunch.png&file_type=image/png", &begun)
	return begun
}

func (c *Customer) upload(t testing.TB, to upload) {
	t.Helper()
	c.must(t, http.MethodPut, "/attachment/upload/"+tokenIn(to.UploadURL), string(File()), nil)
}

// tokenIn is the capability in a URL that an upload was answered.
func tokenIn(address string) string {
	_, path, _ := strings.Cut(address, "/attachment/")
	return strings.Split(path, "/")[1]
}

// File is a picture of 67 bytes, as far as anybody looks.
func File() []byte {
	const bytes = 67
	return append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, bytes-8)...)
}

// settle waits for what follows by events: both payments have a merchant and an item, and the webhook was told of them.
func (c *Customer) settle(t testing.TB, hook string) {
	t.Helper()
	c.world.Eventually(t, "what follows two payments", func() bool {
		known, shown, told := 0, 0, 0
		for _, each := range c.world.Transactions(t, c.Customer) {
			if each.Merchant != nil {
				known++
			}
		}
		for _, each := range c.world.Feed(t, c.Customer) {
			if each.Emoji == "🥪" || each.Title == "Pret A Manger" {
				shown++
			}
		}
		for _, each := range c.deliveries(t, hook) {
			if each.Status == "delivered" {
				told++
			}
		}
		return known == 2 && shown == 2 && told >= 4 // Both payments, and the pot twice.
	})
}

type delivery struct{ ID, Status string }

func (c *Customer) deliveries(t testing.TB, hook string) []delivery {
	t.Helper()
	var page struct{ Deliveries []delivery }
	c.must(t, http.MethodGet, "/webhooks/"+hook+"/deliveries", "", &page)
	return page.Deliveries
}

func (c *Customer) delivery(t testing.TB, hook string) string {
	t.Helper()
	return c.deliveries(t, hook)[0].ID
}

// added is the item that the program has put into the feed.
func (c *Customer) added(t testing.TB) string {
	t.Helper()
	for _, each := range c.world.Feed(t, c.Customer) {
		if each.Type == "basic" {
			return each.ID
		}
	}
	t.Fatal("the feed does not show what was added")
	return ""
}

// must asks, and reads an answer that must be 200.
func (c *Customer) must(t testing.TB, method, path, body string, v any) {
	t.Helper()
	media := Form
	switch {
	case strings.HasPrefix(body, "{"):
		media = JSON
	case strings.HasPrefix(body, "\x89"):
		media = "image/png"
	}
	answer := Ask(t, c.world, c.Token, Request{Method: method, Path: path, Media: media, Body: []byte(body)})
	if answer.Status != http.StatusOK {
		t.Fatalf("%s %s answered %d %s", method, path, answer.Status, answer.Body)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal(answer.Body, v); err != nil {
		t.Fatalf("%s %s answered %s", method, path, answer.Body)
	}
}

// find is a text of an answer that must be 200, "webhook.id".
func (c *Customer) find(t testing.TB, at, method, path, body string) string {
	t.Helper()
	var answer any
	c.must(t, method, path, body, &answer)
	for step := range strings.SplitSeq(at, ".") {
		inside, _ := answer.(map[string]any)
		answer = inside[step]
	}
	return fmt.Sprint(answer)
}

// Media types of bodies.
const (
	Form = "application/x-www-form-urlencoded"
	JSON = "application/json"
)

// Request is what is asked of the public API.
type Request struct {
	Method, Path, Query string
	Media               string // Of the body; "" for none.
	Body                []byte
	Key                 string // The Idempotency-Key; "" for none.
}

// Ask asks the public API with a token, or without one if it is "".
func Ask(t testing.TB, w *world.World, token string, r Request) world.Answer {
	t.Helper()
	headers := []string{}
	for name, value := range map[string]string{"Content-Type": r.Media, "Idempotency-Key": r.Key} {
		if value != "" {
			headers = append(headers, name, value)
		}
	}
	if token != "" {
		headers = append(headers, "Authorization", "Bearer "+token)
	}
	path := r.Path
	if r.Query != "" {
		path += "?" + r.Query
	}
	answer, err := w.Ask(t.Context(), foundation.Public, r.Method, path, r.Body, headers...)
	if err != nil {
		t.Fatalf("asking %s %s: %v", r.Method, r.Path, err)
	}
	return answer
}
