package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/pkg/foundation"
	"farthing/pkg/store"
)

// clusterFlags say where a cluster is, and how it is used.
type clusterFlags struct{ site foundation.Site }

func (f *clusterFlags) add(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&f.site.Cassandra, "cassandra", "", "host:port of some nodes of a Cassandra, with commas between")
	flags.StringVar(&f.site.Datacentre, "datacentre", "", "the Cassandra data centre to ask first, if there are several")
	flags.StringVar(&f.site.Replication, "replication", "", "copies in each data centre for new keyspaces: dc1=3,dc2=3")
	flags.StringVar(&f.site.Prefix, "prefix", "", "put before the names of keyspaces and streams, to share a cluster")
}

func (f *clusterFlags) addNATS(command *cobra.Command) {
	flags, site := command.Flags(), &f.site
	flags.StringVar(&site.NATS, "nats", "", "URLs of NATS servers, with commas between; the bank's own if not given")
	flags.StringVar(&site.NATSToken, "nats-token-file", "", "a file with the token that these servers want")
	flags.StringVar(&site.NATSMonitor, "nats-monitor", "", "URL of a NATS server's monitoring port, to read how it syncs")
	flags.IntVar(&site.NATSReplicas, "nats-replicas", 1, "how many NATS servers keep each event")
	flags.BoolVar(&site.AllowUnsafe, "allow-unsafe", false, "start on servers that may lose acknowledged writes")
}

// prefixPattern leaves room for the longest name that a prefix is put before.
var prefixPattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,19}$`)

// check refuses what no cluster can be asked for, before one is.
func (f *clusterFlags) check() error {
	site := f.site
	for _, each := range []struct{ flag, value, wants, wanted string }{
		{"--datacentre", site.Datacentre, "--cassandra", site.Cassandra},
		{"--replication", site.Replication, "--cassandra", site.Cassandra},
		{"--prefix", site.Prefix, "--cassandra", site.Cassandra},
		{"--nats-token-file", site.NATSToken, "--nats", site.NATS},
		{"--nats-monitor", site.NATSMonitor, "--nats", site.NATS},
	} {
		if each.value != "" && each.wanted == "" {
			return usage("%s wants %s", each.flag, each.wants)
		}
	}
	if site.Prefix != "" && !prefixPattern.MatchString(site.Prefix) {
		return usage("--prefix must be 1 to 20 lower case letters, digits and underscores, a letter first, "+
			"not %q", site.Prefix)
	}
	if site.Cassandra == "" {
		return nil
	}
	cluster, err := site.OpenCassandra(slog.New(slog.DiscardHandler)) // It connects when it is first asked.
	if err != nil {
		return usageError{err}
	}
	return cluster.Close()
}

func (p *program) migrate() *cobra.Command {
	var f clusterFlags
	var check bool
	command := &cobra.Command{
		Use:   "migrate [SERVICE]",
		Short: "Bring a cluster's schemas up to what the services declare",
		Long: "Migrate creates keyspaces, tables and columns that are not there yet, before the services of this release\n" +
			"are deployed; it can be repeated. It drops and changes nothing: a key or a type that changed is refused,\n" +
			"naming the table. With --check it changes nothing, and ends with 1 if something is lacking.",
		Example: "  farthing migrate --cassandra 10.0.0.1:9042 --replication dc1=3\n" +
			"  farthing migrate --check --cassandra 10.0.0.1:9042\n  farthing migrate service.balance --cassandra 10.0.0.1:9042",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("migrate wants one SERVICE, or none")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return p.runMigrate(c.Context(), f.site, check, args) },
	}
	f.add(command)
	command.Flags().BoolVar(&check, "check", false, "change nothing; say what is lacking")
	return command
}

func (p *program) runMigrate(ctx context.Context, site foundation.Site, check bool, args []string) error {
	if site.Cassandra == "" {
		return usage("--cassandra must name a node: embedded stores are migrated by 'farthing up'")
	}
	if err := (&clusterFlags{site}).check(); err != nil {
		return err
	}
	services, err := chosen(args)
	if err != nil {
		return err
	}
	cluster, err := site.OpenCassandra(slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	if check {
		err = checkAll(ctx, cluster, services)
	} else {
		err = foundation.Migrate(ctx, cluster, services)
	}
	if err = errors.Join(err, cluster.Close()); err != nil {
		return reason(err)
	}
	if p.json() {
		return p.print(names(services))
	}
	_, err = fmt.Fprintf(p.screen, "%d keyspaces are as their services declare them\n", len(services))
	return err
}

func checkAll(ctx context.Context, cluster store.Store, services []foundation.Service) error {
	for _, s := range services {
		if err := cluster.Check(ctx, s.Schema); err != nil {
			return fmt.Errorf("%s: %w", s.Name, reason(err))
		}
	}
	return nil
}

// reason is what an operator needs to hear of a store's error, which a customer would not.
func reason(err error) error {
	for _, kind := range []error{store.ErrInvalid, store.ErrUnavailable, store.ErrUnknown} {
		if errors.Is(err, kind) {
			return errors.New(err.Error())
		}
	}
	return err
}

// chosen is the service that was named, or all that keep something.
func chosen(args []string) ([]foundation.Service, error) {
	if len(args) == 0 {
		return bank.Stateful(), nil
	}
	for _, s := range bank.Stateful() {
		if args[0] == s.Name || "service."+args[0] == s.Name {
			return []foundation.Service{s}, nil
		}
	}
	return nil, usage("no service %q keeps anything", args[0])
}
