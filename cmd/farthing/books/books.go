// Package books audits a whole bank: each service its own part, and then what all of them say together.
package books

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"farthing/pkg/audit"
	apnsproto "farthing/service.apns/proto"
	balanceproto "farthing/service.balance/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
	feedproto "farthing/service.feed/proto"
	paymentproto "farthing/service.payment/proto"
	potproto "farthing/service.pot/proto"
)

// Books reads a bank's, page by page.
type Books struct {
	// Ask answers what a path of the bank's admin door does.
	Ask func(ctx context.Context, path string) (audit.Page, error)
	// Show is told how many of a part have been read, and whether those were all; nil tells nobody.
	Show func(part string, checked int64, all bool)
}

// Reading is what one reading of all books found, part by part.
type Reading struct {
	Accounts, Journals, Payments, BankPayments, Pots, Feeds audit.Page
	Pushes                                                  audit.Page // Accounts whose customers have a phone.
}

type part struct {
	name, path string
	page       *audit.Page
}

// sums are what money is added up in, in an order in which it moves.
func (r *Reading) sums() []part {
	return []part{
		{"accounts", balanceproto.AuditAccountsPath, &r.Accounts},
		{"journals", balanceproto.AuditJournalsPath, &r.Journals},
		{"payments", cardprocessingproto.AuditPaymentsPath, &r.Payments},
		{"bank payments", paymentproto.AuditPaymentsPath, &r.BankPayments},
	}
}

func (r *Reading) others() []part {
	return []part{
		{"pots", potproto.AuditPotsPath, &r.Pots},
		{"feeds", feedproto.AuditFeedsPath, &r.Feeds},
		{"pushes", apnsproto.AuditPushesPath, &r.Pushes},
	}
}

// Faults are those of the parts, each by itself.
func (r *Reading) Faults() []audit.Fault {
	var all []audit.Fault
	for _, p := range slices.Concat(r.sums(), r.others()) {
		all = append(all, p.page.Faults...)
	}
	return all
}

// Read reads all books once.
func (b Books) Read(ctx context.Context) (Reading, error) {
	var r Reading
	err := b.read(ctx, slices.Concat(r.sums(), r.others()))
	return r, err
}

func (b Books) read(ctx context.Context, parts []part) error {
	for _, p := range parts {
		if err := b.readPart(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// Part reads one part of the books once, by its path at the admin door.
func (b Books) Part(ctx context.Context, path string) (audit.Page, error) {
	var page audit.Page
	err := b.readPart(ctx, part{path, path, &page})
	return page, err
}

// pageOf keeps a page far below what the admin door waits for.
const pageOf = 20

func (b Books) readPart(ctx context.Context, p part) error {
	for {
		query := url.Values{"after": {p.page.Next}, "limit": {strconv.Itoa(pageOf)}}
		page, err := b.Ask(ctx, p.path+"?"+query.Encode())
		if err != nil {
			return err
		}
		all := page.Next == ""
		p.page.Add(page)
		if b.show(p.name, p.page.Checked, all); all {
			return nil
		}
	}
}

func (b Books) show(part string, checked int64, all bool) {
	if b.Show != nil {
		b.Show(part, checked, all)
	}
}
