package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/pkg/money"
	paymentproto "farthing/service.payment/proto"
)

// rawAnswer is a door's answer as it came.
type rawAnswer = json.RawMessage

func (p *program) showPayee(answer []byte) error {
	var payee paymentproto.PayeeView
	if err := json.Unmarshal(answer, &payee); err != nil || p.json() {
		return p.orPrint(err, payee)
	}
	_, err := fmt.Fprintf(p.screen, "%s  %s  %s %s\n", payee.ID, payee.Name, payee.SortCode, payee.AccountNumber)
	return err
}

func (p *program) showMatch(answer []byte) error {
	var checked paymentproto.NameCheckView
	if err := json.Unmarshal(answer, &checked); err != nil || p.json() {
		return p.orPrint(err, checked)
	}
	said := map[string]string{
		"full": "the name matches", "close": "the name nearly matches: the account is " + checked.Name + "'s",
		"none": "the name does not match", "unavailable": "the other bank does not say",
	}[checked.Match]
	_, err := fmt.Fprintln(p.screen, said)
	return err
}

func (p *program) standingOrder() *cobra.Command {
	order := &cobra.Command{
		Use: "standing-order", Short: "Pay again and again", Args: cobra.NoArgs,
		Long: "A standing order is paid at 06:00 in London on its day; in a month without it, on the last. Without enough\n" +
			"money it is tried again until the evening.",
	}
	order.AddCommand(p.orderCreate(), p.orderList(), p.orderCancel())
	return order
}

func (p *program) orderCreate() *cobra.Command {
	var f payFlags
	var asked paymentproto.Paying
	create := &cobra.Command{
		Use: "create AMOUNT", Short: "Have an amount paid every week or month", Args: arguments("AMOUNT"),
		ValidArgsFunction: cobra.NoFileCompletions,
		Example: "  farthing standing-order create 650 --name 'Grace Hopper' --sort-code 04-00-04 --number 12345678 \\\n" +
			"    --reference RENT --every month --first 2027-01-31",
		RunE: func(c *cobra.Command, args []string) error {
			n, err := bank.Find(c.Context(), p.folder())
			if err != nil {
				return err
			}
			whole, err := f.paying(n, args[0])
			if err != nil {
				return err
			}
			whole.Frequency, whole.Day = asked.Frequency+"ly", asked.Day
			whole.FirstDate, whole.LastDate = asked.FirstDate, asked.LastDate
			return p.askOrder(c, n, http.MethodPost, paymentproto.StandingOrdersPath, whole)
		},
	}
	f.add(create)
	f.addParty(create)
	flags := create.Flags()
	flags.StringVar(&asked.Frequency, "every", "month", "'week' or 'month'")
	flags.Int32Var(&asked.Day, "day", 0, "the day of the month; that of the first date if not given")
	flags.StringVar(&asked.FirstDate, "first", "", "the first date, such as 2027-01-31")
	flags.StringVar(&asked.LastDate, "last", "", "the last date; no end if not given")
	create.SetFlagErrorFunc(explainFlag)
	return create
}

func (p *program) orderList() *cobra.Command {
	var account string
	list := &cobra.Command{
		Use: "list", Short: "List an account's standing orders", Args: arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			n, account, err := p.account(c.Context(), account)
			if err != nil {
				return err
			}
			var found struct {
				Orders []paymentproto.OrderView `json:"standing_orders"`
			}
			path := paymentproto.StandingOrdersPath + "?" + url.Values{"account_id": {account}}.Encode()
			if err := operate(c.Context(), n, http.MethodGet, path, nil, &found); err != nil || p.json() {
				return p.orPrint(err, found)
			}
			for _, each := range found.Orders {
				p.showOrder(each)
			}
			return nil
		},
	}
	addAccount(list, &account)
	return list
}

func (p *program) orderCancel() *cobra.Command {
	return &cobra.Command{
		Use: "cancel ORDER", Short: "End a standing order", Args: arguments("ORDER"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			n, err := bank.Find(c.Context(), p.folder())
			if err != nil {
				return err
			}
			path := paymentproto.StandingOrdersPath + "/" + url.PathEscape(args[0])
			return p.askOrder(c, n, http.MethodDelete, path, nil)
		},
	}
}

func (p *program) askOrder(c *cobra.Command, n bank.Notice, method, path string, body any) error {
	var order paymentproto.OrderView
	if err := operate(c.Context(), n, method, path, body, &order); err != nil || p.json() {
		return p.orPrint(err, order)
	}
	p.showOrder(order)
	return nil
}

func (p *program) showOrder(o paymentproto.OrderView) {
	amount := money.Amount{Minor: o.Amount, Currency: o.Currency}.Symbolic()
	line := fmt.Sprintf("%s  %s to %s, %s, %s", o.ID, amount, o.Name, o.Frequency, o.State)
	if o.NextDate != "" {
		line += fmt.Sprintf(", next on %s at %s", o.NextDate, o.NextTime)
	}
	if o.Failed > 0 {
		line += fmt.Sprintf(", failed %d times", o.Failed)
	}
	fmt.Fprintln(p.screen, line)
}
