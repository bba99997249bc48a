//go:build verify

package planted

import (
	"bytes"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// overlaid is the repository's root, and an overlay with every bug in it.
func overlaid(t *testing.T) (root, overlay string) {
	t.Helper()
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	if overlay, err = Overlay(root, t.TempDir(), Bugs()); err != nil {
		t.Fatal(err)
	}
	return root, overlay
}

func TestEveryPlantedBugIsFound(t *testing.T) {
	root, overlay := overlaid(t)
	for _, bug := range Bugs() {
		t.Run(bug.Name, func(t *testing.T) {
			output, passed := run(t, root, bug.Package, bug.Test, "-overlay", overlay, "-tags", bug.Tag())
			if passed || !bytes.Contains(output, []byte("--- FAIL: ")) { // It may not build.
				t.Errorf("%s does not find that %s:\n%s", bug.Test, bug.Breaks, output)
			}
		})
	}
}

// TestWithoutABugTheSameTestsPass is the control: the same files, and no tag.
func TestWithoutABugTheSameTestsPass(t *testing.T) {
	root, overlay := overlaid(t)
	tests := make(map[string][]string)
	for _, bug := range Bugs() {
		tests[bug.Package] = append(tests[bug.Package], bug.Test)
	}
	for _, folder := range slices.Sorted(maps.Keys(tests)) {
		t.Run(folder, func(t *testing.T) {
			if output, passed := run(t, root, folder, strings.Join(tests[folder], "|"), "-overlay", overlay); !passed {
				t.Errorf("it fails without a bug:\n%s", output)
			}
		})
	}
}

// run runs tests of a package, and tells what they say and whether they pass. There must be one.
func run(t *testing.T, root, folder, tests string, flags ...string) ([]byte, bool) {
	t.Helper()
	arguments := append([]string{"test", "-vet=off", "-count=1", "-run", tests}, flags...)
	command := exec.CommandContext(t.Context(), "go", append(arguments, "./"+folder)...)
	command.Dir, command.Env = root, append(command.Environ(), "RAPID_NOFAILFILE=true") // What it finds is no news.
	output, err := command.CombinedOutput()
	if bytes.Contains(output, []byte("no tests to run")) {
		t.Fatalf("%s has no test %s", folder, tests)
	}
	return output, err == nil
}
