package openapitest

import (
	"net/http"
	"strings"
	"testing"
)

func loaded(t *testing.T) *Document {
	t.Helper()
	d, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEveryExampleIsAsItsSchemaSays(t *testing.T) {
	d := loaded(t)
	examples := 0
	for _, o := range d.Operations() {
		for _, each := range o.Requests {
			examples++
			if err := d.CheckRequest(o, each); err != nil {
				t.Errorf("%s, request %s (%s): %v", o.ID, each.Name, each.Media, err)
			}
		}
		for _, each := range d.Answers(o) {
			examples++
			if err := d.CheckExample(o, each); err != nil {
				t.Errorf("%s, answer %s %s: %v", o.ID, each.Status, each.Name, err)
			}
		}
	}
	if examples < 100 {
		t.Errorf("there are only %d examples", examples)
	}
	for event, schema := range map[string]string{
		"TransactionCreated": "TransactionMessage", "TransactionUpdated": "TransactionMessage",
		"BalanceUpdated": "BalanceMessage", "CardUpdated": "CardMessage", "PotUpdated": "PotMessage",
	} {
		example := d.resolve(object{"$ref": "#/components/examples/" + event})["value"]
		if err := d.validate("/components/schemas/"+schema, example); err != nil {
			t.Errorf("%s: %v", event, err)
		}
	}
}

func TestEveryOperationSaysAllThatItMust(t *testing.T) {
	d := loaded(t)
	for _, o := range d.Operations() {
		for _, key := range []string{"operationId", "summary", "description"} {
			if text(o.tree[key]) == "" {
				t.Errorf("%s %s has no %s", o.Method, o.Path, key)
			}
		}
		if tags, _ := o.tree["tags"].([]any); len(tags) != 1 {
			t.Errorf("%s has %d tags", o.ID, len(tags))
		}
		if o.tree["security"] == nil {
			t.Errorf("%s does not say what it needs", o.ID)
		}
		for name, example := range o.Parameters {
			if example == nil && name != "last_event_id" {
				t.Errorf("%s has no example of %s", o.ID, name)
			}
		}
	}
}

// good is an answer to GET /ping.
func good() Answer {
	return Answer{http.StatusOK, http.Header{
		"Content-Type": {"application/json"}, "X-Content-Type-Options": {"nosniff"}, "Cache-Control": {"no-store"},
		"Trace-Id": {strings.Repeat("0", 32)},
	}, []byte(`{"ping":"pong"}`)}
}

func TestWhatTheDocumentDoesNotSayIsFound(t *testing.T) {
	d := loaded(t)
	if err := d.Check("GET", "/ping/", good()); err != nil {
		t.Fatalf("a good answer: %v", err)
	}
	for name, spoil := range map[string]func(*Answer){
		"a field more":           func(a *Answer) { a.Body = []byte(`{"ping":"pong","more":1}`) },
		"a field less":           func(a *Answer) { a.Body = []byte(`{}`) },
		"another type":           func(a *Answer) { a.Body = []byte(`{"ping":1}`) },
		"what is no JSON":        func(a *Answer) { a.Body = []byte(`pong`) },
		"a status":               func(a *Answer) { a.Status = http.StatusCreated },
		"a failure of ours":      func(a *Answer) { a.Status = http.StatusInternalServerError },
		"a media type":           func(a *Answer) { a.Header.Set("Content-Type", "text/plain") },
		"a header that is not":   func(a *Answer) { a.Header.Del("Trace-Id") },
		"a header more":          func(a *Answer) { a.Header.Set("Server", "farthing") },
		"a header that is wrong": func(a *Answer) { a.Header.Set("Trace-Id", "7") },
	} {
		answer := good()
		if spoil(&answer); d.Check("GET", "/ping", answer) == nil {
			t.Errorf("%s was not found", name)
		}
	}
	if d.Check("GET", "/pong", good()) == nil {
		t.Error("a path that is not in the document was not found")
	}
}
