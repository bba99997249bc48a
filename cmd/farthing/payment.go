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

// verb is something that a merchant does after an authorisation.
type verb struct {
	name, route, short, long string
	amountMayMiss            bool // Then it is about all that is held.
	collects                 bool // It says who collects, too.
}

func verbs() []verb {
	return []verb{
		{
			name: "reverse", route: "reversals", short: "Give up what is held, or some of it", amountMayMiss: true,
			long: "Reverse gives up AMOUNT of what is held for a payment, or all of it.",
		},
		{
			name: "increment", route: "increments", short: "Hold more: the hotel adds a night",
			long: "Increment asks to hold AMOUNT more. A decline is an answer: the exit code is 0.",
		},
		{
			name: "advise", route: "advices", short: "Tell the final amount of an estimate: the pump has stopped",
			long: "Advise makes AMOUNT what is held, whatever there is.",
		},
		{
			name: "clear", route: "clearings", short: "Collect", collects: true,
			long: "Clear collects AMOUNT: what is held, less or more. What is left of the hold is given back, unless " +
				"--more-follows.",
		},
		{
			name: "refund", route: refunds, short: "Send money back", collects: true,
			long: "Refund sends AMOUNT back, as a transaction of its own; or as that of its --promise.",
		},
		{
			name: "promise", route: "refund-authorisations", short: "Authorise a refund: money will be sent back",
			collects: true,
			long: "Promise authorises a refund of AMOUNT: no money moves, the customer sees it coming. Its --id names it " +
				"later.",
		},
	}
}

// paymentFlags are the flags of the payment commands.
type paymentFlags struct {
	card, id, mcc string
	promise       string
	moreFollows   bool
	abroad        abroadFlags
}

func (p *program) payment() *cobra.Command {
	payment := &cobra.Command{
		Use:   "payment",
		Short: "Follow a card payment, or play the merchant",
		Long: "Payment shows what became of a card payment, and does what merchants do after an authorisation.\n\n" +
			"ID is an authorisation's (auth_…) or a transaction's (tx_…), as swipe prints them.",
		Args: cobra.NoArgs,
	}
	payment.AddCommand(p.showCommand())
	for _, v := range verbs() {
		payment.AddCommand(p.verbCommand(v))
	}
	payment.AddCommand(
		p.unauthorisedCommand("force", "clearings", "Collect without an authorisation"),
		p.unauthorisedCommand("credit", refunds, "Send money back without a purchase"),
		p.unauthorisedCommand("promise-credit", "refund-authorisations", "Authorise a refund without a purchase"),
		p.unrefundCommand(),
	)
	return payment
}

func (p *program) showCommand() *cobra.Command {
	var f paymentFlags
	show := &cobra.Command{
		Use: "show ID", Short: "Show a payment and all that happened to it", Args: arguments("ID"),
		Example:           "  farthing payment show tx_00008zIcpb1TB4yeIFXMzx",
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			_, found, err := p.find(c.Context(), args[0], f)
			if err != nil {
				return err
			}
			return p.showPayment(found)
		},
	}
	addCard(show, &f.card)
	return show
}

// addCard adds the flag of all commands that are about a card.
func addCard(to *cobra.Command, card *string) {
	to.Flags().StringVar(card, "card", "", "the card's id; the demonstration customer's if not given")
}

func (f *paymentFlags) addID(to *cobra.Command) {
	to.Flags().StringVar(&f.id, "id", "", "the processor's id of this message; a repeat of it answers what happened first")
}

// find is a payment by the id of its authorisation on a card, or of its transaction.
func (p *program) find(ctx context.Context, id string, f paymentFlags) (cardedge.Client, cardedge.Payment, error) {
	n, err := bank.Find(ctx, p.folder())
	if err != nil {
		return cardedge.Client{}, cardedge.Payment{}, err
	}
	edge := cardedge.Client{Address: n.CardEdge}
	card, err := cardFor(n, id, f.card)
	if err != nil {
		return edge, cardedge.Payment{}, err
	}
	found, err := edge.Payment(ctx, id, card)
	return edge, found, err
}

// cardFor is the card that an authorisation's id needs beside it; a transaction's needs none.
func cardFor(n bank.Notice, id, given string) (string, error) {
	if strings.HasPrefix(id, "tx_") {
		return "", nil
	}
	return cardOf(n, given)
}

// cardOf is a card's id: the demonstration customer's if none is given.
func cardOf(n bank.Notice, given string) (string, error) {
	if given != "" {
		return given, nil
	}
	customer, err := customerOf(n)
	if err != nil {
		return "", err
	}
	return customer.CardID, nil
}

func (p *program) verbCommand(v verb) *cobra.Command {
	var f paymentFlags
	names, use := []string{"ID", "AMOUNT"}, v.name+" ID AMOUNT"
	if v.amountMayMiss {
		use = v.name + " ID [AMOUNT]"
	}
	c := &cobra.Command{
		Use: use, Short: v.short, Long: v.long, ValidArgsFunction: cobra.NoFileCompletions,
		Args: func(c *cobra.Command, args []string) error {
			if v.amountMayMiss && len(args) == 1 {
				return nil
			}
			return arguments(names...)(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error { return p.runVerb(c.Context(), v, f, args) },
	}
	f.addID(c)
	addCard(c, &f.card)
	if v.collects {
		addAbroad(c, &f.abroad)
	}
	if v.route == refunds {
		f.addPromise(c)
	}
	if v.name == "clear" {
		c.Flags().BoolVar(&f.moreFollows, "more-follows", false, "more will be collected: what is left stays held")
	}
	c.SetFlagErrorFunc(explainFlag)
	return c
}

func (p *program) runVerb(ctx context.Context, v verb, f paymentFlags, args []string) error {
	edge, of, err := p.find(ctx, args[0], f)
	if err != nil {
		return err
	}
	asked := cardedge.FollowUp{
		CardID: of.CardID, Original: &cardedge.Original{AuthorisationID: of.AuthorisationID}, MoreFollows: f.moreFollows,
	}
	if v.collects {
		asked.Descriptor, asked.MCC = of.Descriptor, of.MCC
	}
	asked.Rate, asked.RefundAuthorisation = f.abroad.rate, namedBy(f.promise)
	if asked.LocalAmount, err = f.abroad.charged(); err != nil {
		return err
	}
	if len(args) > 1 {
		if asked.Amount, err = amountOf(args[1], of.Currency); err != nil {
			return err
		}
	}
	return p.tell(ctx, edge, v.route, f.id, asked)
}

func (p *program) unauthorisedCommand(name, route, short string) *cobra.Command {
	var f paymentFlags
	c := &cobra.Command{
		Use: name + " AMOUNT DESCRIPTOR", Short: short, Args: arguments("AMOUNT", "DESCRIPTOR"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			return p.runUnauthorised(c.Context(), route, f, args[0], args[1])
		},
	}
	f.addID(c)
	addCard(c, &f.card)
	if route == refunds {
		f.addPromise(c)
	}
	addAbroad(c, &f.abroad)
	c.Flags().StringVar(&f.mcc, "mcc", "", "the merchant category code, four digits")
	c.SetFlagErrorFunc(explainFlag)
	return c
}

func (p *program) runUnauthorised(ctx context.Context, route string, f paymentFlags, amount, descriptor string) error {
	asked := cardedge.FollowUp{
		Descriptor: descriptor, MCC: f.mcc, Rate: f.abroad.rate, RefundAuthorisation: namedBy(f.promise),
	}
	var err error
	if asked.LocalAmount, err = f.abroad.charged(); err != nil {
		return err
	}
	if asked.Amount, err = amountOf(amount, f.abroad.billed()); err != nil {
		return err
	}
	n, err := bank.Find(ctx, p.folder())
	if err != nil {
		return err
	}
	if asked.CardID, err = cardOf(n, f.card); err != nil {
		return err
	}
	return p.tell(ctx, cardedge.Client{Address: n.CardEdge}, route, f.id, asked)
}

func amountOf(text, currency string) (*cardedge.Amount, error) {
	parsed, err := money.Parse("amount", text, currency)
	if err == nil && parsed.Minor <= 0 {
		err = usage("AMOUNT must be more than zero")
	}
	return &cardedge.Amount{Minor: parsed.Minor, Currency: parsed.Currency}, err
}

func (p *program) tell(
	ctx context.Context, edge cardedge.Client, route, processorID string, asked cardedge.FollowUp,
) error {
	var err error
	if asked.ProcessorID = processorID; processorID == "" {
		if asked.Network, err = p.newNetwork(); err != nil {
			return err
		}
	}
	done, err := edge.Follow(ctx, route, asked)
	if err != nil {
		return err
	}
	if p.json() {
		return p.print(done)
	}
	parts := []string{p.outcome(done.Outcome, done.DeclineReason), "payment " + done.Payment.Status}
	if done.Balance != nil {
		parts = append(parts, "balance "+money.Amount{Minor: done.Balance.Minor, Currency: done.Balance.Currency}.Grouped())
	}
	parts = append(parts, "transaction "+done.Payment.TransactionID, "authorisation "+done.Payment.AuthorisationID)
	_, err = fmt.Fprintln(p.screen, strings.Join(parts, ", "))
	return err
}

func (p *program) showPayment(found cardedge.Payment) error {
	if p.json() {
		return p.print(found)
	}
	in := func(minor int64) string { return money.Amount{Minor: minor, Currency: found.Currency}.Grouped() }
	fmt.Fprintf(p.screen, "%s, %s: authorised %s, held %s, cleared %s, refunded %s %s\n",
		found.AuthorisationID, found.Status, in(found.Authorised), in(found.Held), in(found.Cleared), in(found.Refunded),
		found.Currency)
	for _, e := range found.Events {
		fmt.Fprintf(p.screen, "%3d  %s  %-14s %s\n", e.Number, e.At.Local().Format("2006-01-02 15:04:05"), e.Kind,
			explainEvent(e, in))
	}
	return nil
}

// explainEvent is what an event did, in words.
func explainEvent(e cardedge.Event, in func(int64) string) string {
	said := make([]string, 0, 4)
	if e.Amount > 0 {
		said = append(said, in(e.Amount))
	}
	if e.LocalAmount != nil {
		said = append(said, converted(e.Conversion))
	}
	for _, part := range []struct {
		minor int64
		word  string
	}{{e.Extended, "more held"}, {e.Captured, "of the hold"}, {e.Released, "given back"},
		{e.Posted, "sent back"}, {-e.Posted, "taken back"}} {
		if part.minor > 0 {
			said = append(said, in(part.minor)+" "+part.word)
		}
	}
	if e.DeclineReason != "" {
		said = append(said, "declined: "+strings.ReplaceAll(e.DeclineReason, "_", " "))
	}
	return strings.Join(said, ", ")
}

// converted is what a merchant charged in another currency, in words.
func converted(c cardedge.Conversion) string {
	text := money.Amount{Minor: c.LocalAmount.Minor, Currency: c.LocalAmount.Currency}.String() + " at " + c.Rate
	if c.RateDerived {
		text += " (derived)"
	}
	return text
}
