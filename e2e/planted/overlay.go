// Package planted is bugs of the kind that such systems have, one behind each build tag, and the tests that must find
// them. The code that is built usually has neither the bugs nor a branch for them: they come in by an overlay.
package planted

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Bug is one fault, in one file, and the test that must fail because of it.
type Bug struct {
	Name   string // Its build tag is planted_NAME.
	Breaks string // What is wrong then, in words.

	File    string // From the root of the repository.
	Was, Is string // Was is there exactly once.

	Package string // From the root of the repository.
	Test    string // As go test -run takes it.
}

// Tag is the build tag that plants a bug.
func (b Bug) Tag() string { return "planted_" + b.Name }

// Plant is a source file with the bug in it. It fails if what the bug replaces is not there once.
func (b Bug) Plant(source string) (string, error) {
	if n := strings.Count(source, b.Was); n != 1 {
		return "", fmt.Errorf("%s has what %s replaces %d times, not once", b.File, b.Name, n)
	}
	return strings.Replace(source, b.Was, b.Is, 1), nil
}

// Overlay writes into a folder what `go build -overlay` needs to build a repository with bugs behind their tags, and
// answers the path of its file. Without a tag it builds what is there. Bugs of one file are planted one at a time.
func Overlay(repository, folder string, bugs []Bug) (string, error) {
	o := overlay{folder: folder, Replace: make(map[string]string)}
	byFile := make(map[string][]Bug)
	for _, bug := range bugs {
		byFile[bug.File] = append(byFile[bug.File], bug)
	}
	for file, planted := range byFile {
		if err := o.add(filepath.Join(repository, file), planted); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(o)
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "overlay.json")
	return path, os.WriteFile(path, text, 0o600)
}

// overlay is such a file: which files stand for which.
type overlay struct {
	folder  string
	Replace map[string]string
}

// add has a file built only where none of its bugs is wanted, and beside it one with each bug where that is.
func (o *overlay) add(path string, bugs []Bug) error {
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	absent := make([]string, len(bugs))
	for i, bug := range bugs {
		absent[i] = "!" + bug.Tag()
		faulty, err := bug.Plant(string(source))
		if err != nil {
			return err
		}
		beside := filepath.Join(filepath.Dir(path), "bug_of_"+bug.Name+"_planted.go")
		if err := o.put(beside, bug.Tag(), faulty); err != nil {
			return err
		}
	}
	return o.put(path, strings.Join(absent, " && "), string(source))
}

func (o *overlay) put(path, constraint, source string) error {
	instead := filepath.Join(o.folder, fmt.Sprintf("%d.go", len(o.Replace)))
	o.Replace[path] = instead
	text := []byte("//go:build " + constraint + "\n\n" + source)
	return os.WriteFile(instead, text, 0o600) //nolint:gosec // It is a number in the caller's own folder.
}
