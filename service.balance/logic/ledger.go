package logic

import (
	"context"
	"time"

	"farthing/pkg/day"
	"farthing/pkg/store"
)

// Accounts is where ledgers are kept. Its storage decides nothing.
type Accounts interface {
	// Open starts a ledger at zero; one that is there already stays as it is.
	Open(ctx context.Context, id, currency string) error
	Buckets
	// Post writes the next state and the entries that explain it, or nothing at all. An error that Is
	// store.ErrUnknown means that it may still happen.
	Post(ctx context.Context, was, next Account, entries []Entry) (Posting, error)
	// Fence writes a Void entry in an account's bucket, under an id with this time, if there is none. It is refused, too,
	// if the bucket is closed, or if the state does not know the newest fence.
	Fence(ctx context.Context, in Account, void Entry, at time.Time) (Posting, error)
	// Close ends a bucket in this sealed state, for ever. It is refused if its state is another.
	Close(ctx context.Context, sealed Account) (Posting, error)
	// OpenNext opens the bucket after a closed one, if that is not done already, and returns its state as it is.
	OpenNext(ctx context.Context, closed Account) (Account, error)
	// List is an account's entries with sequences above one, lowest first, at most limit. ListIn is that of one bucket.
	List(ctx context.Context, account string, after int64, limit int) ([]Entry, error)
	ListIn(ctx context.Context, account string, bucket, after int64, limit int) ([]Entry, error)
	// LoadIn is the state in one bucket, and whether that was ever opened.
	LoadIn(ctx context.Context, account string, bucket int64) (Account, bool, error)
	// BucketAt is the last bucket that was opened at or before a time, or is about to be.
	BucketAt(ctx context.Context, account string, at time.Time) (int64, error)
}

// Posting is what became of Post.
type Posting struct {
	Posted  bool
	Account Account          // When refused: the state as it is.
	Seen    map[string]Entry // When refused: the entries that were there already, by id.
}

// Relay tells the other services of entries, from the entries themselves: nothing posted is ever left untold.
type Relay interface {
	// Mark makes it durable, once a minute, that an account is about to be written.
	Mark(ctx context.Context, account string) error
	// Committed says that entries are there to be told, in the order of their sequence.
	Committed(account string, entries []Entry)
}

// Clock is business time and its offset.
type Clock interface {
	Now() time.Time
	Offset() time.Duration
}

// Ledger decides commands on accounts. Each account has one queue, which is drained into one conditional write after
// another: correctness never depends on it (the store's conditions see to that), the speed of hot accounts does.
type Ledger struct {
	accounts Accounts
	relay    Relay
	clock    Clock
	london   *time.Location
	observe  func(opened int64, entries []Entry)

	bucketEntries int64

	queues   queues
	drainers drainers
	doubts   doubts
}

// Option is what a ledger may have otherwise than usual.
type Option func(*Ledger)

// RollingAt has buckets roll at so many entries, more than zero.
func RollingAt(entries int64) Option { return func(l *Ledger) { l.bucketEntries = entries } }

// NewLedger is a ledger over these parts. Observe is told of entries that this process posted, and how many holds they
// opened or ended, for metrics.
func NewLedger(
	accounts Accounts, relay Relay, clk Clock, london *time.Location, observe func(opened int64, entries []Entry),
	options ...Option,
) *Ledger {
	l := &Ledger{
		accounts: accounts, relay: relay, clock: clk, london: london, observe: observe, bucketEntries: BucketEntries,
	}
	for _, option := range options {
		option(l)
	}
	return l
}

// Decision is the answer to a command: the entry as it was first written.
type Decision struct {
	Entry    Entry
	Repeated bool // It may have been there before this command.
}

// Do decides a command on an account, once: repeating its id answers the first entry. Errors: not_found.account;
// unavailable, when nothing was done; timeout.outcome_unknown, after which only the same id may be repeated.
func (l *Ledger) Do(ctx context.Context, account string, c Command) (Decision, error) {
	waiting := &pending{
		command: c, wanted: wanted{id: c.ID, at: idTime(c.ID, c.OpenedAt)}, ctx: ctx, done: make(chan result, 1),
	}
	queue := l.queues.of(account)
	if queue.push(waiting) {
		l.drainers.do(func() { l.drain(account, queue) }) //nolint:contextcheck // Each round takes its commands' contexts.
	}
	select {
	case r := <-waiting.done:
		return r.decision, r.err
	case <-ctx.Done():
		if queue.withdraw(waiting) {
			return Decision{}, store.Unavailable(ctx.Err())
		}
		return Decision{}, store.Unknown(ctx.Err())
	}
}

// Drain waits until every command that was asked for is settled. No command may be asked for any more.
func (l *Ledger) Drain() { l.drainers.stop() }

// lastSeen is a state that an account has had: the one that this process remembers, or the newest.
func (l *Ledger) lastSeen(ctx context.Context, account string) (Account, error) {
	if known := l.queues.of(account).remembered(); known != nil {
		return *known, nil
	}
	return l.accounts.Load(ctx, account)
}

// moment is now, as a decision sees it.
func (l *Ledger) moment() Moment {
	return Moment{Now: l.clock.Now(), Offset: l.clock.Offset(), London: l.london}
}

// Balance is an account's state, and what was spent on the day that is today, in minor units.
func (l *Ledger) Balance(ctx context.Context, account string) (state Account, spentToday int64, err error) {
	state, err = l.accounts.Load(ctx, account)
	if err != nil {
		return Account{}, 0, err
	}
	return state, state.SpentOn(day.Of(l.clock.Now(), l.london)), nil
}

// Currency is an account's, which never changes: not_found.account if there is none.
func (l *Ledger) Currency(ctx context.Context, account string) (string, error) {
	state, err := l.lastSeen(ctx, account)
	return state.Currency, err
}
