package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bench"
	"farthing/cmd/farthing/bench/api"
	"farthing/cmd/farthing/bench/loop"
	"farthing/cmd/farthing/development"
	"farthing/pkg/clock"
)

// apiFlags are the flags of bench api.
type apiFlags struct {
	rate, concurrency, seconds, customers, streams int
	inProcess                                      bool
}

const benchEvents = "events"

func (p *program) benchAPI() *cobra.Command {
	var f apiFlags
	kinds := append(slices.Sorted(maps.Keys(api.Routes())), benchEvents)
	command := &cobra.Command{
		Use:   "api [" + strings.Join(kinds, "|") + "]",
		Short: "Measure the public API",
		Long: "Api makes customers with thirty transactions each in the bank that runs, and reads their balances or\n" +
			"lists of transactions. With --rate it begins that many requests a second whatever becomes of those before\n" +
			"(open loop); with --concurrency it keeps that many under way (closed loop).\n\n" +
			"Of events it opens --streams streams, pays with the customers' cards, one at a time, and tells how long it\n" +
			"took from the beginning of a swipe until the last of its customer's streams had told of it.\n\n" +
			"A bank lets an address ask only so often: start it with FARTHING_API_ADDRESS_RATE=1000000.",
		Example: "  farthing bench api balance\n" +
			"  farthing bench api transactions --rate 1500 --seconds 30 -o json\n" +
			"  farthing bench api events --streams 5000\n" +
			"  farthing bench api --in-process            # in a bank of its own, in this process",
		Args: cobra.MaximumNArgs(1), ValidArgs: kinds,
		RunE: func(c *cobra.Command, args []string) error {
			kind := append(args, "balance")[0]
			if !slices.Contains(kinds, kind) {
				return usage("bench api measures %s, not %q", strings.Join(kinds, ", "), kind)
			}
			return p.runBenchAPI(c.Context(), f, kind)
		},
	}
	flags := command.Flags()
	flags.IntVar(&f.rate, "rate", 0, "requests begun a second")
	flags.IntVar(&f.concurrency, "concurrency", 32, "requests at once, if there is no --rate")
	flags.IntVar(&f.seconds, "seconds", 10, "how long to ask")
	flags.IntVar(&f.customers, "customers", 100, "how many customers to ask about")
	flags.IntVar(&f.streams, "streams", 5_000, "how many streams of events to open")
	flags.BoolVar(&f.inProcess, "in-process", false, "measure a bank of its own, in this process and in an empty folder")
	command.MarkFlagsMutuallyExclusive("rate", "concurrency")
	return command
}

const (
	benchAPICustomersMax = 10_000
	benchStreamsMax      = 100_000
)

func (f apiFlags) check() error {
	return checkBounds(
		benchBound{"rate", f.rate, 0, benchRateMax},
		benchBound{"concurrency", f.concurrency, 1, benchConcurrencyMax},
		benchBound{"seconds", f.seconds, 1, benchSecondsMax},
		benchBound{"customers", f.customers, 1, benchAPICustomersMax},
		benchBound{"streams", f.streams, f.customers, benchStreamsMax},
	)
}

func (f apiFlags) time() time.Duration { return time.Duration(f.seconds) * time.Second }

// apiReport is what bench api prints.
type apiReport struct {
	Kind    string `json:"kind"`
	Streams int    `json:"streams,omitempty"`
	// OpenSeconds is how long it took to open them.
	OpenSeconds float64 `json:"open_seconds,omitempty"`
	// Resident is the bank's memory while they are open, if it is one process.
	Resident int64 `json:"resident_bytes,omitempty"`
	loop.Result
}

func (p *program) runBenchAPI(ctx context.Context, f apiFlags, kind string) (err error) {
	if err := f.check(); err != nil {
		return err
	}
	target, stop, err := p.benchTarget(ctx, f.inProcess)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	measured := api.Bank{Target: target.Target, API: target.api}
	people, err := api.Prepare(ctx, measured, f.customers)
	if err != nil {
		return err
	}
	report := apiReport{Kind: kind}
	if kind == benchEvents {
		err = report.follow(ctx, measured, people, f)
	} else {
		err = report.read(ctx, measured, people, f)
	}
	if err != nil {
		return err
	}
	if report.Done == 0 {
		return fmt.Errorf("nothing was answered; the first failure: %s", report.FirstFailure)
	}
	if p.json() {
		return p.print(report)
	}
	return p.showTable(func(table io.Writer) { report.show(table) })
}

func (r *apiReport) read(ctx context.Context, measured api.Bank, people []development.Person, f apiFlags) error {
	result, err := api.Read(ctx, loop.Of(f.rate, f.concurrency, f.time()), measured.API, people, api.Routes()[r.Kind])
	if err == nil {
		r.Result = *result
	}
	return err
}

// follow opens the streams and pays, one swipe at a time, unless there is a rate.
func (r *apiReport) follow(ctx context.Context, measured api.Bank, people []development.Person, f apiFlags) error {
	watch := clock.Start()
	streams, err := api.Open(ctx, measured, people, f.streams/f.customers)
	if err != nil {
		return err
	}
	defer streams.Close()
	r.Streams, r.OpenSeconds = f.streams/f.customers*f.customers, watch.Elapsed().Seconds()
	if r.Resident, err = bench.Resident(ctx, measured.Target); err != nil {
		return err
	}
	result, err := streams.Pay(ctx, loop.Load{Workers: 1, Time: f.time()})
	if err == nil {
		r.Result = *result
	}
	return err
}

func (r *apiReport) show(table io.Writer) {
	what := r.Kind
	if r.Kind == benchEvents {
		what = "swipes told of"
		fmt.Fprintf(table, "streams\t%d, opened in %.1f s\n", r.Streams, r.OpenSeconds)
		fmt.Fprintf(table, "memory of the bank\t%d MiB\n", r.Resident>>20)
	}
	showLoop(table, what, &r.Result)
}
