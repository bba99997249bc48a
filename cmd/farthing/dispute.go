package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/terminal"
	"farthing/pkg/money"
	cardprocessingproto "farthing/service.card-processing/proto"
)

func (p *program) dispute() *cobra.Command {
	dispute := &cobra.Command{
		Use: "dispute", Short: "Open a dispute of a payment, and take it to its end", Args: cobra.NoArgs,
		Long: "A dispute is that a customer says that what was collected is wrong. While it is open the customer can be\n" +
			"credited. Won, the scheme pays; lost, a credit is taken back.\n\n" +
			"ID is a dispute's (dsp_…), or the transaction's of a payment with one dispute only.",
	}
	dispute.AddCommand(p.openDisputeCommand(), p.listDisputesCommand(), p.showDisputeCommand(),
		p.stepCommand("credit", "Give the customer the money while it is not decided"),
		p.stepCommand("won", "Decide it for the customer: the scheme pays"),
		p.stepCommand("lost", "Decide it for the merchant: a credit is taken back"))
	return dispute
}

func (p *program) openDisputeCommand() *cobra.Command {
	var o cardprocessingproto.Opening
	currency := ""
	open := &cobra.Command{
		Use: "open TRANSACTION [AMOUNT]", Short: "Open a dispute of what was collected, or of some of it",
		Example: "  farthing dispute open tx_00008zIcpb1TB4yeIFXMzx 3.50 --reason not_received",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 2 {
				return nil
			}
			return arguments("TRANSACTION")(c, args)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			if o.TransactionID = args[0]; len(args) > 1 {
				amount, err := amountOf(args[1], currency)
				if err != nil {
					return err
				}
				o.Amount = &cardprocessingproto.Amount{Minor: amount.Minor, Currency: amount.Currency}
			}
			return p.runOpenDispute(c.Context(), o)
		},
	}
	flags := open.Flags()
	flags.StringVar(&o.Reason, "reason", "other",
		"fraud, not_received, not_as_described, duplicate, cancelled, wrong_amount or other")
	flags.StringVar(&o.DedupeID, "id", "", "an id of yours: a repeat of it shows the dispute that was opened")
	flags.StringVar(&o.By, "by", os.Getenv("USER"), "who opens it")
	flags.StringVar(&o.Note, "note", "", "what there is to say")
	flags.StringVar(&currency, "currency", "GBP", "the currency of AMOUNT, an ISO 4217 code")
	open.SetFlagErrorFunc(explainFlag)
	return open
}

func (p *program) runOpenDispute(ctx context.Context, o cardprocessingproto.Opening) error {
	if o.By == "" {
		o.By = "operator"
	}
	if o.DedupeID == "" {
		o.DedupeID = rand.Text()
	}
	var found cardprocessingproto.DisputeView
	if err := p.operate(ctx, http.MethodPost, cardprocessingproto.DisputesPath, o, &found); err != nil {
		return err
	}
	return p.showDispute(found)
}

func (p *program) listDisputesCommand() *cobra.Command {
	var f listFlags
	list := &cobra.Command{
		Use: "list", Short: "List disputes, the newest first", Args: arguments(), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error { return p.runListDisputes(c.Context(), f) },
	}
	f.add(list, "closed", "those that are decided instead")
	return list
}

func (p *program) runListDisputes(ctx context.Context, f listFlags) error {
	var found cardprocessingproto.DisputeList
	if err := p.operate(ctx, http.MethodGet, cardprocessingproto.DisputesPath+f.query(), nil, &found); err != nil {
		return err
	}
	if p.json() {
		return p.print(found.Disputes)
	}
	if len(found.Disputes) == 0 {
		_, err := fmt.Fprintln(p.screen, "no disputes")
		return err
	}
	table := tabwriter.NewWriter(p.screen, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tSTATUS\tREASON\tAMOUNT\tWHO\tSINCE")
	for _, d := range found.Disputes {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", d.ID, d.Status, spaced(d.Reason), grouped(&d.Amount),
			terminal.Visible(d.Descriptor), d.Steps[0].At.Local().Format("2006-01-02 15:04"))
	}
	return table.Flush()
}

func disputePath(id string) string {
	return cardprocessingproto.DisputesPath + "/" + url.PathEscape(id)
}

func (p *program) showDisputeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show a dispute and its steps", Args: arguments("ID"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			var found cardprocessingproto.DisputeView
			if err := p.operate(c.Context(), http.MethodGet, disputePath(args[0]), nil, &found); err != nil {
				return err
			}
			return p.showDispute(found)
		},
	}
}

func (p *program) stepCommand(step, short string) *cobra.Command {
	var s cardprocessingproto.Step
	c := &cobra.Command{
		Use: step + " ID", Short: short, Args: arguments("ID"), ValidArgsFunction: cobra.NoFileCompletions,
		Example: "  farthing dispute " + step + " dsp_00008zIcpb1TB4yeIFXMzx",
		RunE: func(c *cobra.Command, args []string) error {
			if s.By == "" {
				s.By = "operator"
			}
			var found cardprocessingproto.DisputeView
			if err := p.operate(c.Context(), http.MethodPost, disputePath(args[0])+"/"+step, s, &found); err != nil {
				return err
			}
			return p.showDispute(found)
		},
	}
	c.Flags().StringVar(&s.By, "by", os.Getenv("USER"), "who decides")
	c.Flags().StringVar(&s.Note, "note", "", "why")
	return c
}

func (p *program) showDispute(d cardprocessingproto.DisputeView) error {
	if p.json() {
		return p.print(d)
	}
	amount := money.Amount{Minor: d.Amount.Minor, Currency: d.Amount.Currency}
	fmt.Fprintf(p.screen, "%s, %s: %s %s of %s, %s, transaction %s\n", d.ID, d.Status, amount.Grouped(), d.Amount.Currency,
		terminal.Visible(d.Descriptor), spaced(d.Reason), d.TransactionID)
	for _, s := range d.Steps {
		fmt.Fprintf(p.screen, "  %s  %-8s by %s %s %s\n", s.At.Local().Format("2006-01-02 15:04:05"), s.Status,
			terminal.Visible(s.By), terminal.Visible(s.Note), s.TransactionID)
	}
	return nil
}
