package planted

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const repository = "../.."

func TestEveryBugCanBePlanted(t *testing.T) {
	if n := len(Bugs()); n < 15 {
		t.Errorf("there are %d bugs, and no more", n)
	}
	names := make(map[string]bool)
	for _, bug := range Bugs() {
		if names[bug.Name] {
			t.Errorf("two bugs are called %s", bug.Name)
		}
		names[bug.Name] = true
	}
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Overlay(root, t.TempDir(), Bugs()); err != nil {
		t.Error(err)
	}
}

func TestABugWhoseCodeHasChangedIsRefused(t *testing.T) {
	bug := Bug{Name: "none", File: "x.go", Was: "a + b", Is: "a - b"}
	for _, source := range []string{"a * b", "a + b; a + b"} {
		if _, err := bug.Plant(source); err == nil {
			t.Errorf("it was planted in %q", source)
		}
	}
}

// testsOf are the tests of a package by name.
func testsOf(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(repository, folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(text), -1) {
			names = append(names, found[1])
		}
	}
	return names
}

func TestEveryBugNamesTestsThatThereAre(t *testing.T) {
	for _, bug := range Bugs() {
		if name, _, _ := strings.Cut(bug.Test, "/"); !slices.Contains(testsOf(t, bug.Package), name) {
			t.Errorf("%s is to be found by %s, which %s has not", bug.Name, bug.Test, bug.Package)
		}
	}
}

func TestTheDocumentationListsEveryBug(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(repository, "docs/testing.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, bug := range Bugs() {
		if row := rowOf(bug); !strings.Contains(string(page), row) {
			t.Errorf("docs/testing.md lacks this row:\n%s", row)
		}
	}
}

// rowOf is a bug as the documentation lists it.
func rowOf(b Bug) string {
	return fmt.Sprintf("| `%s` | %s | `%s`: %s |", b.Name, b.Breaks, b.Package, b.Test)
}
