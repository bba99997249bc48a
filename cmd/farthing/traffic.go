package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/bench"
	"farthing/cmd/farthing/cardline"
	"farthing/cmd/farthing/traffic"
	"farthing/service.card-api/iso8583"
)

// trafficFlags are the flags of traffic.
type trafficFlags struct {
	rate, seconds, connections, outstanding, accounts int
	seed                                              uint64
	encoding                                          string
	mix                                               traffic.Mix
}

func (p *program) traffic() *cobra.Command {
	var f trafficFlags
	command := &cobra.Command{
		Use:   "traffic",
		Short: "Play a card network, in ISO 8583",
		Long: "Traffic makes accounts of its own in the bank that runs, and sends messages about their cards at a rate,\n" +
			"many of them outstanding on several connections: authorisations, and what else the shares say, drawn from\n" +
			"the seed.\n\n" +
			"It reports answers by type and response code, latencies from when each message was due, and repeats that were\n" +
			"answered differently from the first time, of which there must be none: then the exit code is 1.",
		Example: "  farthing traffic\n" +
			"  farthing traffic --rate 500 --seconds 60 --encoding binary --repeats 20 -o json",
		Args: arguments(),
		RunE: func(c *cobra.Command, _ []string) error { return p.runTraffic(c.Context(), f) },
	}
	flags := command.Flags()
	flags.IntVar(&f.rate, "rate", 100, "messages begun a second")
	flags.IntVar(&f.seconds, "seconds", 10, "for how long")
	flags.IntVar(&f.connections, "connections", 4, "how many connections")
	flags.IntVar(&f.outstanding, "outstanding", 100, "messages without an answer on each, at most")
	flags.IntVar(&f.accounts, "accounts", 100, "how many accounts to spread the messages over")
	flags.Uint64Var(&f.seed, "seed", 1, "what to draw the messages from")
	addEncoding(command, &f.encoding)
	flags.IntVar(&f.mix.Reversals, "reversals", 8, "of a hundred messages (0420)")
	flags.IntVar(&f.mix.Collections, "collections", 20, "of a hundred messages (0220)")
	flags.IntVar(&f.mix.Sales, "sales", 10, "of a hundred messages: authorised and collected at once (0200)")
	flags.IntVar(&f.mix.Advices, "advices", 4, "of a hundred messages: somebody stood in (0120)")
	flags.IntVar(&f.mix.Inquiries, "inquiries", 2, "of a hundred messages: what is there? (0100)")
	flags.IntVar(&f.mix.Refunds, "refunds", 2, "of a hundred messages (0200)")
	flags.IntVar(&f.mix.Repeats, "repeats", 8, "of a hundred messages: one from before, again")
	return command
}

func (f trafficFlags) check() error {
	const all = 100
	if err := checkBounds(
		benchBound{"rate", f.rate, 1, benchRateMax}, benchBound{"seconds", f.seconds, 1, benchSecondsMax},
		benchBound{"connections", f.connections, 1, benchConcurrencyMax},
		benchBound{"outstanding", f.outstanding, 1, benchConcurrencyMax},
		benchBound{"accounts", f.accounts, 1, benchAccountsMax},
		benchBound{"reversals", f.mix.Reversals, 0, all}, benchBound{"collections", f.mix.Collections, 0, all},
		benchBound{"sales", f.mix.Sales, 0, all}, benchBound{"advices", f.mix.Advices, 0, all},
		benchBound{"inquiries", f.mix.Inquiries, 0, all}, benchBound{"refunds", f.mix.Refunds, 0, all},
		benchBound{"repeats", f.mix.Repeats, 0, all},
	); err != nil {
		return err
	}
	if f.mix.Sum() > all {
		return usage("the shares of --reversals, --collections, --sales, --advices, --inquiries, --refunds and --repeats " +
			"are more than 100 in sum")
	}
	return nil
}

func (p *program) runTraffic(ctx context.Context, f trafficFlags) (err error) {
	if err := f.check(); err != nil {
		return err
	}
	encoding, err := encodingOf(f.encoding)
	if err != nil {
		return err
	}
	n, err := bank.Find(ctx, p.folder())
	if err != nil {
		return err
	}
	cards, err := bench.Cards(ctx, n.Admin, f.accounts)
	if err != nil {
		return err
	}
	lines, err := openLines(ctx, n.ISO8583, encoding, f.connections)
	defer func() { err = errors.Join(err, closeLines(lines)) }()
	if err != nil {
		return err
	}
	report, err := traffic.Run(ctx, lines, cards, traffic.Load{
		Rate: f.rate, Time: time.Duration(f.seconds) * time.Second, Outstanding: f.outstanding, Seed: f.seed, Mix: f.mix,
	})
	if err != nil {
		return err
	}
	return p.showTraffic(report)
}

func openLines(ctx context.Context, address string, encoding iso8583.Encoding, count int) ([]*cardline.Line, error) {
	lines := make([]*cardline.Line, 0, count)
	for range count {
		line, err := cardline.Dial(ctx, address, encoding)
		if err != nil {
			return lines, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func closeLines(lines []*cardline.Line) error {
	var problems []error
	for _, line := range lines {
		problems = append(problems, line.Close())
	}
	return errors.Join(problems...)
}

func (p *program) showTraffic(r *traffic.Report) error {
	if err := p.printTraffic(r); err != nil {
		return err
	}
	if r.Changed > 0 {
		return fmt.Errorf("%d repeats were answered differently from the first time", r.Changed)
	}
	return nil
}

func (p *program) printTraffic(r *traffic.Report) error {
	if p.json() {
		return p.print(r)
	}
	table := tabwriter.NewWriter(p.screen, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "sent\t%d in %.1f s\n", r.Sent, r.Seconds)
	for _, answer := range slices.Sorted(maps.Keys(r.Answers)) {
		fmt.Fprintf(table, "%s\t%d\n", answer, r.Answers[answer])
	}
	fmt.Fprintf(table, "unanswered\t%d\n", r.Unanswered)
	if r.FirstFailure != "" {
		fmt.Fprintf(table, "first failure\t%s\n", r.FirstFailure)
	}
	fmt.Fprintf(table, "answered\t%.0f/s\n", r.PerSecond)
	fmt.Fprintf(table, "latency\tp50 %.2f ms, p90 %.2f ms, p99 %.2f ms, max %.2f ms\n",
		r.P50Millis, r.P90Millis, r.P99Millis, r.MaxMillis)
	return table.Flush()
}
