package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/statement"
	"farthing/cmd/farthing/terminal"
	"farthing/pkg/day"
	"farthing/pkg/money"
	balanceproto "farthing/service.balance/proto"
)

func (p *program) balance() *cobra.Command {
	account, at := "", ""
	balance := &cobra.Command{
		Use:   "balance",
		Short: "Show what an account has, or had at a past time",
		Long: "Balance shows an account's money: now, or as it was at a TIME, from the ledger's entries.\n\n" +
			"TIME is as in 2026-11-28T12:00:00Z, or in London as in '2026-11-28 12:00'.",
		Example: "  farthing balance\n  farthing balance --at '2026-11-28 12:00'\n" +
			"  farthing balance --account acc_00008zIcpb1TB4yeIFXMzx --at 2026-11-28T12:00:00Z -o json",
		Args: arguments(), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error { return p.runBalance(c.Context(), account, at) },
	}
	addAccount(balance, &account)
	balance.Flags().StringVar(&at, "at", "", "the time; now if absent")
	return balance
}

func (p *program) runBalance(ctx context.Context, account, at string) error {
	query := url.Values{}
	if at != "" {
		when, err := moment(at)
		if err != nil {
			return err
		}
		query.Set("at", when.Format(time.RFC3339))
	}
	n, account, err := p.account(ctx, account)
	if err != nil {
		return err
	}
	var found balanceproto.BalanceView
	path := balanceproto.LedgersPath + url.PathEscape(account) + balanceproto.BalancePath
	if err := admin(ctx, n, path+"?"+query.Encode(), &found); err != nil {
		return err
	}
	if p.json() {
		return p.print(found)
	}
	in := func(minor int64) string { return money.Amount{Minor: minor, Currency: found.Currency}.Symbolic() }
	_, err = fmt.Fprintf(p.screen, "%s to spend, %s posted, %s held, after entry %d\n",
		p.screen.Bold(in(found.Available)), in(found.Posted), in(found.Held), found.Sequence)
	return err
}

// moment is a time as a person types it.
func moment(text string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC(), nil
	}
	london, err := day.London()
	if err != nil {
		return time.Time{}, err
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, london)
	if err != nil {
		return time.Time{}, usage("--at must be a time such as 2026-11-28T12:00:00Z or '2026-11-28 12:00'")
	}
	return at.UTC(), nil
}

func (p *program) statement() *cobra.Command {
	account, from, to := "", "", ""
	command := &cobra.Command{
		Use:   "statement",
		Short: "Show an account's statement of some days",
		Long: "Statement shows what an account had before and after some days, what came and went in all, and each\n" +
			"posting. Money that was only held is not in it. It is added up again before it is shown.\n\n" +
			"A DATE is a calendar day in London, from midnight to midnight, as banks' statements have it (limits and the\n" +
			"app's 'spent today' turn at 04:00). Both days are in it.",
		Example: "  farthing statement --from 2026-11-01 --to 2026-11-30\n" +
			"  farthing statement --from 2026-11-01 -o csv",
		Args: arguments(), ValidArgsFunction: cobra.NoFileCompletions, Annotations: map[string]string{outputCSV: ""},
		RunE: func(c *cobra.Command, _ []string) error {
			if from == "" {
				return usage("--from is wanted: the first day, such as 2026-11-01")
			}
			var err error
			if to == "" {
				to, err = p.today()
			}
			if err != nil {
				return err
			}
			return p.runStatement(c.Context(), account, from, to)
		},
	}
	addAccount(command, &account)
	command.Flags().StringVar(&from, "from", "", "the first DATE")
	command.Flags().StringVar(&to, "to", "", "the last DATE; today if absent")
	return command
}

// today is the bank's calendar day in London.
func (p *program) today() (string, error) {
	london, err := day.London()
	if err != nil {
		return "", err
	}
	banks, err := p.folder().Clock()
	return banks.Now().In(london).Format(time.DateOnly), err
}

func (p *program) runStatement(ctx context.Context, account, from, to string) error {
	n, account, err := p.account(ctx, account)
	if err != nil {
		return err
	}
	get := func(ctx context.Context, path string, into any) error { return admin(ctx, n, path, into) }
	found, err := statement.Fetch(ctx, get, account, from, to)
	if err != nil {
		return err
	}
	switch {
	case p.json():
		return p.print(found)
	case p.output == outputCSV:
		return p.writeCSV(found)
	}
	return p.showStatement(found)
}

func (p *program) showStatement(s balanceproto.StatementPage) error {
	london, err := day.London()
	if err != nil {
		return err
	}
	const amountColumns = 14
	in := func(minor int64) string { return money.Amount{Minor: minor, Currency: s.Currency}.Symbolic() }
	line := func(at, kind, amount, balance, more string) {
		fmt.Fprintf(p.screen, "%-16s  %-8s  %s%s%s\n", at, kind, terminal.PadLeft(amount, amountColumns),
			terminal.PadLeft(balance, amountColumns), more)
	}
	line("", "opening", "", in(s.Opening), "")
	for _, posting := range s.Postings {
		line(posting.At.In(london).Format("2006-01-02 15:04"), posting.Kind, in(posting.Amount), in(posting.Balance),
			p.screen.Dim("  "+posting.TransactionID))
	}
	line("", "closing", "", in(s.Closing), "")
	_, err = fmt.Fprintf(p.screen, "%s in, %s out\n", in(s.TotalIn), in(s.TotalOut))
	return err
}

// writeCSV writes a line for each posting, between one for what was there before and one for what was after.
func (p *program) writeCSV(s balanceproto.StatementPage) error {
	in := func(minor int64) string { return money.Amount{Minor: minor, Currency: s.Currency}.Decimal() }
	out := csv.NewWriter(p.screen)
	lines := [][]string{
		{"sequence", "at", "kind", "amount", "balance", "currency", "transaction_id", "id"},
		{"", "", "opening", "", in(s.Opening), s.Currency, "", ""},
	}
	for _, posting := range s.Postings {
		lines = append(lines, []string{
			strconv.FormatInt(posting.Sequence, 10), posting.At.Format(time.RFC3339Nano), posting.Kind, in(posting.Amount),
			in(posting.Balance), s.Currency, posting.TransactionID, posting.ID,
		})
	}
	lines = append(lines, []string{"", "", "closing", "", in(s.Closing), s.Currency, "", ""})
	return out.WriteAll(lines)
}
