package client

import (
	"bytes"
	"encoding/json"
	"os"
	"path"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// document is as much as is looked at of the API's document.
type document struct {
	Paths map[string]struct {
		Get, Post, Put, Patch, Delete operation
	}
	Components struct {
		Examples map[string]struct{ Value any }
	}
}

type operation struct {
	OperationID string `yaml:"operationId"`
	RequestBody struct{ Content media }
	Responses   map[string]struct{ Content media }
}

// media is the examples of a body, by its media type and their name.
type media map[string]struct {
	Examples map[string]struct {
		Ref string `yaml:"$ref"`
	}
}

// byHand are the operations that are no JSON.
var byHand = map[string]bool{
	"followEvents": true, "uploadFile": true, "putFile": true, "readFile": true, "getDocument": true, "showDocs": true,
	"getDocsFile": true, "logOutByPing": true,
}

// Every example of the document is what the client's own type reads and writes, field by field.
func TestTheClientKnowsEveryFieldOfTheDocument(t *testing.T) {
	text, err := os.ReadFile("../service.api/openapi/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc document
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.AllowDuplicateMapKey()).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, p := range doc.Paths {
		for _, o := range []operation{p.Get, p.Post, p.Put, p.Patch, p.Delete} {
			if o.OperationID == "" || byHand[o.OperationID] {
				continue
			}
			method := methodOf(t, o.OperationID)
			for name, example := range o.Responses["200"].Content["application/json"].Examples {
				if method.Type.NumOut() == 2 {
					wantSame(t, name, method.Type.Out(0), doc.Components.Examples[path.Base(example.Ref)].Value)
					looked++
				}
			}
			for name, example := range o.RequestBody.Content["application/json"].Examples {
				body := method.Type.In(method.Type.NumIn() - 2) // Before the options.
				wantSame(t, name, body, doc.Components.Examples[path.Base(example.Ref)].Value)
				looked++
			}
		}
	}
	if looked < 25 {
		t.Errorf("there were only %d examples", looked)
	}
}

func methodOf(t *testing.T, operation string) reflect.Method {
	t.Helper()
	for m := range reflect.TypeFor[*Client]().Methods() {
		if strings.EqualFold(m.Name, operation) {
			return m
		}
	}
	t.Fatalf("the client cannot %s", operation)
	return reflect.Method{}
}

func wantSame(t *testing.T, name string, kind reflect.Type, example any) {
	t.Helper()
	text, err := json.Marshal(example)
	if err != nil || example == nil {
		t.Fatalf("there is no example %s: %v", name, err)
	}
	into := reflect.New(kind)
	strict := json.NewDecoder(bytes.NewReader(text))
	strict.DisallowUnknownFields()
	if err := strict.Decode(into.Interface()); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	again, err := json.Marshal(into.Interface())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plain(t, text), plain(t, again)); diff != "" {
		t.Errorf("%s is written otherwise than it was read:\n%s", name, diff)
	}
}

// plain is JSON as values, with times as what they mean and without empty texts: one that may be left out is.
func plain(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return simplified(v)
}

func simplified(v any) any {
	switch v := v.(type) {
	case string:
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return at.Format(time.RFC3339Nano)
		}
	case []any:
		for i, each := range v {
			v[i] = simplified(each)
		}
	case map[string]any:
		for key, each := range v {
			v[key] = simplified(each)
			if each == "" {
				delete(v, key)
			}
		}
	}
	return v
}
