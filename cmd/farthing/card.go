package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/pkg/money"
	cardsproto "farthing/service.cards/proto"
)

// controlFlags are what a customer may want of a card. A limit of "none" takes it away.
type controlFlags struct {
	card                               string
	payment, day, week, month, cashDay string
	merchants, countries               []string
	online, contactless, magstripe     bool
}

func (p *program) card() *cobra.Command {
	card := &cobra.Command{
		Use: "card", Short: "Show a card, control what it may pay, replace it", Args: cobra.NoArgs,
	}
	var shown, replaced controlFlags
	show := &cobra.Command{
		Use: "show", Short: "Show a card and its controls", Args: arguments(), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.askCard(c.Context(), http.MethodGet, shown.card, "", nil)
		},
	}
	replace := &cobra.Command{
		Use: "replace", Short: "Close a card and issue another one, under the same controls", Args: arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		Long: "Replace closes a card and issues another one, with a number of its own and under the same controls:\n" +
			"what was spent with the old one counts. A repeat shows the one that was issued first.",
		RunE: func(c *cobra.Command, _ []string) error {
			return p.askCard(c.Context(), http.MethodPost, replaced.card, cardsproto.ReplacementPath, nil)
		},
	}
	addCard(show, &shown.card)
	addCard(replace, &replaced.card)
	card.AddCommand(show, replace, p.controlCommand(), p.pinResetCommand(), p.inquiryCommand())
	return card
}

func (p *program) pinResetCommand() *cobra.Command {
	var f controlFlags
	reset := &cobra.Command{
		Use: "pin-reset", Short: "Forget all wrong PINs of a card", Args: arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		Long:              "Pin-reset lets a card's PIN be entered again: three wrong ones in a row block it.",
		RunE: func(c *cobra.Command, _ []string) error {
			return p.askCard(c.Context(), http.MethodPost, f.card, cardsproto.PINResetPath, nil)
		},
	}
	addCard(reset, &f.card)
	return reset
}

func (p *program) controlCommand() *cobra.Command {
	var f controlFlags
	control := &cobra.Command{
		Use: "control", Short: "Set limits, and what a card must not be used for", Args: arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		Long: "Control changes what is given and leaves the rest as it is. Limits are in pounds, or 'none'. Windows turn\n" +
			"at 04:00 in London: a week on Monday, a month on its first.",
		Example: "  farthing card control --day 100 --block gambling\n" +
			"  farthing card control --day none --block '' --no-online",
		RunE: func(c *cobra.Command, _ []string) error { return p.runControl(c, f) },
	}
	addCard(control, &f.card)
	flags := control.Flags()
	flags.StringVar(&f.payment, "payment", "", "most for one payment")
	flags.StringVar(&f.day, "day", "", "most in a day")
	flags.StringVar(&f.week, "week", "", "most in a week")
	flags.StringVar(&f.month, "month", "", "most in a month")
	flags.StringVar(&f.cashDay, "cash-day", "", "most cash in a day")
	flags.StringSliceVar(&f.merchants, "block", nil, "kinds of merchants: gambling, adult, alcohol, crypto")
	flags.StringSliceVar(&f.countries, "block-country", nil, "countries, two letters each")
	flags.BoolVar(&f.online, "no-online", false, "no payments online")
	flags.BoolVar(&f.contactless, "no-contactless", false, "no contactless payments")
	flags.BoolVar(&f.magstripe, "no-magstripe", false, "no payments by magnetic stripe")
	return control
}

func (p *program) runControl(c *cobra.Command, f controlFlags) error {
	card, err := p.fetchCard(c.Context(), http.MethodGet, f.card, "", nil)
	if err != nil {
		return err
	}
	controls, changed := card.Controls, c.Flags().Changed
	for _, limit := range []struct {
		flag, text string
		to         **int64
	}{
		{"payment", f.payment, &controls.Payment}, {"day", f.day, &controls.Day}, {"week", f.week, &controls.Week},
		{"month", f.month, &controls.Month}, {"cash-day", f.cashDay, &controls.CashDay},
	} {
		if !changed(limit.flag) {
			continue
		}
		if *limit.to, err = limitOf(limit.flag, limit.text); err != nil {
			return err
		}
	}
	if changed("block") {
		controls.BlockedMerchants = words(f.merchants)
	}
	if changed("block-country") {
		controls.BlockedCountries = words(f.countries)
	}
	for _, block := range []struct {
		flag  string
		value bool
		to    *bool
	}{
		{"no-online", f.online, &controls.OnlineBlocked},
		{"no-contactless", f.contactless, &controls.ContactlessBlocked},
		{"no-magstripe", f.magstripe, &controls.MagstripeBlocked},
	} {
		if changed(block.flag) {
			*block.to = block.value
		}
	}
	return p.askCard(c.Context(), http.MethodPut, card.ID, cardsproto.ControlsPath, controls)
}

// words are those that are not empty.
func words(given []string) []string {
	kept := []string{}
	for _, word := range given {
		if word != "" {
			kept = append(kept, word)
		}
	}
	return kept
}

// limitOf is a limit in minor units, nil for "none".
func limitOf(flag, text string) (*int64, error) {
	if text == "none" {
		return nil, nil //nolint:nilnil // No limit.
	}
	amount, err := money.Parse(flag, text, "GBP")
	if err == nil && amount.Minor < 0 {
		err = usage("--%s must not be negative", flag)
	}
	return &amount.Minor, err
}

func (p *program) fetchCard(
	ctx context.Context, method, cardID, path string, body any,
) (cardsproto.CardView, error) {
	var found cardsproto.CardView
	n, err := bank.Find(ctx, p.folder())
	if err != nil {
		return found, err
	}
	if cardID, err = cardOf(n, cardID); err != nil {
		return found, err
	}
	err = operate(ctx, n, method, cardsproto.CardsPath+url.PathEscape(cardID)+path, body, &found)
	return found, err
}

// askCard asks for something about a card, and shows it as it then is.
func (p *program) askCard(ctx context.Context, method, cardID, path string, body any) error {
	card, err := p.fetchCard(ctx, method, cardID, path, body)
	if err != nil {
		return err
	}
	if p.json() {
		return p.print(card)
	}
	fmt.Fprintf(p.screen, "%s, ends in %s, %s\n", card.ID, card.LastFour, card.Status)
	for _, limit := range []struct {
		name  string
		minor *int64
	}{
		{"one payment", card.Controls.Payment}, {"a day", card.Controls.Day}, {"a week", card.Controls.Week},
		{"a month", card.Controls.Month}, {"cash in a day", card.Controls.CashDay},
	} {
		if limit.minor != nil {
			fmt.Fprintf(p.screen, "  at most %s: %s\n", limit.name, pence(*limit.minor))
		}
	}
	if card.PINTriesLeft == 0 {
		fmt.Fprintln(p.screen, "  its PIN is blocked: it was wrong too often")
	}
	if blocked := blockedBy(card.Controls); len(blocked) > 0 {
		fmt.Fprintf(p.screen, "  not: %s\n", strings.Join(blocked, ", "))
	}
	return nil
}

func blockedBy(c cardsproto.ControlsView) []string {
	blocked := append(append([]string{}, c.BlockedMerchants...), c.BlockedCountries...)
	for _, each := range []struct {
		name    string
		blocked bool
	}{{"online", c.OnlineBlocked}, {"contactless", c.ContactlessBlocked}, {"magnetic stripe", c.MagstripeBlocked}} {
		if each.blocked {
			blocked = append(blocked, each.name)
		}
	}
	return blocked
}
