// Package contract asks a whole bank every example of the public API's document, and holds what it answers against the
// document's own example of that answer.
package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"farthing/e2e/seeded"
	"farthing/e2e/world"
	"farthing/service.api/openapi/openapitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bank is a world whose customers' webhooks are answered.
func bank(t *testing.T) (*world.World, *world.Receiver) {
	t.Helper()
	w := world.New(t, world.Options{Webhooks: true})
	return w, w.Receiver(t)
}

func documented(t *testing.T) *openapitest.Document {
	t.Helper()
	document, err := openapitest.Load()
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// elsewhere are the operations that other tests of this package ask: tokens take a login, a stream has no end.
func elsewhere(id string) bool { return id == "createToken" || id == "followEvents" }

// TestEveryExampleIsTrue sends each example of each operation as JSON and as a form, for a customer who has one of
// everything, and each list once more with each of its other parameters. The world holds all answers against their
// schemas.
func TestEveryExampleIsTrue(t *testing.T) {
	document, customers := documented(t), 0
	w, receiver := bank(t)
	for _, o := range document.Operations() {
		if elsewhere(o.ID) {
			continue
		}
		t.Run(o.ID, func(t *testing.T) {
			var answers []any
			for n, body := range bodies(o) {
				customers++
				c := seeded.New(t, w, receiver, fmt.Sprintf("customer%d", customers))
				request := c.Request(t, o, body)
				if n == 0 && o.Method != http.MethodGet && !o.Open {
					request.Key = "7f1b6b0e-6f2a-4a39-9f43-0c5d1a2b3c4d"
				}
				answers = append(answers, succeed(t, w, o, c, request))
				for _, name := range o.Queries {
					if o.Method == http.MethodGet && !slices.Contains(o.Required, name) {
						answers = append(answers, succeed(t, w, o, c, c.Request(t, o, body, name)))
					}
				}
			}
			wantLike(t, document, o, answers)
		})
	}
}

// bodies are the examples of an operation's body; one that is none if it has no body.
func bodies(o openapitest.Operation) []*openapitest.Example {
	all := []*openapitest.Example{}
	for _, each := range o.Requests {
		all = append(all, &each)
	}
	if len(all) == 0 {
		return []*openapitest.Example{nil}
	}
	return all
}

// succeed is an answer that must be 200; nil if it is no JSON.
func succeed(
	t *testing.T, w *world.World, o openapitest.Operation, c *seeded.Customer, r seeded.Request,
) any {
	t.Helper()
	token := c.Token
	if o.Open {
		token = ""
	}
	answer := seeded.Ask(t, w, token, r)
	if answer.Status != http.StatusOK {
		t.Errorf("%s %s?%s %s: got %d %s", r.Method, r.Path, r.Query, r.Body, answer.Status, answer.Body)
		return nil
	}
	return read(answer.Body)
}

// read is JSON, nil if it is none.
func read(body []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var out any
	if decoder.Decode(&out) != nil {
		return nil
	}
	return out
}

// wantLike fails unless each example of a success has the keys of one of the answers.
func wantLike(t *testing.T, document *openapitest.Document, o openapitest.Operation, answers []any) {
	t.Helper()
	for _, example := range document.Answers(o) {
		if example.Status != "200" || example.Media != seeded.JSON {
			continue
		}
		if !slices.ContainsFunc(answers, func(each any) bool { return covers(each, example.Value) }) {
			t.Errorf("no answer is like the example %s: %s", example.Name, shape(answers[0]))
		}
	}
}

// covers tells whether an answer has what an example has: the same keys of each object, and in each list, beside
// others, one like each that the example's has.
func covers(answer, example any) bool {
	switch example := example.(type) {
	case map[string]any:
		got, ok := answer.(map[string]any)
		if !ok || len(got) != len(example) {
			return false
		}
		for key, each := range example {
			if inside, ok := got[key]; !ok || !covers(inside, each) {
				return false
			}
		}
		return true
	case []any:
		got, ok := answer.([]any)
		return ok && !slices.ContainsFunc(example, func(each any) bool {
			return !slices.ContainsFunc(got, func(other any) bool { return covers(other, each) })
		})
	default:
		switch answer.(type) {
		case map[string]any, []any:
			return false
		}
		return (answer == nil) == (example == nil)
	}
}

// shape is an answer with its keys alone, for people.
func shape(value any) string {
	switch value := value.(type) {
	case map[string]any:
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(value)) {
			parts = append(parts, key+":"+shape(value[key]))
		}
		return "{" + strings.Join(parts, " ") + "}"
	case []any:
		var parts []string
		for _, each := range value {
			parts = append(parts, shape(each))
		}
		return "[" + strings.Join(parts, " ") + "]"
	default:
		return fmt.Sprint(value)
	}
}
