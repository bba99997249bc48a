package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// head says what the bundle is.
const head = `# Generated from root.yaml and areas/ by "make generate". DO NOT EDIT.
`

// merged are the sections to which each area adds, in the order in which they stand. Of components each kind is one.
var merged = []string{"paths", "webhooks", "components"}

// section is a key of a file, and the lines below it as they are written, comments included.
type section struct {
	key   string
	lines []string
}

// bundle is the one document of a folder: the root's sections as they are, and below paths, webhooks and each kind of
// component what the root and the areas have, in the order of their names. Text is moved and never rewritten, so that
// the document reads as it was written.
func bundle(folder fs.FS) ([]byte, error) {
	areas, err := fs.Glob(folder, "areas/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("listing the areas: %w", err)
	}
	slices.Sort(areas)
	var root []section
	parts := make(map[string][]string)
	kinds := make(map[string][]string)
	var order []string // Of kinds, as they first come.
	for _, name := range append([]string{"root.yaml"}, areas...) {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, fmt.Errorf("reading a part: %w", err)
		}
		for _, each := range split(strings.Split(string(text), "\n"), "") {
			switch {
			case each.key == "components":
				for _, kind := range split(each.lines, "  ") {
					if kinds[kind.key] == nil {
						order = append(order, kind.key)
					}
					kinds[kind.key] = append(kinds[kind.key], kind.lines...)
				}
			case slices.Contains(merged, each.key):
				parts[each.key] = append(parts[each.key], each.lines...)
			case name == "root.yaml":
				root = append(root, each)
			default:
				return nil, fmt.Errorf("%s has '%s', which is the root's", name, each.key)
			}
		}
	}
	for _, kind := range order {
		parts["components"] = append(parts["components"], "  "+kind+":")
		parts["components"] = append(parts["components"], kinds[kind]...)
	}
	return write(root, parts), nil
}

// split takes lines apart at the keys that stand at an indentation. Comments before the first key are the file's own.
func split(lines []string, indentation string) []section {
	var out []section
	for _, line := range lines {
		text, here := strings.CutPrefix(line, indentation)
		switch {
		case strings.TrimSpace(line) == "":
			if len(out) > 0 && len(out[len(out)-1].lines) > 0 {
				out[len(out)-1].lines = append(out[len(out)-1].lines, "")
			}
		case here && text[0] != ' ' && text[0] != '#' && text[0] != '-':
			key, rest, _ := strings.Cut(text, ":")
			out = append(out, section{key: key})
			if rest != "" {
				out[len(out)-1].lines = []string{line}
			}
		case len(out) > 0:
			out[len(out)-1].lines = append(out[len(out)-1].lines, line)
		}
	}
	for i := range out {
		for n := len(out[i].lines); n > 0 && out[i].lines[n-1] == ""; n-- {
			out[i].lines = out[i].lines[:n-1]
		}
	}
	return out
}

func write(root []section, parts map[string][]string) []byte {
	var out bytes.Buffer
	out.WriteString(head)
	for _, each := range root {
		if len(each.lines) == 0 || !strings.HasPrefix(each.lines[0], each.key+":") {
			fmt.Fprintln(&out, each.key+":")
		}
		fmt.Fprintln(&out, strings.Join(each.lines, "\n"))
	}
	for _, key := range merged {
		fmt.Fprintln(&out, key+":")
		fmt.Fprintln(&out, strings.Join(parts[key], "\n"))
	}
	return out.Bytes()
}
