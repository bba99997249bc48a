package main

import (
	"context"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/cardedge"
)

// refunds is the route of refunds.
const refunds = "refunds"

func (f *paymentFlags) addPromise(to *cobra.Command) {
	to.Flags().StringVar(&f.promise, "promise", "", "the --id of the promise that this refund keeps")
}

// namedBy is a message by the processor's id that it was sent under, nil for none.
func namedBy(processorID string) *cardedge.Named {
	if processorID == "" {
		return nil
	}
	return &cardedge.Named{ProcessorID: processorID}
}

// unrefundCommand takes a refund back. Its messages are named by the ids that they were sent under, because a refund
// may be reversed before anybody has heard of it.
func (p *program) unrefundCommand() *cobra.Command {
	var f paymentFlags
	var refund string
	c := &cobra.Command{
		Use: "unrefund", Short: "Take a refund back, or end a promised one", Args: arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		Long: "Unrefund takes back the refund that was sent under the id --refund, whatever there is on the account; or\n" +
			"ends the one that was promised under the id --promise.",
		Example: "  farthing payment unrefund --refund sorry-42",
		RunE:    func(c *cobra.Command, _ []string) error { return p.runUnrefund(c.Context(), f, refund) },
	}
	f.addID(c)
	addCard(c, &f.card)
	c.Flags().StringVar(&refund, "refund", "", "the --id of the refund")
	c.Flags().StringVar(&f.promise, "promise", "", "the --id of its promise")
	return c
}

func (p *program) runUnrefund(ctx context.Context, f paymentFlags, refund string) error {
	if refund == "" && f.promise == "" {
		return usage("unrefund wants --refund or --promise")
	}
	n, err := bank.Find(ctx, p.folder())
	if err != nil {
		return err
	}
	card, err := cardOf(n, f.card)
	if err != nil {
		return err
	}
	return p.tell(ctx, cardedge.Client{Address: n.CardEdge}, "refund-reversals", f.id, cardedge.FollowUp{
		CardID: card, Refund: namedBy(refund), RefundAuthorisation: namedBy(f.promise),
	})
}
