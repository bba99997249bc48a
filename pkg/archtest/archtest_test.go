package archtest

import (
	"slices"
	"strings"
	"testing"
)

func TestTheRepositoryKeepsItsArrows(t *testing.T) {
	edges, err := Walk(t.Context(), "../..")
	if err != nil {
		t.Fatal(err)
	}
	// A walk that finds nothing would prove nothing: this package's own imports are always there.
	own := Edge{From: "farthing/pkg/archtest", To: "encoding/json"}
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

func TestImportsOfTestsAreWalkedToo(t *testing.T) {
	got, err := edges(strings.NewReader(`
		{"ImportPath": "a", "Imports": ["b"], "TestImports": ["c"]}
		{"ImportPath": "d", "XTestImports": ["e"]}`))
	want := []Edge{{From: "a", To: "b"}, {From: "a", To: "c", Test: true}, {From: "d", To: "e", Test: true}}
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("got %v, %v, want %v", got, err, want)
	}
}

func TestABrokenListIsAnError(t *testing.T) {
	if _, err := edges(strings.NewReader(`{"ImportPath": `)); err == nil {
		t.Fatal("got no error for a list that ends in the middle")
	}
}
