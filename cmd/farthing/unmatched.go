package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/terminal"
	"farthing/pkg/money"
	cardprocessingproto "farthing/service.card-processing/proto"
)

func (p *program) unmatched() *cobra.Command {
	unmatched := &cobra.Command{
		Use:   "unmatched",
		Short: "Look at collections and refunds that matched nothing, and decide what becomes of them",
		Long: "Unmatched is the queue of what card schemes collected or sent back without an authorisation that it is\n" +
			"clearly of. Its money was taken from the customer, unless the card is nobody's, the currency another one or\n" +
			"the same was collected before: then it stands on suspense.",
		Args: cobra.NoArgs,
	}
	unmatched.AddCommand(p.listUnmatchedCommand(), p.showUnmatchedCommand(), p.resolveCommand())
	return unmatched
}

// listFlags are those of a list that operators look at.
type listFlags struct {
	closed bool
	before string
	limit  int
}

func (f *listFlags) add(to *cobra.Command, closed, says string) {
	flags := to.Flags()
	flags.BoolVar(&f.closed, closed, false, says)
	flags.StringVar(&f.before, "before", "", "go on after this id")
	flags.IntVar(&f.limit, "limit", 100, "at most so many, from 1 to 500")
}

func (f *listFlags) query() string {
	state := "open"
	if f.closed {
		state = "closed"
	}
	return "?" + url.Values{"state": {state}, "before": {f.before}, "limit": {strconv.Itoa(f.limit)}}.Encode()
}

func (p *program) listUnmatchedCommand() *cobra.Command {
	var f listFlags
	list := &cobra.Command{
		Use: "list", Short: "List what is unmatched, the newest first", Args: arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(c *cobra.Command, _ []string) error { return p.runListUnmatched(c.Context(), f) },
	}
	f.add(list, "resolved", "what was resolved instead")
	return list
}

func (p *program) runListUnmatched(ctx context.Context, f listFlags) error {
	var found cardprocessingproto.UnmatchedList
	if err := p.operate(ctx, http.MethodGet, cardprocessingproto.UnmatchedPath+f.query(), nil, &found); err != nil {
		return err
	}
	if p.json() {
		return p.print(found.Unmatched)
	}
	if len(found.Unmatched) == 0 {
		_, err := fmt.Fprintln(p.screen, "nothing is unmatched")
		return err
	}
	table := tabwriter.NewWriter(p.screen, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tSTATE\tREASON\tKIND\tAMOUNT\tWHO\tSINCE")
	for _, u := range found.Unmatched {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", u.ID, u.State, spaced(u.Reason), u.Kind, grouped(u.Amount),
			terminal.Visible(u.Descriptor), u.At.Local().Format("2006-01-02 15:04"))
	}
	return table.Flush()
}

func (p *program) showUnmatchedCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show something unmatched", Args: arguments("ID"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			var found cardprocessingproto.UnmatchedView
			if err := p.operate(c.Context(), http.MethodGet, unmatchedPath(args[0]), nil, &found); err != nil {
				return err
			}
			return p.showUnmatched(found)
		},
	}
}

func unmatchedPath(id string) string {
	return cardprocessingproto.UnmatchedPath + "/" + url.PathEscape(id)
}

func (p *program) resolveCommand() *cobra.Command {
	var d cardprocessingproto.Decision
	resolve := &cobra.Command{
		Use: "resolve ID accept|attach|return|write-off", Short: "Decide what becomes of something unmatched",
		Long: "Resolve decides, once, what becomes of something unmatched. A repeat shows what was decided.\n\n" +
			"  accept     it is right as it is. --card is the one that was meant, if it was nobody's\n" +
			"  attach     it is of the payment --transaction\n" +
			"  return     the scheme gets it back, and so does the customer\n" +
			"  write-off  the bank bears it",
		Example: "  farthing unmatched resolve unm_00008zIcpb1TB4yeIFXMzx attach --transaction tx_00008zIcpb1TB4yeIFXMzx",
		Args:    arguments("ID", "DECISION"), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error { return p.runResolve(c.Context(), args[0], args[1], d) },
	}
	flags := resolve.Flags()
	flags.StringVar(&d.TransactionID, "transaction", "", "the transaction of the payment to attach it to")
	flags.StringVar(&d.CardID, "card", "", "the card that was meant")
	flags.StringVar(&d.By, "by", os.Getenv("USER"), "who decides")
	flags.StringVar(&d.Note, "note", "", "why")
	return resolve
}

func (p *program) runResolve(ctx context.Context, id, what string, d cardprocessingproto.Decision) error {
	kinds := map[string]string{
		"accept": "accepted", "attach": "attached", "return": "returned", "write-off": "written_off",
	}
	if d.Kind = kinds[what]; d.Kind == "" {
		return usage("DECISION must be accept, attach, return or write-off, not %q", what)
	}
	if d.By == "" {
		d.By = "operator"
	}
	var found cardprocessingproto.UnmatchedView
	path := unmatchedPath(id) + cardprocessingproto.ResolutionPath
	if err := p.operate(ctx, http.MethodPost, path, d, &found); err != nil {
		return err
	}
	return p.showUnmatched(found)
}

func (p *program) showUnmatched(u cardprocessingproto.UnmatchedView) error {
	if p.json() {
		return p.print(u)
	}
	stands := "taken from the account"
	switch {
	case u.Suspended:
		stands = "on suspense"
	case u.Kind == "refund":
		stands = "on the account"
	}
	fmt.Fprintf(p.screen, "%s, %s: %s of %s, %s, %s\n", u.ID, u.State, u.Kind, grouped(u.Amount), spaced(u.Reason), stands)
	fmt.Fprintf(p.screen, "  %s, payment %s, transaction %s\n", terminal.Visible(u.Descriptor), u.AuthorisationID,
		u.TransactionID)
	for _, candidate := range u.Candidates {
		fmt.Fprintf(p.screen, "  maybe of %s\n", candidate)
	}
	if r := u.Resolution; r != nil {
		fmt.Fprintf(p.screen, "  %s by %s, %s %s\n", spaced(r.Kind), terminal.Visible(r.By),
			r.At.Local().Format("2006-01-02 15:04"), terminal.Visible(r.Note))
	}
	return nil
}

// spaced is a word of several parts as people read it.
func spaced(word string) string { return strings.ReplaceAll(word, "_", " ") }

func grouped(a *cardprocessingproto.Amount) string {
	if a == nil {
		return ""
	}
	return money.Amount{Minor: a.Minor, Currency: a.Currency}.Grouped() + " " + a.Currency
}
