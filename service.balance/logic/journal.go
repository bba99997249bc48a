package logic

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash/fnv"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/money"
	"farthing/pkg/trace"
)

// Journal moves money between accounts: its legs sum to zero. It is written down before its first leg, and whoever
// finds it unfinished rolls it forward; legs have ids of their own, so running it twice is harmless.
type Journal struct {
	ID       string // jrn_…, the same for the same dedupe id.
	Legs     []Leg
	Request  []byte // A hash of what was asked, to tell a repeat from another request under the same id.
	OpenedAt time.Time
	Finished bool
}

// Leg is one account's part of a journal.
type Leg struct {
	Account string
	Amount  money.Amount // Signed.
}

// legID is the entry's id of the journal's n-th leg.
func (j Journal) legID(n int) string { return fmt.Sprintf("%s:%d", j.ID, n) }

// Journals is where journals are kept.
type Journals interface {
	// Open writes a journal down unless it is there already, and returns the one that is.
	Open(ctx context.Context, j Journal) (Journal, error)
	// Finish marks it done. Repeating it is harmless.
	Finish(ctx context.Context, j Journal) error
	// Unfinished is some of the journals opened in the hours since a time and not finished.
	Unfinished(ctx context.Context, since time.Time) ([]Journal, error)
}

// Bookkeeper runs journals over the ledger.
type Bookkeeper struct {
	Ledger   *Ledger
	Journals Journals
	Accounts Accounts
	Clock    Clock
}

// fundingShards spread the funding account, which is a leg of every payment in, over several ledgers.
const fundingShards = 16

// PayIn posts money from outside to an account, against the funding account, and answers the account's entry. A
// repeat of a dedupe id answers the first one; with another body it is conflict.dedupe_id.
func (b *Bookkeeper) PayIn(
	ctx context.Context, account string, amount money.Amount, dedupeID string,
) (Journal, Entry, error) {
	state, err := b.Accounts.Load(ctx, account)
	if err != nil {
		return Journal{}, Entry{}, err
	}
	if state.Currency != amount.Currency {
		return Journal{}, Entry{}, errs.BadParam("amount.currency", "must be the account's, "+state.Currency)
	}
	wanted := b.payIn(account, amount, dedupeID)
	journal, err := b.Journals.Open(ctx, wanted)
	if err != nil {
		return Journal{}, Entry{}, fmt.Errorf("opening a journal: %w", err)
	}
	if string(journal.Request) != string(wanted.Request) {
		return Journal{}, Entry{}, errs.New(errs.Conflict+".dedupe_id", "This dedupe_id was used for another payment")
	}
	entry, err := b.run(ctx, journal)
	return journal, entry, err
}

func (b *Bookkeeper) payIn(account string, amount money.Amount, dedupeID string) Journal {
	journalID := id.Hash("jrn", account+"/"+dedupeID)
	shard := fnv.New32a()
	_, _ = shard.Write([]byte(journalID)) // A hash never fails.
	funding := fmt.Sprintf("acc_funding_%s_%02d", amount.Currency, shard.Sum32()%fundingShards)
	return Journal{
		ID: journalID, Request: payInRequest(account, amount), OpenedAt: b.Clock.Now(),
		Legs: []Leg{
			{funding, money.Amount{Minor: -amount.Minor, Currency: amount.Currency}},
			{account, amount},
		},
	}
}

// payInRequest is a hash of what a payment in asks for.
func payInRequest(account string, amount money.Amount) []byte {
	hash := sha256.Sum256(fmt.Appendf(nil, "pay-in/%s/%d/%s", account, amount.Minor, amount.Currency))
	return hash[:]
}

// run posts every leg, the debits first, and answers the last one's entry.
func (b *Bookkeeper) run(ctx context.Context, j Journal) (Entry, error) {
	var last Entry
	for n, leg := range j.Legs {
		if leg.Amount.Minor < 0 {
			if err := b.Accounts.Open(ctx, leg.Account, leg.Amount.Currency); err != nil {
				return Entry{}, fmt.Errorf("opening %s: %w", leg.Account, err)
			}
		}
		decision, err := b.Ledger.Do(ctx, leg.Account, Command{
			ID: j.legID(n), Kind: Posted, Amount: leg.Amount.Minor, Journal: j.ID, Traceparent: trace.Traceparent(ctx),
		})
		if err != nil {
			return Entry{}, fmt.Errorf("posting leg %d of %s: %w", n, j.ID, err)
		}
		last = decision.Entry
	}
	if j.Finished {
		return last, nil
	}
	return last, b.Journals.Finish(ctx, j)
}

// RollForward finishes the journals that were opened since a time and left behind by whoever ran them.
func (b *Bookkeeper) RollForward(ctx context.Context, since time.Time) error {
	unfinished, err := b.Journals.Unfinished(ctx, since)
	if err != nil {
		return fmt.Errorf("listing unfinished journals: %w", err)
	}
	for _, journal := range unfinished {
		if _, err := b.run(ctx, journal); err != nil {
			return fmt.Errorf("rolling %s forward: %w", journal.ID, err)
		}
	}
	return nil
}
