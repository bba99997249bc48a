package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	"farthing/pkg/audit"
	"farthing/pkg/clock"
	apnsproto "farthing/service.apns/proto"
	balanceproto "farthing/service.balance/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
	feedproto "farthing/service.feed/proto"
	paymentproto "farthing/service.payment/proto"
	potproto "farthing/service.pot/proto"
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

// auditAtOnce keeps a page far below what the admin door waits for.
const auditAtOnce = 20

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
	var accounts, journals, payments, bankPayments, pots, feeds, pushes audit.Page
	for _, part := range []struct {
		name, path string
		into       *audit.Page
	}{
		{"accounts", balanceproto.AuditAccountsPath, &accounts}, {"journals", balanceproto.AuditJournalsPath, &journals},
		{"payments", cardprocessingproto.AuditPaymentsPath, &payments},
		{"bank payments", paymentproto.AuditPaymentsPath, &bankPayments}, {"pots", potproto.AuditPotsPath, &pots},
		{"feeds", feedproto.AuditFeedsPath, &feeds}, {"pushes", apnsproto.AuditPushesPath, &pushes},
	} {
		if err := auditPart(ctx, n, part.path, part.into, func(done bool) {
			bar.step(part.name, part.into.Checked, done)
		}); err != nil {
			return audited{}, err
		}
	}
	unbalanced, err := p.stillUnbalanced(ctx, n, accounts)
	if err != nil {
		return audited{}, err
	}
	disagreeing, err := stillDisagreeing(ctx, n, accounts, payments, bankPayments)
	found := audited{
		Accounts: accounts.Checked, Entries: accounts.Entries, Journals: journals.Checked, Payments: payments.Checked,
		Bank: bankPayments.Checked, Pots: pots.Checked, Feeds: feeds.Checked, Pushes: pushes.Checked,
		Faults: make([]audit.Fault, 0),
	}
	found.Faults = append(found.Faults, slices.Concat(accounts.Faults, journals.Faults, payments.Faults,
		bankPayments.Faults, pots.Faults, feeds.Faults, pushes.Faults, unbalanced, disagreeing)...)
	return found, err
}

func auditPart(ctx context.Context, n bank.Notice, path string, into *audit.Page, step func(done bool)) error {
	for {
		page, err := auditPage(ctx, n, path, into.Next)
		if err != nil {
			return err
		}
		into.Add(page)
		if step(into.Next == ""); into.Next == "" {
			return nil
		}
	}
}

// stillUnbalanced are the currencies in which all accounts together do not come to zero, however often they are added
// up: while the bank is in use, money is on its way between two of them now and then.
func (p *program) stillUnbalanced(ctx context.Context, n bank.Notice, accounts audit.Page) ([]audit.Fault, error) {
	var faults []audit.Fault
	for _, currency := range accounts.Unbalanced() {
		sum := accounts.Posted[currency]
		for range 3 {
			var again audit.Page
			if err := auditPart(ctx, n, balanceproto.AuditAccountsPath, &again, func(bool) {}); err != nil {
				return nil, err
			}
			if again.Posted[currency] != sum {
				sum = 0 // It is on its way.
				break
			}
		}
		if sum != 0 {
			faults = append(faults, audit.Fault{
				Rule: "zero sum", Detail: fmt.Sprintf("all accounts together have %d minor units of %s", sum, currency),
			})
		}
	}
	return faults, nil
}

// lookAgainAfter is longer than money is usually on its way.
const lookAgainAfter = time.Second

// stillDisagreeing are the bank's own accounts that have other money than all who move it say together, however often
// both are added up.
func stillDisagreeing(
	ctx context.Context, n bank.Notice, accounts audit.Page, reasons ...audit.Page,
) ([]audit.Fault, error) {
	var said audit.Page
	for _, each := range reasons {
		said.Add(each)
	}
	gaps := audit.Gaps(accounts.Own, said.Own)
	for look := 0; look < 3 && len(gaps) > 0; look++ {
		if err := clock.Wait(ctx, lookAgainAfter); err != nil {
			return nil, err
		}
		var ledger, because audit.Page
		if err := auditPart(ctx, n, balanceproto.AuditAccountsPath, &ledger, func(bool) {}); err != nil {
			return nil, err
		}
		for _, path := range []string{cardprocessingproto.AuditPaymentsPath, paymentproto.AuditPaymentsPath} {
			if err := auditPart(ctx, n, path, &because, func(bool) {}); err != nil {
				return nil, err
			}
		}
		gaps = audit.Lasting(audit.Gaps(ledger.Own, because.Own), gaps) // Others were on their way.
	}
	return audit.Disagreement(gaps), nil
}

func auditPage(ctx context.Context, n bank.Notice, path, after string) (audit.Page, error) {
	var page audit.Page
	query := url.Values{"after": {after}, "limit": {strconv.Itoa(auditAtOnce)}}
	err := admin(ctx, n, path+"?"+query.Encode(), &page)
	return page, err
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
