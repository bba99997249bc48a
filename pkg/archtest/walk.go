package archtest

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Walk lists every import in the module whose root is root, those of tests and of every build tag included. It
// reads the files itself: the result of a test that asks the go command instead would be cached past a change.
func Walk(root fs.FS) ([]Edge, error) {
	var edges []Edge
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && elsewhere(root, name):
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		found, err := importsOf(root, name)
		edges = append(edges, found...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("walking the module: %w", err)
	}
	return edges, nil
}

// elsewhere is whether the go command would not look for packages of this module in dir.
func elsewhere(root fs.FS, dir string) bool {
	if dir == "." {
		return false
	}
	if base := path.Base(dir); base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return true
	}
	_, err := fs.Stat(root, path.Join(dir, "go.mod"))
	return err == nil // A module of its own.
}

func importsOf(root fs.FS, name string) ([]Edge, error) {
	source, err := fs.ReadFile(root, name)
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	edges := make([]Edge, 0, len(file.Imports))
	for _, spec := range file.Imports {
		to, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: import %s: %w", name, spec.Path.Value, err)
		}
		edges = append(edges, Edge{
			From: path.Join(module, path.Dir(name)),
			To:   to,
			Test: strings.HasSuffix(name, "_test.go"),
		})
	}
	return edges, nil
}
