package main

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"farthing/cmd/farthing/bank"
	balanceproto "farthing/service.balance/proto"
)

func (p *program) audit() *cobra.Command {
	return &cobra.Command{
		Use:   "audit",
		Short: "Derive every balance again from the ledger's entries",
		Long: "Audit reads the whole ledger of the bank that runs and compares what in it says the same twice: each\n" +
			"account's state with what its entries come to, each entry's sums and its hash over all before it, the row that\n" +
			"keeps repeats out, holds and what gave them back, each posting with its journal, each journal's legs (they come\n" +
			"to zero) with the accounts. It names the account and the entry of each account's first fault, and exits\n" +
			"with 1 if there is any. The bank may be in use meanwhile.",
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
	Accounts int64                     `json:"accounts"`
	Entries  int64                     `json:"entries"`
	Journals int64                     `json:"journals"`
	Faults   []balanceproto.AuditFault `json:"faults"`
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
	found := audited{Faults: make([]balanceproto.AuditFault, 0)}
	for _, part := range []struct {
		name, path string
		checked    *int64
	}{
		{"accounts", balanceproto.AuditAccountsPath, &found.Accounts},
		{"journals", balanceproto.AuditJournalsPath, &found.Journals},
	} {
		for after := ""; ; {
			page, err := auditPage(ctx, n, part.path, after)
			if err != nil {
				return audited{}, err
			}
			*part.checked += page.Checked
			found.Entries, found.Faults = found.Entries+page.Entries, append(found.Faults, page.Faults...)
			after = page.Next
			bar.step(part.name, *part.checked, after == "")
			if after == "" {
				break
			}
		}
	}
	return found, nil
}

func auditPage(ctx context.Context, n bank.Notice, path, after string) (balanceproto.AuditPage, error) {
	var page balanceproto.AuditPage
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
		case f.Account != "":
			where = "account " + f.Account
		}
		fmt.Fprintf(p.screen, "%s %s: %s: %s\n", p.screen.Red("✗"), where, f.Rule, f.Detail)
	}
	_, err := fmt.Fprintf(p.screen, "%d accounts with %d entries and %d journals: %d faults\n",
		found.Accounts, found.Entries, found.Journals, len(found.Faults))
	return err
}
