package archtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
)

// listed is what `go list -json` tells of a package, as far as it matters here.
type listed struct {
	ImportPath   string
	Imports      []string
	TestImports  []string // Of _test.go files in the package itself.
	XTestImports []string // Of _test.go files in package x_test.
}

// Walk lists every import in the module that dir lies in, those of tests included. It needs the go command.
func Walk(ctx context.Context, dir string) ([]Edge, error) {
	list := exec.CommandContext(ctx, "go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", module+"...")
	list.Dir = dir
	var failure bytes.Buffer
	list.Stderr = &failure
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("listing the packages: %w: %s", err, failure.String())
	}
	return edges(bytes.NewReader(out))
}

// edges reads the JSON objects of `go list`, one after the other.
func edges(list io.Reader) ([]Edge, error) {
	var all []Edge
	for decoder := json.NewDecoder(list); ; {
		var pkg listed
		switch err := decoder.Decode(&pkg); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("reading the list of packages: %w", err)
		}
		all = append(all, pkg.edges()...)
	}
}

func (p listed) edges() []Edge {
	all := make([]Edge, 0, len(p.Imports)+len(p.TestImports)+len(p.XTestImports))
	for _, to := range p.Imports {
		all = append(all, Edge{From: p.ImportPath, To: to})
	}
	for _, to := range append(p.TestImports, p.XTestImports...) {
		all = append(all, Edge{From: p.ImportPath, To: to, Test: true})
	}
	return all
}
