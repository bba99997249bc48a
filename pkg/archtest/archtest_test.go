package archtest

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestTheRepositoryKeepsItsArrows(t *testing.T) {
	edges, err := Walk(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	// A walk that finds nothing would prove nothing: this package's own imports are always there.
	own := Edge{From: "farthing/pkg/archtest", To: "io/fs"}
	if !slices.Contains(edges, own) {
		t.Fatalf("the walk found %d imports, but not that %s imports %s", len(edges), own.From, own.To)
	}
	for _, offence := range Broken(edges) {
		t.Error(offence)
	}
}

func TestAPlantedOffenceIsFound(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     string // A part of the rule's sentence.
	}{
		{"farthing/pkg/rpc", "farthing/service.balance/proto", "pkg imports no service"},
		{"farthing/pkg/foundation", "farthing/cmd/farthing", "pkg imports no command"},
		{"farthing/client", "farthing/service.balance/proto", "client imports nothing"},
		{"farthing/client", "farthing/cmd/farthing/web", "client imports nothing"},
		{"farthing/service.api/handler", "farthing/client", "import client"},
		{"farthing/service.cards/handler", "farthing/service.balance/logic", "only its proto"},
		{"farthing/service.cards", "farthing/service.balance/handler", "only its proto"},
		{"farthing/service.card-api/handler", "farthing/service.card-processing/handler", "only its proto"},
		{"farthing/service.cards/handler", "farthing/service.card/protocol", "only its proto"},
		{"farthing/service.cards/handler", "farthing/cmd/farthing/bench", "a service imports no command"},
		{"farthing/service.balance/proto", "farthing/service.balance/logic", "proto imports nothing"},
		{"farthing/service.balance/logic", "farthing/service.balance/storage", "neither handler nor storage"},
		{"farthing/service.balance/logic", "farthing/service.balance/handler", "neither handler nor storage"},
		{"farthing/service.balance/storage", "farthing/service.balance/handler", "storage imports no handler"},
		{"farthing/service.balance/logic", "google.golang.org/grpc/status", "no transport"},
		{"farthing/service.balance/logic/limits", "net/http", "no transport"},
		{"farthing/service.balance/logic", "github.com/prometheus/client_golang/prometheus", "no transport"},
		{"farthing/service.balance/logic", "farthing/pkg/rpc", "no transport"},
		{"farthing/service.balance/storage", "github.com/gocql/gocql", "only pkg/store/cassandra"},
		{"farthing/pkg/store", "github.com/gocql/gocql", "only pkg/store/cassandra"},
		{"farthing/pkg/store", "github.com/cockroachdb/pebble/v2", "know Pebble"},
	} {
		t.Run(c.from+" imports "+c.to, func(t *testing.T) {
			offences := Broken([]Edge{{From: c.from, To: c.to}})
			if len(offences) != 1 || !strings.Contains(offences[0], c.want) {
				t.Fatalf("got %q, want one offence that says %q", offences, c.want)
			}
		})
	}
}

func TestAnAllowedImportIsNoOffence(t *testing.T) {
	for _, e := range []Edge{
		{From: "farthing/client", To: "farthing/pkg/clock"},
		{From: "farthing/cmd/farthing", To: "farthing/client"},
		{From: "farthing/cmd/farthing", To: "farthing/service.balance/handler"},
		{From: "farthing/e2e", To: "farthing/service.balance/handler"},
		{From: "farthing/service.cards/handler", To: "farthing/service.balance/proto"},
		{From: "farthing/service.cards/handler", To: "farthing/service.cards/storage"},
		{From: "farthing/service.balance/storage", To: "farthing/service.balance/logic"},
		{From: "farthing/service.balance/logic", To: "farthing/pkg/money"},
		{From: "farthing/service.balance/logic", To: "net/httpx"},
		{From: "farthing/service.balance/handler", To: "google.golang.org/grpc"},
		{From: "farthing/service.api/handler", To: "farthing/service.api/webhooks"},
		{From: "farthing/pkg/store/cassandra", To: "github.com/gocql/gocql"},
		{From: "farthing/pkg/events/embedded", To: "github.com/cockroachdb/pebble/v2"},
		{From: "farthing/service.balance/storage", To: "github.com/cockroachdb/pebble/v2/vfs", Test: true},
	} {
		if offences := Broken([]Edge{e}); len(offences) > 0 {
			t.Errorf("got %q, want none", offences)
		}
	}
}

func TestTheWalkSeesTestsAndTagsButNoOtherModule(t *testing.T) {
	got, err := Walk(fstest.MapFS{
		"go.mod":                 file("module farthing"),
		"pkg/a/a.go":             file("package a\nimport \"fmt\""),
		"pkg/a/a_test.go":        file("package a_test\nimport \"testing\""),
		"pkg/a/a_linux.go":       file("//go:build never\n\npackage a\nimport \"os\""),
		"pkg/a/README.md":        file("import nothing"),
		"pkg/a/testdata/bad.go":  file("package bad\nimport \"bad\""),
		".farthing/generated.go": file("package bad\nimport \"bad\""),
		"tools/go.mod":           file("module farthing/tools"),
		"tools/tools.go":         file("package bad\nimport \"bad\""),
	})
	want := []Edge{
		{From: "farthing/pkg/a", To: "fmt"},
		{From: "farthing/pkg/a", To: "os"},
		{From: "farthing/pkg/a", To: "testing", Test: true},
	}
	byTarget := cmpopts.SortSlices(func(a, b Edge) bool { return a.To < b.To })
	if diff := cmp.Diff(want, got, byTarget); err != nil || diff != "" {
		t.Fatalf("walking: %v\n%s", err, diff)
	}
}

func TestAFileThatDoesNotParseIsAnError(t *testing.T) {
	if _, err := Walk(fstest.MapFS{"a.go": file("package")}); err == nil {
		t.Fatal("got no error for a file without a package name")
	}
}

func file(text string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(text)}
}
