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
	paymentproto "farthing/service.payment/proto"
)

// payFlags are whom to pay, and what for.
type payFlags struct {
	once
	payee, name, sortCode, number, reference string
}

func (f *payFlags) addParty(to *cobra.Command) {
	flags := to.Flags()
	flags.StringVar(&f.payee, "payee", "", "a payee's id; or else the name, sort code and number")
	flags.StringVar(&f.name, "name", "", "whom to pay")
	flags.StringVar(&f.sortCode, "sort-code", "", "six digits, dashes or not")
	flags.StringVar(&f.number, "number", "", "the account number, eight digits")
	flags.StringVar(&f.reference, "reference", "", "what they read, at most 18 characters")
}

// paying is what is asked for from an account.
func (f *payFlags) paying(n bank.Notice, amount string) (paymentproto.Paying, error) {
	asked := paymentproto.Paying{
		PayeeID: f.payee, Name: f.name, SortCode: plainSortCode(f.sortCode), AccountNumber: f.number,
		Reference: f.reference, DedupeID: f.dedupeID(),
	}
	parsed, err := amountOf(amount, "GBP")
	if err != nil {
		return asked, err
	}
	asked.Amount, asked.Currency = parsed.Minor, parsed.Currency
	asked.AccountID, err = accountOf(n, f.account)
	return asked, err
}

// plainSortCode is a sort code without dashes: people write 04-00-04.
func plainSortCode(text string) string { return strings.ReplaceAll(text, "-", "") }

func (p *program) pay() *cobra.Command {
	var f payFlags
	pay := &cobra.Command{
		Use: "pay AMOUNT", Short: "Pay another account", Args: arguments("AMOUNT"),
		ValidArgsFunction: cobra.NoFileCompletions,
		Long: "Pay sends AMOUNT to an account of this bank or, by a simulated scheme, of another one. There the account\n" +
			"number's last two digits say what happens: 11 refused, 12 returned two days later, 13 no answer for an hour;\n" +
			"all others settle at once. A decline is an answer: the exit code is 0.",
		Example: "  farthing pay 12.50 --name 'Grace Hopper' --sort-code 04-00-04 --number 12345678 --reference LUNCH",
		RunE: func(c *cobra.Command, args []string) error {
			return p.runPaying(c.Context(), paymentproto.PaymentsPath, f, args[0])
		},
	}
	f.add(pay)
	f.addParty(pay)
	pay.SetFlagErrorFunc(explainFlag)
	pay.AddCommand(p.paymentStatus())
	return pay
}

func (p *program) paymentStatus() *cobra.Command {
	return &cobra.Command{
		Use: "show PAYMENT", Short: "Show what became of a payment", Args: arguments("PAYMENT"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			n, err := bank.Find(c.Context(), p.folder())
			if err != nil {
				return err
			}
			var found paymentproto.PaymentView
			path := paymentproto.PaymentsPath + "/" + url.PathEscape(args[0])
			if err := operate(c.Context(), n, http.MethodGet, path, nil, &found); err != nil {
				return err
			}
			return p.showPaid(found)
		},
	}
}

// Who pays in unless somebody is named: an employer at another bank.
const (
	payerName     = "Analytical Engines Ltd"
	payerSortCode = "040004"
	payerNumber   = "18151210"
)

func (p *program) payIn() *cobra.Command {
	f := payFlags{name: payerName, sortCode: payerSortCode, number: payerNumber}
	payIn := &cobra.Command{
		Use: "pay-in AMOUNT", Short: "Have money come in from another bank", Args: arguments("AMOUNT"),
		ValidArgsFunction: cobra.NoFileCompletions,
		Example:           "  farthing pay-in 1250 --from 'Analytical Engines Ltd' --reference SALARY",
		RunE: func(c *cobra.Command, args []string) error {
			return p.runPaying(c.Context(), paymentproto.PayInPath, f, args[0])
		},
	}
	f.add(payIn)
	payIn.Flags().StringVar(&f.name, "from", payerName, "who pays")
	payIn.Flags().StringVar(&f.reference, "reference", "", "what they write, at most 18 characters")
	payIn.SetFlagErrorFunc(explainFlag)
	return payIn
}

// runPaying has money go out or come in, as the path says, and shows what came of it.
func (p *program) runPaying(ctx context.Context, path string, f payFlags, amount string) error {
	n, err := bank.Find(ctx, p.folder())
	if err != nil {
		return err
	}
	asked, err := f.paying(n, amount)
	if err != nil {
		return err
	}
	var done paymentproto.PaymentView
	if err := operate(ctx, n, http.MethodPost, path, asked, &done); err != nil {
		return err
	}
	return p.showPaid(done)
}

func (p *program) showPaid(done paymentproto.PaymentView) error {
	if p.json() {
		return p.print(done)
	}
	way := "to"
	if done.Direction == "in" {
		way = "from"
	}
	said := []string{
		fmt.Sprintf("%s %s %s", money.Amount{Minor: done.Amount, Currency: done.Currency}.Symbolic(), way, done.Name),
		p.outcome(done.State, done.Reason), done.ID,
	}
	if done.TransactionID != "" {
		said = append(said, "transaction "+done.TransactionID)
	}
	_, err := fmt.Fprintln(p.screen, strings.Join(said, ", "))
	return err
}

func (p *program) payee() *cobra.Command {
	payee := &cobra.Command{Use: "payee", Short: "Keep whom the demonstration customer pays", Args: cobra.NoArgs}
	payee.AddCommand(
		p.payeeParty("add", "Keep somebody", paymentproto.PayeesPath, p.showPayee),
		p.payeeParty("check", "Compare a name with the account's: does it match?", paymentproto.NameCheckPath, p.showMatch),
		p.payeeList(), p.payeeRemove(),
	)
	return payee
}

// payeeParty is a command about somebody with a name, a sort code and a number.
func (p *program) payeeParty(name, short, path string, show func([]byte) error) *cobra.Command {
	return &cobra.Command{
		Use: name + " NAME SORT-CODE NUMBER", Short: short, Args: arguments("NAME", "SORT-CODE", "NUMBER"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			n, err := p.customer(c.Context())
			if err != nil {
				return err
			}
			asked := paymentproto.PayeeView{
				UserID: n.Demonstration.UserID, Name: args[0], SortCode: plainSortCode(args[1]), AccountNumber: args[2],
			}
			var done rawAnswer
			if err := operate(c.Context(), n, http.MethodPost, path, asked, &done); err != nil {
				return err
			}
			return show(done)
		},
	}
}

func (p *program) payeeList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List whom the customer pays", Args: arguments(), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			n, err := p.customer(c.Context())
			if err != nil {
				return err
			}
			var found struct {
				Payees []paymentproto.PayeeView `json:"payees"`
			}
			path := paymentproto.PayeesPath + "?" + url.Values{"user_id": {n.Demonstration.UserID}}.Encode()
			if err := operate(c.Context(), n, http.MethodGet, path, nil, &found); err != nil || p.json() {
				return p.orPrint(err, found)
			}
			for _, each := range found.Payees {
				fmt.Fprintf(p.screen, "%s  %s  %s %s\n", each.ID, each.Name, each.SortCode, each.AccountNumber)
			}
			return nil
		},
	}
}

func (p *program) payeeRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove PAYEE", Short: "Forget a payee", Args: arguments("PAYEE"), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			n, err := p.customer(c.Context())
			if err != nil {
				return err
			}
			path := paymentproto.PayeesPath + "/" + url.PathEscape(args[0]) + "?" +
				url.Values{"user_id": {n.Demonstration.UserID}}.Encode()
			var done struct{}
			if err := operate(c.Context(), n, http.MethodDelete, path, nil, &done); err != nil || p.json() {
				return p.orPrint(err, done)
			}
			_, err = fmt.Fprintln(p.screen, "forgotten: "+args[0])
			return err
		},
	}
}

// orPrint is the error, or prints a value.
func (p *program) orPrint(err error, value any) error {
	if err != nil {
		return err
	}
	return p.print(value)
}
