package jetstream

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"farthing/pkg/errs"
	"farthing/pkg/events"
)

// maxLetters is the most that one listing answers.
const maxLetters = 1_000

// DeadLetters are the events that a subscription gave up, in the order in which it did, with the reason: at most limit,
// from 1 to 1,000. A name that nobody knows has none.
func (b *Bus) DeadLetters(ctx context.Context, name string, limit int) ([]events.DeadLetter, error) {
	if limit < 1 || limit > maxLetters {
		return nil, errs.BadParam("limit", "is from 1 to 1,000")
	}
	stream, err := b.letters(ctx, name)
	if err != nil {
		return nil, err
	}
	var letters []events.DeadLetter
	for next := uint64(1); len(letters) < limit; {
		found, err := stream.GetMsg(ctx, next, jetstream.WithGetMsgSubject(b.config.Prefix+"dead."+name+".*"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading a dead letter: %w", readError(err))
		}
		letter, err := readLetter(found.Data)
		if err != nil {
			return nil, fmt.Errorf("reading dead letter %d: %w", found.Sequence, err)
		}
		letters, next = append(letters, letter), found.Sequence+1
	}
	return letters, nil
}

// letters is the stream of dead letters.
func (b *Bus) letters(ctx context.Context, name string) (jetstream.Stream, error) {
	if !isName(name) {
		return nil, errs.BadParam("name", "is lower case letters, digits and underscores, at most 64")
	}
	if err := b.ensureDeadStream(ctx); err != nil {
		return nil, err
	}
	stream, err := b.js.Stream(ctx, b.deadStream())
	if err != nil {
		return nil, fmt.Errorf("looking for dead letters: %w", readError(err))
	}
	return stream, nil
}

// Replay delivers a dead letter once more, from its first try: at once if the subscription runs, else when it does.
// An event that is no dead letter of that name, such as one replayed already, is not_found.dead_letter. After an
// outcome that is unknown it may be repeated, and the event be delivered twice.
func (b *Bus) Replay(ctx context.Context, name, eventID string) error {
	stream, err := b.letters(ctx, name)
	if err != nil {
		return err
	}
	found, err := stream.GetLastMsgForSubject(ctx, b.deadSubject(name, eventID))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return errs.Missing("dead_letter")
	}
	if err != nil {
		return fmt.Errorf("reading a dead letter: %w", readError(err))
	}
	letter, err := readLetter(found.Data)
	if err != nil {
		return fmt.Errorf("reading dead letter %d: %w", found.Sequence, err)
	}
	if err := b.again(ctx, name, letter.Event); err != nil {
		return fmt.Errorf("replaying: %w", err)
	}
	// By its number: if the event has died again meanwhile, the new letter stays.
	if err := remove(ctx, stream, found.Sequence); err != nil {
		return fmt.Errorf("deleting a dead letter: %w", unknown(err))
	}
	return nil
}

// remove deletes a message that may be gone already.
func remove(ctx context.Context, stream jetstream.Stream, sequence uint64) error {
	err := stream.DeleteMsg(ctx, sequence)
	if err == nil {
		return nil
	}
	if _, missing := stream.GetMsg(ctx, sequence); errors.Is(missing, jetstream.ErrMsgNotFound) {
		return nil
	}
	return err
}

// again publishes an event for one subscription alone, as it was.
func (b *Bus) again(ctx context.Context, name string, e events.Event) error {
	stream, err := events.Stream(e.Type)
	if err != nil {
		return err
	}
	// A stream keeps nothing that no durable wants: without this look the letter would vanish.
	_, err = b.js.Consumer(ctx, b.streamName(stream), b.durableName(name))
	if errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrStreamNotFound) {
		return errs.New(errs.PreconditionFailed+".subscription", "The subscription has never run")
	}
	if err != nil {
		return readError(err)
	}
	m := &nats.Msg{Subject: b.againSubject(stream, name), Data: events.AppendEnvelope(nil, e)}
	return await(ctx, []*publication{b.enqueue(ctx, b.streamName(stream), []*nats.Msg{m})})
}

// readError is the error of a question, which changed nothing.
func readError(err error) error { return unavailable(err) }
