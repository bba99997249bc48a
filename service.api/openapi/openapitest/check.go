package openapitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Answer is what the API has answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // Not looked at if it is a stream.
}

// Check is nil if an answer to a request, whose path is without its query, is as the document says: the status, the
// media type, the headers and the body. What no operation is for must be answered 404, or 405, with an Error.
func (d *Document) Check(method, path string, got Answer) error {
	o, ok := d.Find(method, path)
	if !ok {
		return d.checkStray(got)
	}
	responses, _ := o.tree["responses"].(object)
	status := strconv.Itoa(got.Status)
	if responses[status] == nil {
		return fmt.Errorf("%s has no %s in the document: %s", o.ID, status, got.Body)
	}
	at := pointer(o.at+"/responses/"+status, responses[status])
	err := errors.Join(
		d.checkHeaders(at, d.resolve(responses[status]), got.Header),
		d.checkBody(method, at, d.resolve(responses[status]), got),
	)
	if err != nil {
		return fmt.Errorf("%s answers %s otherwise than the document says: %w", o.ID, status, err)
	}
	return nil
}

func (d *Document) checkStray(got Answer) error {
	if got.Status != http.StatusNotFound && got.Status != http.StatusMethodNotAllowed && got.Status < 500 &&
		got.Status != http.StatusTooManyRequests && got.Status != http.StatusBadRequest {
		return fmt.Errorf("what is not in the document is answered %d", got.Status)
	}
	return d.CheckSchema("Error", got.Body)
}

// pointer is where a node is that may be a reference.
func pointer(at string, node any) string {
	found, _ := node.(object)
	if reference, ok := found["$ref"].(string); ok {
		return strings.TrimPrefix(reference, "#")
	}
	return at
}

// usual are headers that HTTP itself has, or every answer.
func usual(name string) bool {
	return slices.Contains([]string{
		"Content-Type", "Content-Length", "Date", "X-Content-Type-Options", "Cache-Control", "Connection",
		"X-Accel-Buffering", "Transfer-Encoding",
	}, name)
}

func (d *Document) checkHeaders(at string, response object, got http.Header) error {
	named, _ := response["headers"].(object)
	var faults []error
	known := make(map[string]bool)
	for name, each := range named {
		header := d.resolve(each)
		known[http.CanonicalHeaderKey(name)] = true
		value := got.Get(name)
		if value == "" {
			if header["required"] == true {
				faults = append(faults, fmt.Errorf("the header %s is not there", name))
			}
			continue
		}
		schema := pointer(at+"/headers/"+escape(name), each) + "/schema"
		if err := d.validate(schema, ofHeader(header, value)); err != nil {
			faults = append(faults, fmt.Errorf("the header %s: %w", name, err))
		}
	}
	for name := range got {
		if !usual(name) && !known[name] && !strings.HasPrefix(name, "Content-") {
			faults = append(faults, fmt.Errorf("the header %s is not in the document", name))
		}
	}
	if got.Get("X-Content-Type-Options") != "nosniff" || got.Get("Cache-Control") != "no-store" {
		faults = append(faults, errors.New("the answer may be kept, or taken for something else"))
	}
	return errors.Join(faults...)
}

// ofHeader is a header's value as its schema wants it.
func ofHeader(header object, value string) any {
	schema, _ := header["schema"].(object)
	if schema["type"] == "integer" {
		return json.Number(value)
	}
	return value
}

func (d *Document) checkBody(method, at string, response object, got Answer) error {
	content, _ := response["content"].(object)
	media, _, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("the content type: %w", err)
	}
	if len(content) == 0 {
		return nil
	}
	described, ok := content[media].(object)
	if !ok {
		return fmt.Errorf("its content type %s is not in the document", media)
	}
	if method == http.MethodHead || described["schema"] == nil || media != "application/json" {
		return nil
	}
	return d.validateJSON(at+"/content/"+escape(media)+"/schema", got.Body)
}

// CheckSchema is nil if JSON is as a schema of the document's components says.
func (d *Document) CheckSchema(name string, body []byte) error {
	return d.validateJSON("/components/schemas/"+name, body)
}

// CheckExample is nil if an answer's example is as the document says that the answer is; CheckRequest of a request's.
func (d *Document) CheckExample(o Operation, e Example) error {
	responses, _ := o.tree["responses"].(object)
	at := pointer(o.at+"/responses/"+e.Status, responses[e.Status])
	return d.validate(at+"/content/"+escape(e.Media)+"/schema", e.Value)
}

// CheckRequest is nil if a request's example is as the document says.
func (d *Document) CheckRequest(o Operation, e Example) error {
	return d.validate(o.at+"/requestBody/content/"+escape(e.Media)+"/schema", e.Value)
}

func (d *Document) validateJSON(at string, body []byte) error {
	read, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("it is not JSON: %w: %s", err, body)
	}
	if err := d.validate(at, read); err != nil {
		return fmt.Errorf("%w: %s", err, body)
	}
	return nil
}

func (d *Document) validate(at string, value any) error {
	schema, err := d.schema(at)
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

func (d *Document) schema(at string) (*jsonschema.Schema, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if found, ok := d.schemas[at]; ok {
		return found, nil
	}
	compiled, err := d.compiler.Compile(url + "#" + at)
	if err != nil {
		return nil, fmt.Errorf("compiling %s: %w", at, err)
	}
	d.schemas[at] = compiled
	return compiled, nil
}
