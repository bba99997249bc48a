package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/pkg/foundation"
	"farthing/pkg/store/cassandra"
)

func (p *program) schema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema [SERVICE]",
		Short: "Print the tables of all services, or of one, in CQL",
		Long: "Schema prints what creates each service's keyspace and tables in Cassandra. The embedded store keeps the\n" +
			"same tables. No bank needs to be running.",
		Example: "  farthing schema\n  farthing schema service.balance\n  farthing schema -o json",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return names(bank.Stateful()), cobra.ShellCompDirectiveNoFileComp
		},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("schema wants one SERVICE, or none")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return p.runSchema(args) },
	}
}

func names(services []foundation.Service) []string {
	all := make([]string, len(services))
	for i, s := range services {
		all[i] = s.Name
	}
	return all
}

// schemaOf is a service's tables.
type schemaOf struct {
	Service    string   `json:"service"`
	Keyspace   string   `json:"keyspace"`
	Statements []string `json:"statements"`
}

func (p *program) runSchema(args []string) error {
	schemas := make([]schemaOf, 0, len(args))
	for _, s := range bank.Stateful() {
		if len(args) == 0 || args[0] == s.Name || "service."+args[0] == s.Name {
			schemas = append(schemas, schemaOf{
				s.Name, s.Schema.Keyspace, cassandra.CQL(s.Schema, cassandra.Replication{}),
			})
		}
	}
	switch {
	case len(schemas) == 0:
		return usage("no service %q keeps anything; those that do are %s",
			args[0], strings.Join(names(bank.Stateful()), ", "))
	case p.json():
		return p.print(schemas)
	}
	for _, s := range schemas {
		fmt.Fprintf(p.screen, "-- %s\n%s;\n\n", s.Service, strings.Join(s.Statements, ";\n"))
	}
	return nil
}
