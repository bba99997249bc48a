// Package openapitest holds what the public API answers against its document, for tests: strictly, so that a field, a
// status or a header that the document does not name is a failure, though programs are told to bear new ones.
package openapitest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"farthing/service.api/openapi"
)

// Document is the document of the public API. It is safe for concurrent use.
type Document struct {
	operations []Operation
	tree       object
	compiler   *jsonschema.Compiler

	mu      sync.Mutex // Guards the rest.
	schemas map[string]*jsonschema.Schema
}

// object is a JSON object of the document.
type object = map[string]any

// Operation is one method of one path.
type Operation struct {
	ID, Method, Path string
	// Scopes are those of which a token must have one; none if any token will do, or if it needs none.
	Scopes    []string
	Open      bool // It needs no token.
	Sensitive bool // It needs a fresh approval.
	Requests  []Example
	// Parameters are the examples of path and query parameters, by name. Required are those that must be sent.
	Parameters map[string]any
	Required   []string
	Queries    []string // The names of those in the query.

	at   string // Where in the document, as a JSON pointer.
	tree object
}

// Example is a request's body, or an answer's.
type Example struct {
	Name, Media string
	Status      string // Of an answer.
	Value       any    // As it is read from JSON, numbers exact.
}

// url names the document where schemas refer to each other.
const url = "https://farthing.example/openapi.yaml"

var load = sync.OnceValues(func() (*Document, error) { return Parse(openapi.Document()) })

// Load is the document of the public API.
func Load() (*Document, error) { return load() }

// Parse reads a document. It fails if that is not well-formed, or gives an operationId twice.
func Parse(text []byte) (*Document, error) {
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, fmt.Errorf("reading the document: %w", err)
	}
	read, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		return nil, fmt.Errorf("reading the document as JSON: %w", err)
	}
	tree, ok := read.(object)
	if !ok {
		return nil, fmt.Errorf("the document is no object")
	}
	close(tree)
	d := &Document{tree: tree, compiler: jsonschema.NewCompiler(), schemas: make(map[string]*jsonschema.Schema)}
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource(url, tree); err != nil {
		return nil, fmt.Errorf("reading the document as schemas: %w", err)
	}
	return d, d.readOperations()
}

// close has each object that a schema describes hold nothing that it does not name.
func close(node any) {
	switch node := node.(type) {
	case []any:
		for _, each := range node {
			close(each)
		}
	case object:
		if describesObject(node["type"]) && node["additionalProperties"] == nil && node["propertyNames"] == nil {
			node["additionalProperties"] = false
		}
		for key, each := range node {
			if key != "example" && key != "examples" && key != "value" {
				close(each)
			}
		}
	}
}

func describesObject(kind any) bool {
	kinds, _ := kind.([]any)
	return kind == "object" || slices.Contains(kinds, any("object"))
}

// methods are those that the document has, in lower case.
var methods = []string{"get", "put", "post", "patch", "delete"}

func (d *Document) readOperations() error {
	paths, _ := d.tree["paths"].(object)
	seen := make(map[string]bool)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item, _ := paths[path].(object)
		for _, method := range methods {
			tree, ok := item[method].(object)
			if !ok {
				continue
			}
			o := Operation{
				ID: text(tree["operationId"]), Method: strings.ToUpper(method), Path: path, tree: tree,
				at: "/paths/" + escape(path) + "/" + method, Sensitive: tree["x-sensitive"] == true,
			}
			if o.ID == "" || seen[o.ID] {
				return fmt.Errorf("%s %s has the operationId %q, which is no name of its own", o.Method, path, o.ID)
			}
			seen[o.ID] = true
			o.Scopes, o.Open = scopes(tree["security"])
			o.Requests = d.examples(tree["requestBody"])
			d.readParameters(&o, item["parameters"])
			d.readParameters(&o, tree["parameters"])
			d.operations = append(d.operations, o)
		}
	}
	return nil
}

// scopes are the scopes of which one is needed. What can be done without a token names a scheme of no tokens, or none.
func scopes(security any) (needed []string, open bool) {
	list, _ := security.([]any)
	open = true
	for _, each := range list {
		alternative, _ := each.(object)
		named, ok := alternative["oauth2"].([]any)
		if !ok {
			continue
		}
		open = false
		for _, scope := range named {
			needed = append(needed, text(scope))
		}
	}
	return needed, open
}

// Operations are all of them, sorted by path.
func (d *Document) Operations() []Operation { return slices.Clone(d.operations) }

// Find is the operation that answers a request; false if there is none.
func (d *Document) Find(method, path string) (Operation, bool) {
	segments := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	if method = strings.ToUpper(method); method == "HEAD" {
		method = "GET"
	}
	for _, o := range d.operations {
		if o.Method == method && matches(strings.Split(o.Path[1:], "/"), segments) {
			return o, true
		}
	}
	return Operation{}, false
}

func matches(pattern, segments []string) bool {
	return slices.EqualFunc(pattern, segments, func(p, s string) bool { return p == s || strings.HasPrefix(p, "{") })
}

// Answers are the examples of an operation's answers.
func (d *Document) Answers(o Operation) []Example {
	var all []Example
	responses, _ := o.tree["responses"].(object)
	for _, status := range slices.Sorted(maps.Keys(responses)) {
		for _, each := range d.examples(responses[status]) {
			each.Status = status
			all = append(all, each)
		}
	}
	return all
}

func (d *Document) readParameters(o *Operation, list any) {
	parameters, _ := list.([]any)
	for _, each := range parameters {
		p := d.resolve(each)
		name, in := text(p["name"]), text(p["in"])
		if in != "query" && in != "path" {
			continue
		}
		if o.Parameters == nil {
			o.Parameters = make(map[string]any)
		}
		if in == "query" {
			o.Queries = append(o.Queries, name)
		}
		o.Parameters[name] = p["example"]
		if p["required"] == true {
			o.Required = append(o.Required, name)
		}
	}
}

// examples are those below the content of a body.
func (d *Document) examples(body any) []Example {
	content, _ := d.resolve(body)["content"].(object)
	var all []Example
	for _, media := range slices.Sorted(maps.Keys(content)) {
		named, _ := d.resolve(content[media])["examples"].(object)
		for _, name := range slices.Sorted(maps.Keys(named)) {
			all = append(all, Example{Name: name, Media: media, Value: d.resolve(named[name])["value"]})
		}
	}
	return all
}

// resolve follows references.
func (d *Document) resolve(node any) object {
	found, _ := node.(object)
	for {
		reference, ok := found["$ref"].(string)
		if !ok {
			return found
		}
		var at any = d.tree
		for step := range strings.SplitSeq(strings.TrimPrefix(reference, "#/"), "/") {
			inside, _ := at.(object)
			at = inside[step]
		}
		found, _ = at.(object)
	}
}

func text(node any) string {
	s, _ := node.(string)
	return s
}

// escape is a name as a step of a JSON pointer.
func escape(name string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(name) }

// Scopes are all that the document knows, sorted.
func (d *Document) Scopes() []string {
	flow := d.resolve(object{"$ref": "#/components/securitySchemes/oauth2/flows/authorizationCode"})
	known, _ := flow["scopes"].(object)
	return slices.Sorted(maps.Keys(known))
}
