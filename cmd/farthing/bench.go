package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/bench"
	"farthing/cmd/farthing/bench/loop"
	"farthing/pkg/foundation"
)

// benchFlags are the flags of bench.
type benchFlags struct {
	rate, concurrency, seconds, accounts int
	inProcess, againstStore              bool
}

func (p *program) bench() *cobra.Command {
	var f benchFlags
	command := &cobra.Command{
		Use:   "bench",
		Short: "Measure swipes from the card edge to the phone",
		Long: "Bench makes accounts of its own in the bank that runs, swipes their cards through the card edge, and waits\n" +
			"until every swipe is in its feed and on its phone.\n\n" +
			"With --rate it begins that many swipes a second whatever becomes of those before (open loop), and counts each\n" +
			"latency from when its swipe was due; with --concurrency it keeps that many under way (closed loop).\n\n" +
			"With --against-store it takes turns: conditional writes straight to the bank's kind of store, as 'bench store'\n" +
			"does, then swipes, then both again; each of the four for --seconds.",
		Example: "  farthing bench                             # as fast as 32 at once can go, for 10 s\n" +
			"  farthing bench --rate 500 --seconds 30 -o json\n" +
			"  farthing bench --in-process                # in a bank of its own, without a network at the card edge\n" +
			"  farthing bench --against-store --seconds 5 # beside what the store itself can do",
		Args: arguments(),
		RunE: func(c *cobra.Command, _ []string) error { return p.runBench(c.Context(), f) },
	}
	flags := command.Flags()
	flags.IntVar(&f.rate, "rate", 0, "swipes begun a second")
	flags.IntVar(&f.concurrency, "concurrency", 32, "swipes at once, if there is no --rate")
	flags.IntVar(&f.seconds, "seconds", 10, "how long to swipe")
	flags.IntVar(&f.accounts, "accounts", 1_000, "how many accounts to spread the swipes over")
	flags.BoolVar(&f.inProcess, "in-process", false, "measure a bank of its own, in this process and in an empty folder")
	flags.BoolVar(&f.againstStore, "against-store", false, "take turns with the store itself")
	command.MarkFlagsMutuallyExclusive("rate", "concurrency")
	command.AddCommand(p.benchStore(), p.benchLedger(), p.benchAPI())
	return command
}

// The most that bench takes.
const (
	benchRateMax        = 100_000
	benchConcurrencyMax = 4_096
	benchSecondsMax     = 3_600
	benchAccountsMax    = 100_000
)

// benchBound is what a flag may be.
type benchBound struct {
	name               string
	value, least, most int
}

func checkBounds(flags ...benchBound) error {
	for _, flag := range flags {
		if flag.value < flag.least || flag.value > flag.most {
			return usage("--%s must be from %d to %d", flag.name, flag.least, flag.most)
		}
	}
	return nil
}

func (f benchFlags) check() error {
	return checkBounds(
		benchBound{"rate", f.rate, 0, benchRateMax},
		benchBound{"concurrency", f.concurrency, 1, benchConcurrencyMax},
		benchBound{"seconds", f.seconds, 1, benchSecondsMax},
		benchBound{"accounts", f.accounts, 1, benchAccountsMax},
	)
}

func (f benchFlags) time() time.Duration { return time.Duration(f.seconds) * time.Second }

func (p *program) runBench(ctx context.Context, f benchFlags) (err error) {
	if err := f.check(); err != nil {
		return err
	}
	target, stop, err := p.benchTarget(ctx, f.inProcess)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	swipes := func(ctx context.Context) (*bench.Report, error) {
		return bench.Run(ctx, target.Target, f.accounts, loop.Of(f.rate, f.concurrency, f.time()))
	}
	if f.againstStore {
		return p.runAgainstStore(ctx, f, target, swipes)
	}
	report, err := swipes(ctx)
	if err != nil {
		return err
	}
	if p.json() {
		return p.print(report)
	}
	return p.showBench(report)
}

// benchTarget is a bank to measure, and what is known of its store.
type benchTarget struct {
	bench.Target
	api       string   // The base address of its public API.
	folder    string   // On the disk that the bank is on.
	cassandra []string // Where its tables are, if they are not on that disk.
}

// benchTarget is the bank that runs, or one that lives as long as the measurement.
func (p *program) benchTarget(ctx context.Context, inProcess bool) (benchTarget, func() error, error) {
	if !inProcess {
		n, err := bank.Find(ctx, p.folder())
		target := bench.Target{CardEdge: n.CardEdge, Admin: n.Admin}
		return benchTarget{target, n.API, p.data, n.Cassandra}, func() error { return nil }, err
	}
	folder, err := os.MkdirTemp("", "farthing-bench-")
	if err != nil {
		return benchTarget{}, nil, err
	}
	own, err := bank.Up(ctx, bank.Options{
		Folder: bank.Folder(folder), Host: "127.0.0.1", Empty: true, Log: slog.New(slog.DiscardHandler),
		Settings: map[string]string{"FARTHING_API_ADDRESS_RATE": strconv.Itoa(benchRateMax)},
	})
	if err != nil {
		return benchTarget{}, nil, errors.Join(err, os.RemoveAll(folder))
	}
	edge, _ := own.HTTP(foundation.CardEdge)
	admin, _ := own.HTTP(foundation.Admin)
	stop := func() error { return errors.Join(own.Stop(context.WithoutCancel(ctx)), os.RemoveAll(folder)) }
	target := bench.Target{CardEdgeHandler: edge, AdminHandler: admin}
	return benchTarget{Target: target, api: own.Notice.API, folder: folder}, stop, nil
}

func (p *program) showBench(r *bench.Report) error {
	table := tabwriter.NewWriter(p.screen, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "approved\t%d in %.1f s\n", r.Approved, r.Seconds)
	fmt.Fprintf(table, "declined, failed\t%d, %d\n", r.Declined, r.Failed)
	if r.FirstFailure != "" {
		fmt.Fprintf(table, "first failure\t%s\n", r.FirstFailure)
	}
	fmt.Fprintf(table, "answered\t%.0f/s\n", r.PerSecond)
	fmt.Fprintf(table, "end to end\t%.0f/s, caught up after %.0f ms\n", r.EndToEnd, r.CatchUpMillis)
	fmt.Fprintf(table, "latency\tp50 %.2f ms, p90 %.2f ms, p99 %.2f ms, max %.2f ms\n",
		r.P50Millis, r.P90Millis, r.P99Millis, r.MaxMillis)
	fmt.Fprintf(table, "feed lag\tp99 at most %.0f ms\n", r.FeedLagP99Millis)
	fmt.Fprintf(table, "push lag\tp99 at most %.0f ms\n", r.PushLagP99Millis)
	return table.Flush()
}
