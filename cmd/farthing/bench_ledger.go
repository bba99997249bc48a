package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bench/holds"
	"farthing/cmd/farthing/bench/loop"
	"farthing/cmd/farthing/bench/rawstore"
	"farthing/pkg/store"
)

// ledgerFlags are the flags of bench ledger.
type ledgerFlags struct {
	accounts, callers, seconds int
	cassandra                  []string
}

func (p *program) benchLedger() *cobra.Command {
	var f ledgerFlags
	command := &cobra.Command{
		Use:   "ledger",
		Short: "Measure the holds of the ledger alone",
		Long: "Ledger runs service.balance alone in this process, and holds a penny on its accounts in turn, each caller\n" +
			"one at a time. A hold counts when it is answered: durable, and on its way to a bus where nobody subscribes.\n\n" +
			"With --accounts 1 all meet on one hot account, and share its writes.\n\n" +
			"Bus and tables are in a temporary folder (TMPDIR), gone afterwards. With --cassandra the tables are in the\n" +
			"keyspace bench_balance, which is made unless it is there already, with one copy of everything, and stays.",
		Example: "  farthing bench ledger\n" +
			"  farthing bench ledger --accounts 1 --seconds 5 -o json\n" +
			"  farthing bench ledger --accounts 1000 --cassandra 127.0.0.1:9042",
		Args: arguments(),
		RunE: func(c *cobra.Command, _ []string) error { return p.runBenchLedger(c.Context(), f) },
	}
	flags := command.Flags()
	flags.IntVar(&f.accounts, "accounts", 10_000, "how many accounts to hold on")
	flags.IntVar(&f.callers, "callers", 64, "how many hold at once")
	flags.IntVar(&f.seconds, "seconds", 10, "how long to hold")
	cassandraFlag(command, &f.cassandra)
	return command
}

func (f ledgerFlags) check() error {
	return checkBounds(
		benchBound{"accounts", f.accounts, 1, benchAccountsMax},
		benchBound{"callers", f.callers, 1, benchConcurrencyMax},
		benchBound{"seconds", f.seconds, 1, benchSecondsMax},
	)
}

func (p *program) runBenchLedger(ctx context.Context, f ledgerFlags) (err error) {
	if err := f.check(); err != nil {
		return err
	}
	collectLess() // As the bank does.
	tables, name := store.Store(nil), "pebble"
	if len(f.cassandra) > 0 {
		cluster, err := rawstore.OpenEngine(f.cassandra, "") //nolint:contextcheck // It lives until Close.
		if err != nil {
			return badHosts(f.cassandra, err)
		}
		defer func() { err = errors.Join(err, cluster.Close()) }()
		tables, name = cluster, cluster.Name
	}
	report, err := measureHolds(ctx, tables, f)
	if err != nil {
		return err
	}
	if p.json() {
		return p.print(ledgerReport{name, *report})
	}
	return p.showTable(func(table io.Writer) {
		fmt.Fprintf(table, "ledger\t%s, %d callers, %d accounts\n", name, report.Callers, report.Accounts)
		showLoop(table, "holds", &report.Result)
		fmt.Fprintf(table, "writes\t%.1f holds in each\n", report.EntriesPerWrite)
		fmt.Fprintf(table, "published\t%d when the last hold was answered\n", report.Told)
	})
}

// ledgerReport is what bench ledger prints as JSON.
type ledgerReport struct {
	Engine string `json:"engine"`
	holds.Report
}

func measureHolds(ctx context.Context, tables store.Store, f ledgerFlags) (report *holds.Report, err error) {
	ledger, err := holds.Start(ctx, tables)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, ledger.Stop(ctx)) }()
	accounts, err := ledger.Accounts(ctx, f.accounts)
	if err != nil {
		return nil, err
	}
	load := loop.Load{Workers: f.callers, Time: time.Duration(f.seconds) * time.Second}
	report, err = ledger.Run(ctx, accounts, load)
	if err == nil && report.Done == 0 {
		err = fmt.Errorf("nothing was held; the first failure: %s", report.FirstFailure)
	}
	return report, err
}
