package shapes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"farthing/e2e/world"
)

func programTests() []test {
	return []test{
		{"a program adds to the feed, and takes away what it added", addsToFeed},
		{"a program follows what happens, and catches up after a break", follows},
		{"a program puts a receipt, replaces it, and deletes it for good", keepsReceipts},
	}
}

// program asks the public API as a customer's program does, in JSON or with a form.
func (s *suite) program(t *testing.T, method, path, body string, headers ...string) world.Answer {
	t.Helper()
	kind := "application/x-www-form-urlencoded"
	if body != "" && body[0] == '{' {
		kind = "application/json"
	}
	return s.Ask(t, method, s.Facts().API+path, body,
		append(headers, "Authorization", "Bearer "+s.Facts().AccessToken, "Content-Type", kind)...)
}

// wantOK fails unless an answer is 200, and decodes it into v.
func wantOK(t *testing.T, answer world.Answer, v any) {
	t.Helper()
	if answer.Status != http.StatusOK {
		t.Fatalf("it was answered %d %s", answer.Status, answer.Body)
	}
	decode(t, string(answer.Body), v)
}

func addsToFeed(t *testing.T, s *suite) {
	form := "type=basic&params[title]=%s&params[image_url]=www.example.com/image.png&params[title_color]=%%23333333" +
		"&account_id=" + s.Facts().AccountID
	for _, name := range []string{"Kept", "Kept", "Removed"} {
		added := s.program(t, http.MethodPost, "/feed", fmt.Sprintf(form, name)+"&dedupe_id="+name)
		if string(added.Body) != "{}\n" || added.Status != http.StatusOK {
			t.Fatalf("adding was answered %d %s", added.Status, added.Body)
		}
	}
	var feed struct {
		Items []struct {
			ID, Title string
			Colour    string `json:"title_color"`
		}
	}
	s.Get(t, s.ofAccount("/feed", "&limit=2"), &feed)
	if len(feed.Items) != 2 || feed.Items[0].Title != "Removed" || feed.Items[1].Title != "Kept" ||
		feed.Items[1].Colour != "#333333" {
		t.Fatalf("the feed shows %+v", feed)
	}
	gone := "/feed/" + feed.Items[0].ID
	wantOK(t, s.program(t, http.MethodDelete, gone, ""), new(any))
	if again := s.program(t, http.MethodDelete, gone, ""); again.Status != http.StatusNotFound {
		t.Errorf("taking it away again was answered %d %s", again.Status, again.Body)
	}
	if s.Get(t, s.ofAccount("/feed", "&limit=1"), &feed); feed.Items[0].Title != "Kept" {
		t.Errorf("the feed shows %+v", feed)
	}
}

func keepsReceipts(t *testing.T, s *suite) {
	const path = "/transaction-receipts"
	body := `{"external_id":"order-1","transaction_id":"` + s.swipe(t, "3.50").TransactionID +
		`","total":350,"currency":"GBP","items":[{"description":"%s","quantity":0.5,"amount":350,"currency":"GBP"}]}`
	var put struct {
		ID string `json:"receipt_id"`
	}
	first := ""
	for _, sold := range []string{"Sandwich", "Soup"} {
		wantOK(t, s.program(t, http.MethodPut, path, fmt.Sprintf(body, sold)), &put)
		if first == "" {
			first = put.ID
		}
		var read struct {
			Receipt struct {
				ID    string
				Items []struct {
					Description string
					Quantity    json.Number
				}
			}
		}
		s.Get(t, path+"?external_id=order-1", &read)
		if r := read.Receipt; put.ID != first || r.ID != first || r.Items[0].Description != sold ||
			r.Items[0].Quantity != "0.5" {
			t.Errorf("%s, put as %s, is read as %+v", first, put.ID, r)
		}
	}
	wantOK(t, s.program(t, http.MethodDelete, path+"?external_id=order-1", ""), new(any))
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		if gone := s.program(t, method, path+"?external_id=order-1", ""); gone.Status != http.StatusNotFound {
			t.Errorf("%s of a deleted one was answered %d %s", method, gone.Status, gone.Body)
		}
	}
}
