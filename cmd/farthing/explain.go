package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/pkg/money"
	cardprocessingproto "farthing/service.card-processing/proto"
)

func (p *program) explanation() *cobra.Command {
	var f paymentFlags
	explain := &cobra.Command{
		Use:   "explain ID",
		Short: "Show why a card payment was approved or declined",
		Long: "Explain shows the checks of an authorisation in the order in which they were made, with what each looked\n" +
			"at. The last one has decided a decline.\n\n" +
			"ID is a transaction's (tx_…) or an authorisation's (auth_…), as swipe prints them.",
		Example:           "  farthing explain tx_00008zIcpb1TB4yeIFXMzx",
		Args:              arguments("ID"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(c *cobra.Command, args []string) error { return p.runExplain(c.Context(), args[0], f) },
	}
	addCard(explain, &f.card)
	return explain
}

func (p *program) runExplain(ctx context.Context, id string, f paymentFlags) error {
	n, err := bank.Find(ctx, p.folder())
	if err != nil {
		return err
	}
	path := cardprocessingproto.ExplanationsPath + url.PathEscape(id)
	card, err := cardFor(n, id, f.card)
	if err != nil {
		return err
	}
	if card != "" {
		path += "?card_id=" + url.QueryEscape(card)
	}
	var found cardprocessingproto.Explanation
	if err := admin(ctx, n, path, &found); err != nil {
		return err
	}
	if p.json() {
		return p.print(found)
	}
	fmt.Fprintf(p.screen, "%s, %s, %s\n", found.AuthorisationID, p.outcome(found.Outcome, found.DeclineReason),
		found.DecidedAt.Local().Format("2006-01-02 15:04:05"))
	for _, c := range found.Checks {
		fmt.Fprintf(p.screen, "  %-10s %-16s %s\n", c.Verdict, c.Name, lookedAt(c))
	}
	return nil
}

// lookedAt is what a check has looked at, in words.
func lookedAt(c cardprocessingproto.ExplanationCheck) string {
	switch {
	case c.Name == "funds":
		return fmt.Sprintf("%s were there, %s would be left", pence(c.Before), pence(c.After))
	case strings.HasPrefix(c.Name, "limit_"):
		return fmt.Sprintf("%s of %s spent before, %s with it", pence(c.Before), pence(c.Limit), pence(c.After))
	case c.Input == "":
		return "nobody says"
	}
	return strings.ToLower(c.Input)
}

// pence is minor units as people read them; accounts are in pounds.
func pence(minor int64) string { return money.Amount{Minor: minor, Currency: "GBP"}.Decimal() }
