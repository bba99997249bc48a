package embedded

import (
	"context"

	"github.com/cockroachdb/pebble/v2"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
)

// maxLetters is the most that one listing answers.
const maxLetters = 1_000

// DeadLetters are the events that a subscription gave up, in the order of their publication, with the reason: at most
// limit, from 1 to 1,000. A name that nobody knows has none.
func (b *Bus) DeadLetters(_ context.Context, name string, limit int) ([]events.DeadLetter, error) {
	if limit < 1 || limit > maxLetters {
		return nil, errs.BadParam("limit", "is from 1 to 1,000")
	}
	var letters []events.DeadLetter
	err := b.eachLetter(name, func(_ uint64, letter events.DeadLetter) bool {
		letters = append(letters, letter)
		return len(letters) < limit
	})
	return letters, err
}

// Replay delivers a dead letter once more, from its first try: at once if the subscription runs, else when it does.
// An event that is no dead letter of that name, such as one replayed already, is not_found.dead_letter.
func (b *Bus) Replay(_ context.Context, name, eventID string) error {
	b.names.Lock()
	defer b.names.Unlock()
	seq, dead := uint64(0), (*events.DeadLetter)(nil)
	err := b.eachLetter(name, func(at uint64, letter events.DeadLetter) bool {
		if letter.Event.ID == eventID {
			seq, dead = at, &letter
		}
		return dead == nil
	})
	switch {
	case err != nil:
		return err
	case dead == nil:
		return errs.Missing("dead_letter")
	}
	return b.exhume(name, seq, dead.Event)
}

// exhume parks a dead letter again, due now, as one that was never tried.
func (b *Bus) exhume(name string, seq uint64, e events.Event) error {
	now := clock.Real{}.Now()
	batch := b.db.NewBatch()
	// The errors are a batch's own: they fail only when they are committed.
	_ = batch.Set(keyOf(parkedKind, name, seq), appendParked(nil, 0, now, e), nil)
	_ = batch.Delete(keyOf(deadKind, name, seq), nil)
	if err := batch.Commit(pebble.Sync); err != nil {
		return unknown(err)
	}
	if d, ok := b.durables[name]; ok {
		d.parkedAgain(seq, now)
	}
	return nil
}

// eachLetter calls f for each dead letter of a name until it answers false.
func (b *Bus) eachLetter(name string, f func(seq uint64, letter events.DeadLetter) bool) error {
	if name == "" || len(name) > 64 {
		return errs.BadParam("name", "is lower case letters, digits and underscores, at most 64")
	}
	iter, err := b.db.NewIter(&pebble.IterOptions{
		LowerBound: keyOf(deadKind, name, 0), UpperBound: keyAfterAll(deadKind, name),
	})
	if err != nil {
		return err
	}
	for ok := iter.First(); ok; ok = iter.Next() {
		letter, err := readLetter(iter.Value())
		if err != nil {
			return closing(iter, err)
		}
		_, seq := parseKey(iter.Key())
		if !f(seq, letter) {
			break
		}
	}
	return iter.Close()
}
