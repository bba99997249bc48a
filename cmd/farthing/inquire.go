package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/cardedge"
	"farthing/pkg/money"
)

// inquiryFlags are the flags of card balance.
type inquiryFlags struct {
	card, id string
	verified cardedge.Verification
}

func (p *program) inquiryCommand() *cobra.Command {
	var f inquiryFlags
	balance := &cobra.Command{
		Use: "balance", Short: "Ask what the card's account has, as a cash machine does", Args: arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		Long:              "Balance asks what the card's account has. A decline is an answer: the exit code is 0.",
		Example:           "  farthing card balance --pin verified",
		RunE:              func(c *cobra.Command, _ []string) error { return p.runInquiry(c.Context(), f) },
	}
	addCard(balance, &f.card)
	balance.Flags().StringVar(&f.id, "id", "", "the processor's id of this inquiry; a PIN counts once for each")
	addVerification(balance, &f.verified)
	return balance
}

func (p *program) runInquiry(ctx context.Context, f inquiryFlags) error {
	n, err := bank.Find(ctx, p.folder())
	if err != nil {
		return err
	}
	asked := cardedge.Inquiry{ProcessorID: f.id, Verification: presented(f.verified)}
	if asked.CardID, err = cardOf(n, f.card); err != nil {
		return err
	}
	if f.id == "" {
		if asked.Network, err = p.newNetwork(); err != nil {
			return err
		}
	}
	found, err := cardedge.Client{Address: n.CardEdge}.Inquire(ctx, asked)
	if err != nil {
		return err
	}
	if p.json() {
		return p.print(found)
	}
	parts := []string{p.outcome(found.Outcome, found.DeclineReason)}
	for _, each := range []struct {
		name   string
		amount *cardedge.Amount
	}{{"available", found.Available}, {"posted", found.Posted}} {
		if each.amount != nil {
			grouped := money.Amount{Minor: each.amount.Minor, Currency: each.amount.Currency}.Grouped()
			parts = append(parts, each.name+" "+grouped)
		}
	}
	_, err = fmt.Fprintln(p.screen, strings.Join(append(parts, "trace "+found.TraceID), ", "))
	return err
}

// presented is what was found of what was presented with a card, nil if nothing was.
func presented(v cardedge.Verification) *cardedge.Verification {
	if v == (cardedge.Verification{}) {
		return nil
	}
	return &v
}
