package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/scenario"
	"farthing/pkg/day"
	"farthing/pkg/foundation"
)

func (p *program) clock() *cobra.Command {
	moves := &cobra.Command{
		Use: "clock", Short: "Show the bank's time, move it forward", Args: cobra.NoArgs,
		Long: "The bank has a time of its own, the same in all of its services. In development it can be moved forward,\n" +
			"and never back: holds expire, the customer's day turns, what is due gets done. It stays where it was moved to,\n" +
			"over restarts, and runs on from there.",
	}
	show := &cobra.Command{
		Use: "show", Short: "Show the bank's time", Args: arguments(), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error { return p.runClock(c.Context(), nil) },
	}
	moves.AddCommand(show, p.clockAdvance())
	return moves
}

func (p *program) clockAdvance() *cobra.Command {
	var to string
	advance := &cobra.Command{
		Use:   "advance [DURATION]",
		Short: "Move the bank's time forward, for ever",
		Long: "Advance moves the bank's time forward by weeks, days of 24 hours, hours, minutes and seconds, or to a\n" +
			"time. It returns when all services have it; what is due is done in the seconds after.",
		Example: "  farthing clock advance 8d\n  farthing clock advance 1d12h\n" +
			"  farthing clock advance --to 2026-12-24T18:00:00Z",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			target, err := targetOf(args, to)
			if err != nil {
				return err
			}
			return p.runClock(c.Context(), target)
		},
	}
	advance.Flags().StringVar(&to, "to", "", "a time as in RFC 3339, instead of a duration")
	return advance
}

// target is how far ahead time is to be, given what it is.
type target func(is foundation.Time) time.Duration

func targetOf(args []string, to string) (target, error) {
	switch {
	case (len(args) == 0) == (to == ""):
		return nil, usage("advance wants DURATION, or --to and a time")
	case to != "":
		at, err := time.Parse(time.RFC3339, to)
		if err != nil {
			return nil, usage("--to must be a time as in 2026-12-24T18:00:00Z, not %q", to)
		}
		return func(is foundation.Time) time.Duration { return is.Ahead + at.Sub(is.Now) }, nil
	}
	by, err := scenario.ParseDuration(args[0])
	if err != nil {
		return nil, usageError{err}
	}
	return func(is foundation.Time) time.Duration { return is.Ahead + by }, nil
}

// runClock moves the clock, if there is a target, and shows it.
func (p *program) runClock(ctx context.Context, to target) error {
	n, err := bank.Find(ctx, p.folder())
	if err != nil {
		return err
	}
	var told foundation.Time
	if err := admin(ctx, n, foundation.ClockPath, &told); err != nil {
		return err
	}
	if to != nil {
		move := bank.ClockMove{Ahead: to(told)}
		if err := operate(ctx, n, http.MethodPost, foundation.ClockPath, move, &told); err != nil {
			return err
		}
	}
	if p.json() {
		return p.print(told)
	}
	london, err := day.London()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.screen, "%s in London%s\n", told.Now.In(london).Format("Monday 2 January 2006 15:04:05"),
		aheadText(told.Ahead))
	return err
}

func aheadText(ahead time.Duration) string {
	if ahead <= 0 {
		return ""
	}
	const oneDay = 24 * time.Hour
	ahead = ahead.Round(time.Second)
	return fmt.Sprintf(", %dd%v ahead of the machine", ahead/oneDay, ahead%oneDay)
}
