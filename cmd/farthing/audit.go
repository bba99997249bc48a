package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/books"
	"farthing/pkg/audit"
)

func (p *program) audit() *cobra.Command {
	return &cobra.Command{
		Use:   "audit",
		Short: "Derive every balance again from the ledger's entries",
		Long: "Audit reads the whole ledger of the bank that runs and compares what in it says the same twice: each\n" +
			"account's state with what its entries come to, each entry's sums and its hash over all before it, the row that\n" +
			"keeps repeats out, holds and what gave them back, each posting with its journal, each journal's legs (they come\n" +
			"to zero) with the accounts, each card payment with its hold and its transaction,\n" +
			"each bank payment with its transfers and its transactions, each pot with its moves, each move with its transfer\n" +
			"and its transaction, each account's feed with its transactions, what the customer's phones were told with the\n" +
			"feed, and the bank's own accounts with what they are for.\n" +
			"It names the account and the entry, or the transaction, of each account's first fault, and exits with 1 if\n" +
			"there is any. The bank may be in use meanwhile.",
		Example:           "  farthing audit\n  farthing audit -o json",
		Args:              arguments(),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(c *cobra.Command, _ []string) error { return p.runAudit(c.Context()) },
	}
}

// audited is what a whole audit found.
type audited struct {
	Accounts int64         `json:"accounts"`
	Entries  int64         `json:"entries"`
	Journals int64         `json:"journals"`
	Payments int64         `json:"payments"`
	Bank     int64         `json:"bank_payments"`
	Pots     int64         `json:"pots"`
	Feeds    int64         `json:"feeds"`
	Pushes   int64         `json:"pushes"` // Accounts whose customers have a phone.
	Faults   []audit.Fault `json:"faults"`
}

func (p *program) runAudit(ctx context.Context) error {
	n, err := bank.Find(ctx, p.folder())
	if err != nil {
		return err
	}
	found, err := p.auditAll(ctx, n)
	if err != nil {
		return err
	}
	if p.json() {
		err = p.print(found)
	} else {
		err = p.showAudit(found)
	}
	if err == nil && len(found.Faults) > 0 {
		err = fmt.Errorf("the books contradict themselves in %d places", len(found.Faults))
	}
	return err
}

func (p *program) auditAll(ctx context.Context, n bank.Notice) (audited, error) {
	bar := &bar{screen: p.screen, quiet: p.json()}
	defer bar.end()
	read, faults, err := books.Books{
		Ask: func(ctx context.Context, path string) (page audit.Page, err error) {
			err = admin(ctx, n, path, &page)
			return page, err
		},
		Show: bar.step,
	}.Audit(ctx)
	return audited{
		Accounts: read.Accounts.Checked, Entries: read.Accounts.Entries, Journals: read.Journals.Checked,
		Payments: read.Payments.Checked, Bank: read.BankPayments.Checked, Pots: read.Pots.Checked,
		Feeds: read.Feeds.Checked, Pushes: read.Pushes.Checked, Faults: append(make([]audit.Fault, 0), faults...),
	}, err
}

func (p *program) showAudit(found audited) error {
	for _, f := range found.Faults {
		where := "journal " + f.Journal
		switch {
		case f.Account != "" && f.Sequence > 0:
			where = fmt.Sprintf("account %s, entry %d", f.Account, f.Sequence)
		case f.Account != "" && f.Transaction != "":
			where = fmt.Sprintf("account %s, transaction %s", f.Account, f.Transaction)
		case f.BankPayment != "":
			where = "payment " + f.BankPayment
		case f.Pot != "":
			where = "pot " + f.Pot
		case f.Payment != "":
			where = "payment " + f.Payment
		case f.Account != "":
			where = "account " + f.Account
		case f.Journal == "":
			where = "the whole ledger"
		}
		fmt.Fprintf(p.screen, "%s %s: %s: %s\n", p.screen.Red("✗"), where, f.Rule, f.Detail)
	}
	_, err := fmt.Fprintf(p.screen,
		"%d accounts with %d entries, %d journals, %d card payments, %d bank payments, %d pots, %d feeds, "+
			"pushes to %d accounts: %d faults\n",
		found.Accounts, found.Entries, found.Journals, found.Payments, found.Bank, found.Pots, found.Feeds, found.Pushes,
		len(found.Faults))
	return err
}
