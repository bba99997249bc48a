package main

import (
	"context"
	"maps"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/pkg/foundation"
)

func (p *program) run() *cobra.Command {
	return &cobra.Command{
		Use:   "run SERVICE",
		Short: "Run one service in this process, as the settings in the environment say",
		Long: "Run runs one service by itself until it is interrupted, as the program of its own folder does. Settings\n" +
			"(FARTHING_STORE, FARTHING_CASSANDRA, FARTHING_NATS, FARTHING_LISTEN, FARTHING_PEERS, FARTHING_DOORS …) say\n" +
			"what it stands on and where its peers are; docs/shapes.md lists them. Once it is ready it prints a line of\n" +
			"JSON.",
		Example: "  FARTHING_PEERS='dns:///s-{name}:8080' FARTHING_CASSANDRA=10.0.0.1:9042 \\\n" +
			"    FARTHING_NATS=nats://10.0.0.9:4222 FARTHING_LISTEN=:8080 farthing run service.balance",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return names(bank.Services()), cobra.ShellCompDirectiveNoFileComp
		},
		Args: arguments("SERVICE"),
		RunE: func(c *cobra.Command, args []string) error { return p.runRun(c.Context(), args[0]) },
	}
}

func (p *program) runRun(ctx context.Context, name string) error {
	for _, service := range bank.Services() {
		if service.Name == name || service.Name == "service."+name {
			collectLess()
			return foundation.Run(ctx, []foundation.Service{service}, settings(), p.screen, p.errors)
		}
	}
	return usage("there is no service %q; those that there are: %s", name, strings.Join(names(bank.Services()), ", "))
}

// settings are those of services: FARTHING_DATA is the commands' own.
func settings() map[string]string {
	all := foundation.SettingsFrom(os.Environ())
	maps.DeleteFunc(all, func(name, _ string) bool { return name == "FARTHING_DATA" })
	return all
}
