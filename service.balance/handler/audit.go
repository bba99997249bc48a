package handler

import (
	"context"
	"log/slog"
	"math"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"farthing/pkg/audit"
	"farthing/pkg/clock"
	"farthing/pkg/foundation"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.balance/storage"
)

// auditor proves the ledger: for operators, page by page, and for itself all the time, a few accounts at a time.
type auditor struct {
	books      *storage.Books
	london     *time.Location
	log        *slog.Logger
	mismatches prometheus.Counter

	// Of the audit that never ends: the accounts with a long past that it has met, and the one that it is in.
	long []string
	in   *logic.Auditing
}

const (
	// glanceEvery and glanceAt are the pace of the audit that never ends: cheap beside a single swipe a second.
	glanceEvery = 10 * time.Second
	glanceAt    = 10
	// glanceMost is the longest past that is audited at once. A longer one is one bucket at a time, before the walk goes
	// on.
	glanceMost = 1_000
)

func newAuditor(env *foundation.Env, books *storage.Books, london *time.Location) *auditor {
	return &auditor{
		books: books, london: london, log: env.Log,
		mismatches: promauto.With(env.Metrics).NewCounter(prometheus.CounterOpts{
			Name: "ledger_mismatch_total", Help: "Accounts and journals that an audit found to contradict themselves.",
		}),
	}
}

// operate answers operators:
//
//	GET /audit/accounts?after=PLACE&limit=100    audit.Page: some accounts' ledgers, derived again
//	GET /audit/journals?after=PLACE&limit=100    the same of journals
func (a *auditor) operate(env *foundation.Env) {
	env.Operate("GET "+balanceproto.AuditAccountsPath, a.pages(a.accounts))
	env.Operate("GET "+balanceproto.AuditJournalsPath, a.pages(a.journals))
}

// window is some accounts, or journals, of the walk over all.
type window struct {
	audit.Window
	most int64 // Entries of an account; one that has more is left for later, bucket by bucket.
}

type walk func(context.Context, window) (audit.Page, error)

func (a *auditor) pages(part walk) http.Handler {
	return audit.Pages(func(ctx context.Context, w audit.Window) (audit.Page, error) {
		return part(ctx, window{w, math.MaxInt64})
	})
}

func (a *auditor) accounts(ctx context.Context, w window) (audit.Page, error) {
	sizes, next, err := a.books.Walk(ctx, w.After, w.Limit)
	page := audit.Page{Next: next, Posted: make(map[string]int64), Own: make(map[string]int64)}
	for _, each := range sizes {
		page.Posted[each.Currency] += each.Posted
		if name := logic.OwnName(each.Account); name != "" {
			page.Own[name+" "+each.Currency] += each.Posted
		}
		if each.Entries > w.most {
			a.long = append(a.long, each.Account)
			continue
		}
		entries, audited := logic.Audit(ctx, a.books, each.Account, a.london)
		page.Entries += entries
		if err = a.found(ctx, &page, audited); err != nil {
			break
		}
	}
	return page, err
}

func (a *auditor) journals(ctx context.Context, w window) (audit.Page, error) {
	ids, next, err := a.books.WalkJournals(ctx, w.After, w.Limit)
	page := audit.Page{Next: next}
	for _, id := range ids {
		ended, audited := logic.AuditJournal(ctx, a.books, id)
		if err = a.found(ctx, &page, audited); err != nil {
			break
		}
		if !ended {
			page.UnderWay = append(page.UnderWay, id)
		}
	}
	return page, err
}

// found notes what an audit said, and answers what kept it from saying anything.
func (a *auditor) found(ctx context.Context, page *audit.Page, audited error) error {
	page.Checked++
	fault := logic.FaultOf(audited)
	if fault == nil {
		return audited
	}
	a.mismatches.Inc()
	a.log.ErrorContext(ctx, "the ledger contradicts itself", "account_id", fault.Account, "sequence", fault.Sequence,
		"journal_id", fault.Journal, "rule", fault.Rule, "detail", fault.Detail)
	page.Faults = append(page.Faults, audit.Fault{
		Account: fault.Account, Sequence: fault.Sequence, Journal: fault.Journal, Rule: fault.Rule, Detail: fault.Detail,
	})
	return nil
}

// glance audits a few accounts and journals at a time, round and round, until ctx ends.
func (a *auditor) glance(ctx context.Context) {
	var account, journal string
	clock.Every(ctx, glanceEvery, func(ctx context.Context) {
		if len(a.long) > 0 {
			a.bucket(ctx)
		} else {
			account = a.next(ctx, account, a.accounts)
		}
		journal = a.next(ctx, journal, a.journals)
	})
}

// bucket audits one bucket of an account with a long past. What could not be read is begun again.
func (a *auditor) bucket(ctx context.Context) {
	if a.in == nil {
		a.in = logic.Begin(a.books, a.long[0], a.london)
	}
	more, err := a.in.Next(ctx)
	if more {
		return
	}
	a.in = nil
	if err = a.found(ctx, &audit.Page{}, err); err != nil {
		a.failed(ctx, err)
		return
	}
	a.long = a.long[1:]
}

func (a *auditor) failed(ctx context.Context, err error) {
	if ctx.Err() == nil {
		a.log.WarnContext(ctx, "the ledger was not audited", "error", err)
	}
}

func (a *auditor) next(ctx context.Context, after string, part walk) string {
	page, err := part(ctx, window{audit.Window{After: after, Limit: glanceAt}, glanceMost})
	if err != nil {
		a.long = nil
		a.failed(ctx, err)
		return after // The same ones again.
	}
	return page.Next
}
