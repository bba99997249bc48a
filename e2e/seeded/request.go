package seeded

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"farthing/service.api/openapi/openapitest"
)

// Request is an operation as the document's examples ask for it, in the customer's name: its path, the query parameters
// that must be there and those named, and a body, or none if it is nil.
func (c *Customer) Request(
	t testing.TB, o openapitest.Operation, body *openapitest.Example, optional ...string,
) Request {
	t.Helper()
	r := Request{Method: o.Method, Path: o.Path}
	query := url.Values{}
	for name, example := range o.Parameters {
		switch {
		case strings.Contains(o.Path, "{"+name+"}"):
			r.Path = strings.ReplaceAll(r.Path, "{"+name+"}", c.Own(fmt.Sprint(example)))
		case !slices.Contains(o.Required, name) && !slices.Contains(optional, name):
		default:
			add(query, name, example, c.Own)
		}
	}
	r.Query = query.Encode()
	if isUpload(o) {
		r.Media, r.Body = "image/png", File()
	}
	if body == nil {
		return r
	}
	r.Media = body.Media
	if body.Media == JSON {
		text, err := json.Marshal(body.Value)
		if err != nil {
			t.Fatalf("encoding the example %s: %v", body.Name, err)
		}
		r.Body = []byte(c.Own(string(text)))
		return r
	}
	form := url.Values{}
	if fields, ok := body.Value.(map[string]any); ok {
		for name, value := range fields {
			add(form, name, value, c.Own)
		}
	}
	r.Body = []byte(form.Encode())
	return r
}

// isUpload tells whether the body of an operation is a file.
func isUpload(o openapitest.Operation) bool { return strings.HasSuffix(o.Path, "/upload/{token}") }

// add adds a value to a form as the document says: objects with brackets, lists one by one.
func add(form url.Values, name string, value any, own func(string) string) {
	switch value := value.(type) {
	case map[string]any:
		for key, each := range value {
			add(form, name+"["+key+"]", each, own)
		}
	case []any:
		for _, each := range value {
			add(form, name, each, own)
		}
	default:
		form.Add(name, own(fmt.Sprint(value)))
	}
}

// Nobody has nothing: what the document's examples name stays as it is.
func Nobody() *Customer { return &Customer{} }
