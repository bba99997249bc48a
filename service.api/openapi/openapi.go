// Package openapi is the document of the public API, and the page that shows it. It is written by hand, in root.yaml
// and areas/; openapi.yaml is made of them.
package openapi

import (
	_ "embed"
	"slices"
)

//go:generate go run ./generate

//go:embed openapi.yaml
var document []byte

// Document is the document, in YAML.
func Document() []byte { return slices.Clone(document) }
