package fuzzed

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"farthing/e2e/seeded"
	"farthing/service.api/openapi"
)

type object = map[string]any

// own writes the API's document with a customer's own things in it: in its examples, and where a request names one. An
// id that is drawn at random is nobody's, and all that could be learned from it is that it is not found. Only the
// operations named take an Idempotency-Key.
func own(t *testing.T, c *seeded.Customer, keyed ...string) string {
	t.Helper()
	var document object
	if err := yaml.Unmarshal(openapi.Document(), &document); err != nil {
		t.Fatal(err)
	}
	names := namer{schemas: inside(document, "components", "schemas"), own: c.Own}
	for _, each := range inside(document, "components", "parameters") {
		names.parameter(each)
	}
	// One key for all would be a conflict with whatever was asked before.
	delete(inside(document, "components", "parameters", "IdempotencyKey"), "example")
	for _, path := range inside(document, "paths") {
		item, _ := path.(object)
		names.parameters(item)
		for _, each := range item {
			operation, _ := each.(object)
			names.parameters(operation)
			if !slices.Contains(keyed, fmt.Sprint(operation["operationId"])) {
				withoutKey(operation)
			}
			for _, media := range inside(operation, "requestBody", "content") {
				names.body(media)
			}
		}
	}
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "openapi.json")
	if err := os.WriteFile(file, []byte(c.Own(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// inside is the object at a path of keys; none if there is none.
func inside(tree object, keys ...string) object {
	for _, key := range keys {
		tree, _ = tree[key].(object)
	}
	return tree
}

// namer has requests name what there is: an id of the customer's own, or one of nobody's.
type namer struct {
	schemas object
	own     func(string) string
}

// withoutKey has an operation take no Idempotency-Key: those that are drawn are short, and most of them were used with
// something else before.
func withoutKey(operation object) {
	all, ok := operation["parameters"].([]any)
	if !ok {
		return
	}
	operation["parameters"] = slices.DeleteFunc(all, func(each any) bool {
		reference, _ := each.(object)
		return reference["$ref"] == "#/components/parameters/IdempotencyKey"
	})
}

func (n namer) parameters(of object) {
	all, _ := of["parameters"].([]any)
	for _, each := range all {
		n.parameter(each)
	}
}

func (n namer) parameter(each any) {
	parameter, _ := each.(object)
	if ids := n.idsOf(parameter["schema"]); ids != nil {
		parameter["schema"] = ids
	}
}

// body changes the schema of a request, one level deep: no id lies deeper.
func (n namer) body(media any) {
	described, _ := media.(object)
	reference := inside(described, "schema")["$ref"]
	name, _ := reference.(string)
	properties := inside(n.schemas, strings.TrimPrefix(name, prefix), "properties")
	for field, each := range properties {
		if ids := n.idsOf(each); ids != nil {
			properties[field] = ids
		}
	}
}

const prefix = "#/components/schemas/"

// idsOf is a choice of ids, if a schema is that of ids; nil if not.
func (n namer) idsOf(schema any) object {
	referring, _ := schema.(object)
	reference, _ := referring["$ref"].(string)
	name := strings.TrimPrefix(reference, prefix)
	examples, _ := inside(n.schemas, name)["examples"].([]any)
	if !strings.HasSuffix(name, "ID") || len(examples) == 0 {
		return nil
	}
	example, _ := examples[0].(string)
	nobodys := example[:len(example)-1] + "0" // It is no example: it stays.
	return object{"type": "string", "enum": []any{n.own(example), nobodys}}
}
