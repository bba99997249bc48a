package main

import (
	"context"
	"fmt"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/pkg/money"
	cardprocessingproto "farthing/service.card-processing/proto"
)

func (p *program) standIn() *cobra.Command {
	var days int
	show := &cobra.Command{
		Use:   "stand-in",
		Short: "Show which payments were approved while the ledger was away",
		Long: "When the ledger cannot answer in time, a policy approves small payments in its place, one for each card\n" +
			"and day. They are posted when it is back, whatever there is. Stand-in shows the policy and what it approved.\n" +
			"FARTHING_CARD_PROCESSING_STAND_IN_MINOR sets how much that may be; below zero is nothing.",
		Example:           "  farthing stand-in\n  farthing stand-in --days 31 -o json",
		Args:              arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(c *cobra.Command, _ []string) error { return p.runStandIn(c.Context(), days) },
	}
	show.Flags().IntVar(&days, "days", 7, "of so many days, today among them")
	return show
}

func (p *program) runStandIn(ctx context.Context, days int) error {
	n, err := bank.Find(ctx, p.folder())
	if err != nil {
		return err
	}
	var found cardprocessingproto.StandIns
	if err := admin(ctx, n, cardprocessingproto.StandInsPath+"?days="+strconv.Itoa(days), &found); err != nil {
		return err
	}
	if p.json() {
		return p.print(found)
	}
	fmt.Fprintln(p.screen, "While the ledger is away a payment is approved if all of this is so:")
	for _, rule := range found.Rules {
		fmt.Fprintf(p.screen, "  %s\n", rule)
	}
	if len(found.StandIns) == 0 {
		fmt.Fprintf(p.screen, "Nothing was approved so in the last %d days.\n", days)
		return nil
	}
	table := tabwriter.NewWriter(p.screen, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "WHEN\tAUTHORISATION\tCARD\tAMOUNT\tIN THE LEDGER")
	for _, s := range found.StandIns {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", s.At.Local().Format("2006-01-02 15:04:05"), s.AuthorisationID, s.CardID,
			money.Amount{Minor: s.Amount, Currency: s.Currency}.Grouped(), postedText(s))
	}
	return table.Flush()
}

func postedText(s cardprocessingproto.StandInView) string {
	switch s.PostedAs {
	case "":
		return "not yet"
	case s.AuthorisationID:
		return "yes"
	}
	return "as " + s.PostedAs
}
