package main

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/pkg/foundation"
)

func (p *program) ps() *cobra.Command {
	return &cobra.Command{
		Use:   "ps",
		Short: "Show the processes of the bank",
		Long: "Ps shows what runs: each process with its state, how long it has run, how often it was started again, and\n" +
			"where its own admin door is.",
		Example:           "  farthing ps\n  farthing ps -o json",
		Args:              arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(c *cobra.Command, _ []string) error { return p.runPs(c.Context()) },
	}
}

func (p *program) runPs(ctx context.Context) error {
	n, err := bank.Find(ctx, p.folder())
	if err != nil {
		return err
	}
	var found struct {
		Processes []foundation.Status `json:"processes"`
	}
	if err := admin(ctx, n, "/processes", &found); err != nil {
		return err
	}
	if p.json() {
		return p.print(found.Processes)
	}
	table := tabwriter.NewWriter(p.screen, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PROCESS\tPID\tSTATE\tUP\tRESTARTS\tADMIN")
	for _, each := range found.Processes {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\n", each.Name, pid(each.PID), each.State,
			time.Duration(each.UpSeconds)*time.Second, each.Restarts, cmp.Or(each.Admin, "-"))
	}
	return table.Flush()
}

func pid(n int) string {
	if n == 0 {
		return "-"
	}
	return strconv.Itoa(n)
}
