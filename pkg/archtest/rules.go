// Package archtest proves the arrows between the folders of this repository: who may import whom. It holds no code
// that runs in the bank; its test walks every package of the module, tests included.
package archtest

import (
	"path"
	"slices"
	"strings"
)

const module = "farthing/"

// Edge is one import: package From names package To. Both are import paths.
type Edge struct {
	From, To string
	// Test is whether only a _test.go file of From imports To.
	Test bool
}

// outside is what logic knows nothing of: how it is called, measured and stored.
var outside = []string{
	"farthing/pkg/edge",
	"farthing/pkg/rpc",
	"github.com/cockroachdb/pebble",
	"github.com/gocql/gocql",
	"github.com/prometheus",
	"google.golang.org/grpc",
	"net/http",
}

// rule is one arrow that must not be drawn.
type rule struct {
	says    string
	forbids func(Edge) bool
}

var rules = []rule{
	{"pkg imports no service", func(e Edge) bool {
		return under(e.From, "pkg") && service(e.To) != ""
	}},
	{"pkg imports no command", func(e Edge) bool {
		return under(e.From, "pkg") && under(e.To, "cmd")
	}},
	{"client imports nothing of this repository but pkg", func(e Edge) bool {
		return under(e.From, "client") && strings.HasPrefix(e.To, module) && !under(e.To, "pkg") && !under(e.To, "client")
	}},
	{"only commands and tests of the whole bank import client", func(e Edge) bool {
		return under(e.To, "client") && !under(e.From, "client") && !under(e.From, "cmd") && !under(e.From, "e2e")
	}},
	{"a service imports of another only its proto", func(e Edge) bool {
		from, to := service(e.From), service(e.To)
		return from != "" && to != "" && from != to && layer(e.To) != "proto"
	}},
	{"a service imports no command", func(e Edge) bool {
		return service(e.From) != "" && under(e.To, "cmd")
	}},
	{"proto imports nothing of its service", func(e Edge) bool {
		return layer(e.From) == "proto" && sameService(e) && layer(e.To) != "proto"
	}},
	{"logic imports neither handler nor storage", func(e Edge) bool {
		return layer(e.From) == "logic" && sameService(e) && in(layer(e.To), "handler", "storage")
	}},
	{"storage imports no handler", func(e Edge) bool {
		return layer(e.From) == "storage" && sameService(e) && layer(e.To) == "handler"
	}},
	{"logic imports no transport, no metrics and no engine", func(e Edge) bool {
		return layer(e.From) == "logic" && anyUnder(e.To, outside...)
	}},
	{"only pkg/store/cassandra knows the Cassandra driver", func(e Edge) bool {
		return anyUnder(e.To, "github.com/gocql/gocql") && !under(e.From, "pkg/store/cassandra")
	}},
	{"only pkg/events/jetstream knows NATS", func(e Edge) bool {
		return anyUnder(e.To, "github.com/nats-io") && !under(e.From, "pkg/events/jetstream")
	}},
	{"only pkg/store/pebble and pkg/events/embedded know Pebble", func(e Edge) bool {
		return anyUnder(e.To, "github.com/cockroachdb/pebble") && !e.Test &&
			!under(e.From, "pkg/store/pebble") && !under(e.From, "pkg/events/embedded")
	}},
}

// Broken answers what the rules forbid among edges, one sentence for each offence, in the order of edges.
func Broken(edges []Edge) []string {
	var offences []string
	for _, e := range edges {
		for _, r := range rules {
			if r.forbids(e) {
				offences = append(offences, e.From+" imports "+e.To+": "+r.says)
			}
		}
	}
	return offences
}

// service is the service that a package belongs to, such as "service.balance", or "" outside all services.
func service(pkg string) string {
	rest, ok := strings.CutPrefix(pkg, module)
	if !ok || !strings.HasPrefix(rest, "service.") {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// layer is the folder of a service that a package lies in, such as "handler"; "" outside all services and for main.
func layer(pkg string) string {
	name := service(pkg)
	if name == "" {
		return ""
	}
	folder, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(pkg, module+name), "/"), "/")
	return folder
}

func sameService(e Edge) bool {
	return service(e.From) != "" && service(e.From) == service(e.To)
}

// under is whether a package of this module lies in folder or below it.
func under(pkg, folder string) bool {
	return anyUnder(pkg, path.Join(module, folder))
}

// anyUnder is whether a package is one of roots or lies below one. Roots end where a name does: a root of
// "net/http" holds "net/http/pprof" but not "net/httpx".
func anyUnder(pkg string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return pkg == root || strings.HasPrefix(pkg, root+"/")
	})
}

func in(name string, names ...string) bool {
	return slices.Contains(names, name)
}
