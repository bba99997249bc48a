package main

import (
	"os"
	"testing"
	"testing/fstest"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

func TestTheDocumentIsWhatGenerateMakes(t *testing.T) {
	made, err := bundle(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(committed), string(made)); diff != "" {
		t.Fatalf("openapi.yaml is not current (run make generate, commit the result):\n%s", diff)
	}
}

func TestTheBundleHasAllThatItsPartsHave(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	made, err := bundle(fstest.MapFS{
		"root.yaml": file("# A frame.\nopenapi: 3.1.0\ninfo:\n  title: A\ncomponents:\n  schemas:\n    A: {}\n"),
		"areas/a.yaml": file("# An area.\npaths:\n  # A remark.\n  /a: {}\ncomponents:\n" +
			"  schemas:\n    B:\n      type: object\n\n  examples:\n    C: {}\n"),
		"areas/b.yaml": file("paths:\n  /b: {}\nwebhooks:\n  c: {}\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `openapi: 3.1.0
info: {title: A}
paths: {/a: {}, /b: {}}
webhooks: {c: {}}
components: {schemas: {A: {}, B: {type: object}}, examples: {C: {}}}
`
	if diff := cmp.Diff(read(t, []byte(want)), read(t, made)); diff != "" {
		t.Fatalf("the bundle differs:\n%s\n%s", diff, made)
	}
	if _, err := bundle(fstest.MapFS{"root.yaml": file(""), "areas/a.yaml": file("info: {}\n")}); err == nil {
		t.Error("an area that says what the root says was taken")
	}
}

// read fails on what is given twice, too.
func read(t *testing.T, text []byte) any {
	t.Helper()
	var out any
	if err := yaml.Unmarshal(text, &out); err != nil {
		t.Fatalf("the bundle cannot be read: %v", err)
	}
	return out
}
