package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bench"
	"farthing/cmd/farthing/bench/loop"
	"farthing/cmd/farthing/bench/rawstore"
)

// storeFlags are the flags of bench store.
type storeFlags struct {
	clients, accounts, seconds int
	cassandra                  []string
}

func (p *program) benchStore() *cobra.Command {
	var f storeFlags
	command := &cobra.Command{
		Use:   "store",
		Short: "Measure the conditional writes of the store alone",
		Long: "Store measures how many conditional writes a second the store does with no service before it. Each has the\n" +
			"shape of the ledger's hold: the account's state on the condition of its version, an entry, and a row by id on\n" +
			"the condition that it is new. Each account belongs to one client, so that no two writes contend.\n\n" +
			"The embedded store is in a temporary folder (TMPDIR), gone afterwards. On Cassandra the keyspace\n" +
			"bench_rawstore is made unless it is there already, with one copy of everything, and stays.",
		Example: "  farthing bench store\n" +
			"  farthing bench store --cassandra 127.0.0.1:9042 --clients 128 --seconds 5 -o json",
		Args: arguments(),
		RunE: func(c *cobra.Command, _ []string) error { return p.runBenchStore(c.Context(), f) },
	}
	flags := command.Flags()
	flags.IntVar(&f.clients, "clients", storeClients, "how many write at once; at most as many as accounts")
	flags.IntVar(&f.accounts, "accounts", 1_000, "how many accounts to write to")
	flags.IntVar(&f.seconds, "seconds", 10, "how long to write")
	cassandraFlag(command, &f.cassandra)
	return command
}

// storeClients are enough for a store to show what it can do.
const storeClients = 64

func cassandraFlag(command *cobra.Command, into *[]string) {
	command.Flags().StringSliceVar(into, "cassandra", nil,
		"HOST:PORT of some nodes of a cluster; the embedded store if not given")
}

func (f storeFlags) check() error {
	if err := checkBounds(
		benchBound{"accounts", f.accounts, 1, benchAccountsMax},
		benchBound{"clients", f.clients, 1, benchConcurrencyMax},
		benchBound{"seconds", f.seconds, 1, benchSecondsMax},
	); err != nil {
		return err
	}
	if f.clients > f.accounts {
		return usage("--clients must be at most --accounts: each account belongs to one client")
	}
	return nil
}

// storeReport is what bench store prints.
type storeReport struct {
	Engine   string `json:"engine"`
	Clients  int    `json:"clients"`
	Accounts int    `json:"accounts"`
	loop.Result
}

func (p *program) runBenchStore(ctx context.Context, f storeFlags) (err error) {
	if err := f.check(); err != nil {
		return err
	}
	collectLess() // As the bank does.
	engine, raw, err := openRaw(ctx, f, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	result := raw.Run(ctx, loop.Load{Time: time.Duration(f.seconds) * time.Second})
	if result.Done == 0 {
		return fmt.Errorf("nothing was written; the first failure: %s", result.FirstFailure)
	}
	if p.json() {
		return p.print(storeReport{engine.Name, f.clients, f.accounts, *result})
	}
	return p.showTable(func(table io.Writer) {
		fmt.Fprintf(table, "store\t%s, %d clients, %d accounts\n", engine.Name, f.clients, f.accounts)
		showLoop(table, "conditional writes", result)
	})
}

// openRaw opens a store and the accounts in it. An embedded one is in a fresh folder below parent.
func openRaw(ctx context.Context, f storeFlags, parent string) (*rawstore.Engine, *rawstore.Bench, error) {
	engine, err := rawstore.OpenEngine(f.cassandra, parent) //nolint:contextcheck // It lives until Close.
	if err != nil {
		return nil, nil, badHosts(f.cassandra, err)
	}
	raw, err := rawstore.Open(ctx, engine, f.clients, f.accounts)
	if err != nil {
		return nil, nil, errors.Join(err, engine.Close())
	}
	return engine, raw, nil
}

// badHosts is why an engine cannot be opened: with addresses, only because of them.
func badHosts(hosts []string, err error) error {
	if len(hosts) > 0 {
		return usage("--cassandra: %w", err)
	}
	return err
}

// againstTurns are enough to see whether the turns agree.
const againstTurns = 2

// runAgainstStore takes turns with the store that the bank is on: the cluster, or an embedded one on the same disk.
func (p *program) runAgainstStore(
	ctx context.Context, f benchFlags, on benchTarget, swipes func(context.Context) (*bench.Report, error),
) (err error) {
	clients := max(storeClients, f.concurrency)
	asked := storeFlags{clients: clients, accounts: max(clients, f.accounts), cassandra: on.cassandra}
	engine, raw, err := openRaw(ctx, asked, on.folder)
	if err != nil {
		return fmt.Errorf("opening the store to compare with: %w", err)
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	write := func(ctx context.Context) *loop.Result { return raw.Run(ctx, loop.Load{Time: f.time()}) }
	compared, err := bench.Against(ctx, againstTurns, write, swipes)
	if err != nil {
		return err
	}
	compared.Engine = engine.Name
	if p.json() {
		return p.print(compared)
	}
	return p.showAgainst(compared)
}

func (p *program) showAgainst(c *bench.Comparison) error {
	return p.showTable(func(table io.Writer) {
		for i, turn := range c.Turns {
			fmt.Fprintf(table, "turn %d\t%.0f conditional writes/s, then %.0f swipes/s end to end (%.0f/s answered)\n",
				i+1, turn.Store.PerSecond, turn.Swipes.EndToEnd, turn.Swipes.PerSecond)
		}
		fmt.Fprintf(table, "store\t%.0f conditional writes/s on %s\n", c.StorePerSecond, c.Engine)
		fmt.Fprintf(table, "swipes\t%.0f/s end to end, %.3f of the store's rate\n", c.SwipesPerSecond, c.Ratio)
		if c.WritesPerSwipe > 0 {
			fmt.Fprintf(table, "a swipe\t%.2f conditional writes\n", c.WritesPerSwipe)
		}
	})
}

// showTable prints lines of two columns, a tab between them.
func (p *program) showTable(lines func(io.Writer)) error {
	table := tabwriter.NewWriter(p.screen, 0, 0, 2, ' ', 0)
	lines(table)
	return table.Flush()
}

// showLoop is a loop's result as lines of a table.
func showLoop(table io.Writer, what string, r *loop.Result) {
	fmt.Fprintf(table, "%s\t%.0f/s, %d in %.1f s\n", what, r.PerSecond, r.Done, r.Seconds)
	if r.Failed > 0 {
		fmt.Fprintf(table, "failed\t%d, the first: %s\n", r.Failed, r.FirstFailure)
	}
	fmt.Fprintf(table, "latency\tp50 %.2f ms, p90 %.2f ms, p99 %.2f ms, max %.2f ms\n",
		r.P50Millis, r.P90Millis, r.P99Millis, r.MaxMillis)
}
