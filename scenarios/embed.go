// Package scenarios holds the stories of an account's life that `farthing scenario` plays: see README.md.
package scenarios

import "embed"

// Files is the stories, one YAML file each.
//
//go:embed *.yaml
var Files embed.FS
