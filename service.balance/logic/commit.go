package logic

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/store"
)

// How long one round may take: the card network's answer is due 1.5 s after its question, on the whole way.
const (
	postWithin  = 700 * time.Millisecond // Posting, and posting again.
	fenceWithin = 300 * time.Millisecond // Then fencing what is still unknown.
	postTries   = 5
	firstPause  = 2 * time.Millisecond
)

// drain decides round after round until the queue is empty.
func (l *Ledger) drain(account string, q *queue) {
	for {
		batch := q.take(int(min(batchMax, l.bucketEntries)))
		if len(batch) == 0 {
			return
		}
		r := round{ledger: l, queue: q, account: account, open: batch}
		r.run()
	}
}

// round is one batch of commands on its way into the ledger. Whatever happens, each command is answered once.
type round struct {
	ledger  *Ledger
	queue   *queue
	account string
	open    []*pending // Not answered yet.
	unknown bool       // An earlier try may still happen.
	last    error      // Why the last try did not settle everything.
}

func (r *round) run() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.open[0].ctx), postWithin)
	defer cancel()
	if err := r.ledger.relay.Mark(ctx, r.account); err != nil {
		r.failAll(store.Unavailable(err)) // Whatever became of the mark, no money moved.
		return
	}
	for try := range postTries {
		if try > 0 && pause(ctx, try) != nil {
			break
		}
		if r.try(ctx); len(r.open) == 0 {
			return
		}
	}
	r.giveUp()
}

// pause waits a little longer each time, never in step with others.
func pause(ctx context.Context, try int) error {
	longest := firstPause << try
	return clock.Wait(ctx, longest/2+rand.N(longest)) //nolint:gosec // Jitter needs no secrecy.
}

// try decides what is open on the state as it is, and posts it.
func (r *round) try(ctx context.Context) {
	state, err := r.state(ctx)
	if err == nil {
		err = r.lookBack(ctx, state)
	}
	if err != nil {
		r.failed(err)
		return
	}
	next, entries := r.decide(state)
	if len(entries) == 0 {
		return
	}
	posting, err := r.ledger.accounts.Post(ctx, state, next, entries)
	switch {
	case err != nil:
		r.queue.remember(nil)
		r.failed(err)
	case posting.Posted:
		r.queue.remember(&next)
		r.posted(next.OpenHolds-state.OpenHolds, entries)
	default:
		r.queue.remember(&posting.Account)
		r.refused(posting)
	}
}

// state is the newest that is known, in a bucket that takes the whole round.
func (r *round) state(ctx context.Context) (Account, error) {
	state, err := r.ledger.lastSeen(ctx, r.account)
	if err != nil {
		return Account{}, err
	}
	roomy, err := r.ledger.withRoom(ctx, state, int64(len(r.open)))
	switch {
	case err != nil:
		r.queue.remember(nil)
	case roomy.Bucket != state.Bucket:
		r.queue.remember(&roomy)
	}
	return roomy, err
}

// lookBack answers the commands that happened in an earlier bucket.
func (r *round) lookBack(ctx context.Context, state Account) error {
	if state.Bucket == 0 {
		return nil
	}
	open := r.open
	r.open = make([]*pending, 0, len(open))
	for i, p := range open {
		entry, found, err := p.wanted.below(ctx, r.ledger.accounts, state)
		if err != nil {
			r.open = append(r.open, open[i:]...)
			return err
		}
		if found {
			r.seen(p, entry)
			continue
		}
		r.open = append(r.open, p)
	}
	return nil
}

// decide runs every open command over the state, one after the other.
func (r *round) decide(state Account) (Account, []Entry) {
	moment := r.ledger.moment()
	entries := make([]Entry, 0, len(r.open))
	decidable := r.open[:0]
	for _, p := range r.open {
		next, entry, err := Decide(state, p.command, moment)
		if err != nil {
			p.fail(err)
			continue
		}
		state, entries, decidable = next, append(entries, entry), append(decidable, p)
	}
	r.open = decidable
	return state, entries
}

func (r *round) posted(opened int64, entries []Entry) {
	r.ledger.relay.Committed(r.account, entries)
	r.ledger.observe(opened, entries)
	for i, p := range r.open {
		p.answer(entries[i], r.unknown)
	}
	r.open = nil
}

// refused answers the commands that were there already; the others are decided again.
func (r *round) refused(posting Posting) {
	r.last = errs.New(errs.Conflict, "The account is busy")
	again := r.open[:0]
	for _, p := range r.open {
		if entry, ok := posting.Seen[p.command.ID]; ok {
			r.seen(p, entry)
			continue
		}
		again = append(again, p)
	}
	r.open = again
}

// seen answers a command that had happened.
func (r *round) seen(p *pending, entry Entry) {
	if r.unknown {
		r.doubted(p.command) // It may be ours, and is not told yet.
	}
	p.answer(entry, true)
}

// failed sorts a failure: final, to be tried again, or unknown.
func (r *round) failed(err error) {
	r.last = err
	switch {
	case errors.Is(err, store.ErrUnknown), errs.Is(err, errs.Timeout):
		r.unknown = true
	case errs.Is(err, errs.Unavailable):
	default:
		r.failAll(err)
	}
}

// giveUp ends what is still open: with "nothing was done" if that is certain, and behind a fence otherwise.
func (r *round) giveUp() {
	if !r.unknown {
		r.failAll(store.Unavailable(r.last))
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.open[0].ctx), fenceWithin)
	defer cancel()
	for _, p := range r.open {
		r.fence(ctx, p)
	}
	r.open = nil
}

// fence makes sure that a hold of unknown outcome either happened or never will. Releases and journal legs are not
// fenced: whoever asked for them repeats them until they are done.
func (r *round) fence(ctx context.Context, p *pending) {
	if p.command.Kind != Held {
		p.fail(store.Unknown(r.last))
		return
	}
	settled, err := r.ledger.fence(ctx, r.account, p.command)
	if err != nil || settled.Kind != Void {
		r.doubted(p.command)
	}
	if err != nil {
		p.fail(store.Unknown(err))
		return
	}
	p.answer(settled, true)
}

func (r *round) failAll(err error) {
	for _, p := range r.open {
		p.fail(err)
	}
	r.open = nil
}

// fence is the entry that holds from now on for a command's id: the one that was written, or a Void one.
func (l *Ledger) fence(ctx context.Context, account string, c Command) (Entry, error) {
	return l.fenced(ctx, Entry{
		Account: account, ID: c.ID, Kind: Void, Reason: TimedOut, TransactionID: c.TransactionID, At: l.clock.Now(),
	})
}

// fenceTries is how often a fence meets a bucket that others roll, or another fence, before it gives up.
const fenceTries = 8

// fenced writes a Void entry of a hold under its id, unless there is an entry in any bucket, which it then returns.
func (l *Ledger) fenced(ctx context.Context, void Entry) (Entry, error) {
	w := &wanted{id: void.ID, at: idTime(void.ID, time.Time{})}
	state, err := l.lastSeen(ctx, void.Account)
	for range fenceTries {
		if err == nil {
			state, err = l.withRoom(ctx, state, 0) // A fence is no entry.
		}
		if err != nil {
			return Entry{}, err
		}
		if entry, found, err := w.below(ctx, l.accounts, state); err != nil || found {
			return entry, err
		}
		fencing, err := l.accounts.Fence(ctx, state, void, w.at)
		if err != nil {
			return Entry{}, err
		}
		if fencing.Posted {
			return void, nil
		}
		if entry, ok := fencing.Seen[void.ID]; ok {
			return entry, nil
		}
		state = fencing.Account
	}
	return Entry{}, store.Unavailable(errs.New(errs.Conflict, "The account is busy"))
}
