package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/cardedge"
	"farthing/cmd/farthing/cardline"
	"farthing/pkg/clock"
	"farthing/pkg/money"
	"farthing/service.card-api/iso8583"
)

// swipeFlags are the flags of swipe.
type swipeFlags struct {
	card, id, mcc         string
	entry, country        string
	cashback              string
	advice, partial, cash bool
	verified              cardedge.Verification
	abroad                abroadFlags
	iso8583               bool
	encoding              string // Of ISO 8583.
}

func (p *program) swipe() *cobra.Command {
	var f swipeFlags
	swipe := &cobra.Command{
		Use:   "swipe AMOUNT DESCRIPTOR",
		Short: "Pay with a card",
		Long: "Swipe asks the card edge for an authorisation, as a card processor would when somebody pays.\n\n" +
			"AMOUNT is in pounds, or in the units of --currency; with --local that is what it comes to in pounds.\n" +
			"DESCRIPTOR is how the card network names the shop.\n" +
			"A decline is an answer: the exit code is 0.",
		Example: "  farthing swipe 3.50 \"PRET A MANGER 1234 LONDON GBR\"\n" +
			"  farthing swipe 12.00 \"UBER *TRIP HELP.UBER.COM GBR\" --mcc 4121 -o json\n" +
			"  farthing swipe 10.21 \"CAFE DE FLORE PARIS FRA\" --local 12.00 --currency EUR --rate 0.8512\n" +
			"  farthing swipe 3.50 \"PRET A MANGER 1234 LONDON GBR\" --id till-7-0042   # a repeat answers the same\n" +
			"  farthing swipe 3.50 \"PRET A MANGER 1234 LONDON GBR\" --iso8583 --encoding binary",
		Args: arguments("AMOUNT", "DESCRIPTOR"),
		RunE: func(c *cobra.Command, args []string) error {
			return p.runSwipe(c.Context(), f, args[0], args[1])
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	flags := swipe.Flags()
	addCard(swipe, &f.card)
	flags.StringVar(&f.id, "id", "", "the processor's id of this swipe; a repeat of it answers what happened first")
	addAbroad(swipe, &f.abroad)
	flags.StringVar(&f.mcc, "mcc", "", "the merchant category code, four digits")
	flags.StringVar(&f.entry, "entry", "", "how the card is read: chip, contactless, magstripe or online")
	flags.StringVar(&f.country, "country", "", "where the shop is, two letters")
	flags.BoolVar(&f.cash, "cash", false, "it gives cash")
	flags.StringVar(&f.cashback, "cashback", "", "of AMOUNT, the cash that the shop gives beside the purchase")
	flags.BoolVar(&f.advice, "advice", false, "it was approved by whoever stood in: hold it whatever there is")
	flags.BoolVar(&f.partial, "partial", false, "if there is less on the account, take that")
	flags.BoolVar(&f.iso8583, "iso8583", false, "ask as a card network does, in ISO 8583; the answer then has no balance")
	addEncoding(swipe, &f.encoding)
	swipe.MarkFlagsMutuallyExclusive("iso8583", "id") // It has no place for a processor's id.
	addVerification(swipe, &f.verified)
	swipe.SetFlagErrorFunc(explainFlag)
	return swipe
}

// addVerification adds the flags of what was presented with a card: what was found of it, never the secret itself.
func addVerification(to *cobra.Command, v *cardedge.Verification) {
	flags := to.Flags()
	flags.StringVar(&v.Expiry, "expiry", "", "the card's date as it is given, 2029-11")
	flags.StringVar(&v.CVV, "cvv", "", "what was found of the security code: match, no_match or not_checked")
	flags.StringVar(&v.Cryptogram, "cryptogram", "", "what was found of the chip's: match, no_match or not_checked")
	flags.StringVar(&v.Address, "address", "", "what was found of the address: match, no_match or not_checked")
	flags.StringVar(&v.PIN, "pin", "", "what was found of the PIN: verified, wrong, not_tried or tries_exceeded")
}

// explainFlag knows that what looks like a flag may be an amount below zero.
func explainFlag(_ *cobra.Command, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if ok && strings.ContainsAny(unknown.GetSpecifiedShortnames(), "0123456789") {
		return usage("AMOUNT must be more than zero")
	}
	return usageError{err}
}

func (p *program) runSwipe(ctx context.Context, f swipeFlags, amount, descriptor string) error {
	asked, err := p.authorisationOf(f, amount, descriptor)
	if err != nil {
		return err
	}
	n, err := bank.Find(ctx, p.folder())
	if err != nil {
		return err
	}
	if asked.CardID, err = cardOf(n, asked.CardID); err != nil {
		return err
	}
	ask := cardedge.Client{Address: n.CardEdge}.Authorise
	if f.iso8583 {
		encoding, err := encodingOf(f.encoding)
		if err != nil {
			return err
		}
		ask = cardline.Client{Address: n.ISO8583, Encoding: encoding}.Authorise
	}
	watch := clock.Start()
	answer, err := ask(ctx, asked)
	if err != nil {
		return err
	}
	return p.showSwipe(answer, watch.Elapsed())
}

// addEncoding adds the flag of all commands that speak ISO 8583.
func addEncoding(to *cobra.Command, encoding *string) {
	to.Flags().StringVar(encoding, "encoding", iso8583.ASCII.String(), "of ISO 8583: ascii or binary")
}

func encodingOf(name string) (iso8583.Encoding, error) {
	encoding, known := iso8583.ParseEncoding(name)
	if !known {
		return 0, usage("--encoding must be ascii or binary")
	}
	return encoding, nil
}

func (p *program) authorisationOf(f swipeFlags, amount, descriptor string) (cardedge.Authorisation, error) {
	paid, err := money.Parse("amount", amount, f.abroad.billed())
	switch {
	case err != nil:
		return cardedge.Authorisation{}, err
	case paid.Minor <= 0:
		return cardedge.Authorisation{}, usage("AMOUNT must be more than zero")
	case descriptor == "":
		return cardedge.Authorisation{}, usage("DESCRIPTOR must not be empty")
	case !utf8.ValidString(descriptor + f.id + f.card + f.entry + f.country + f.verified.Expiry + f.abroad.rate):
		// JSON has no such text.
		return cardedge.Authorisation{}, usage("DESCRIPTOR and flags must be valid UTF-8")
	}
	asked := cardedge.Authorisation{
		ProcessorID: f.id, CardID: f.card, Descriptor: descriptor, MCC: f.mcc,
		Amount: cardedge.Amount{Minor: paid.Minor, Currency: paid.Currency}, Advice: f.advice, Partial: f.partial,
		Verification: presented(f.verified), EntryMode: f.entry, Country: f.country, Cash: f.cash,
	}
	asked.Rate = f.abroad.rate
	if asked.LocalAmount, err = f.abroad.charged(); err != nil {
		return cardedge.Authorisation{}, err
	}
	if f.cashback != "" {
		if asked.Cashback, err = amountOf(f.cashback, paid.Currency); err != nil {
			return cardedge.Authorisation{}, err
		}
	}
	if f.id == "" {
		asked.Network, err = p.newNetwork()
	}
	return asked, err
}

// newNetwork names a message that is sent now, in the bank's time.
func (p *program) newNetwork() (*cardedge.Network, error) {
	now, err := p.now()
	if err != nil {
		return nil, err
	}
	network := cardedge.NewNetwork(now)
	return &network, nil
}

// now is the bank's time, which may be ahead of the machine's.
func (p *program) now() (time.Time, error) {
	banks, err := p.folder().Clock()
	if err != nil {
		return time.Time{}, err
	}
	return banks.Now(), nil
}

// swiped is what a swipe came to.
type swiped struct {
	Outcome         string `json:"outcome"`        // "approved" or "declined".
	DeclineReason   string `json:"decline_reason"` // "" if it was approved.
	AuthorisationID string `json:"authorisation_id"`
	TransactionID   string `json:"transaction_id"`
	Balance         *int64 `json:"balance"` // What can be spent, in minor units; null for a card that is nobody's.
	Currency        string `json:"currency"`
	TraceID         string `json:"trace_id"`
	ElapsedMS       int64  `json:"elapsed_ms"`
	Approved        int64  `json:"approved_amount"` // What is held for it, in minor units; 0 if it was declined.
	Cashback        int64  `json:"cashback"`        // Of that, the cash beside a purchase.
}

func (p *program) showSwipe(a cardedge.Answer, took time.Duration) error {
	s := swiped{
		Outcome: a.Outcome, DeclineReason: a.DeclineReason, AuthorisationID: a.AuthorisationID,
		TransactionID: a.TransactionID, TraceID: a.TraceID,
		ElapsedMS: int64((took + time.Millisecond - 1) / time.Millisecond),
	}
	if a.Balance != nil {
		s.Balance, s.Currency = &a.Balance.Minor, a.Balance.Currency
	}
	if a.Amount != nil {
		s.Approved = a.Amount.Minor
	}
	if a.Cashback != nil {
		s.Cashback = a.Cashback.Minor
	}
	if p.json() {
		return p.print(s)
	}
	parts := []string{p.outcome(s.Outcome, s.DeclineReason), fmt.Sprintf("%d ms", s.ElapsedMS)}
	if s.Balance != nil {
		parts = append(parts, "balance "+money.Amount{Minor: *s.Balance, Currency: s.Currency}.Grouped())
	}
	parts = append(parts, "transaction "+s.TransactionID, "trace "+s.TraceID)
	_, err := fmt.Fprintln(p.screen, strings.Join(parts, ", "))
	return err
}

// outcome is what became of something that the bank was asked, and why it was declined, if it was.
func (p *program) outcome(word, declined string) string {
	if declined == "" {
		return p.screen.Green(word)
	}
	return p.screen.Red(word) + " (" + strings.ReplaceAll(declined, "_", " ") + ")"
}
