package jetstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"farthing/pkg/errs"
	"farthing/pkg/events"
)

// Bounds of a durable consumer.
const (
	// ackWait is how long the server waits for a word about an event before it hands it to somebody else. Whoever has
	// one sends word every beat, however long the handler takes; so this is how long the events of a process that
	// died wait, not a handler's timeout.
	ackWait      = 10 * time.Second
	beatsPerWait = 4

	// maxPending bounds what is with handlers or waits for its next try, of all who run a name: when so many fail, it
	// reads no further until some succeed.
	maxPending = 8_192
)

// adminTimeout bounds a question about a stream or a durable.
const adminTimeout = 5 * time.Second

// ensureStream makes a stream of events unless it is there.
func (b *Bus) ensureStream(ctx context.Context, stream string) error {
	return b.ensure(ctx, jetstream.StreamConfig{
		Name:      b.streamName(stream),
		Subjects:  []string{b.subject(stream + ".*"), b.againSubject(stream, "*")},
		Retention: jetstream.InterestPolicy,
		Storage:   jetstream.FileStorage,
		Discard:   jetstream.DiscardNew, // A full disk refuses what is new; it never forgets what was acknowledged.
		Replicas:  b.config.Replicas,

		AllowAtomicPublish: true,
	})
}

// ensureDeadStream makes the stream of dead letters unless it is there. It keeps one letter for each subscription and
// event: the newest, if a burial was repeated.
func (b *Bus) ensureDeadStream(ctx context.Context) error {
	return b.ensure(ctx, jetstream.StreamConfig{
		Name:              b.deadStream(),
		Subjects:          []string{b.config.Prefix + "dead.*.*"},
		Retention:         jetstream.LimitsPolicy,
		Storage:           jetstream.FileStorage,
		MaxMsgsPerSubject: 1,
		Replicas:          b.config.Replicas,
	})
}

// ensure makes a stream unless it is there. One that is there keeps its settings, which may be its operator's; only
// what the bus's promises lean on must be so.
func (b *Bus) ensure(ctx context.Context, c jetstream.StreamConfig) error {
	if b.isKnown(c.Name) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	_, err := b.js.CreateStream(ctx, c)
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		err = b.acceptStream(ctx, c)
	}
	if err != nil {
		return fmt.Errorf("making the stream %s: %w", c.Name, adminError(err))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.streams[c.Name] = true
	return nil
}

func (b *Bus) acceptStream(ctx context.Context, c jetstream.StreamConfig) error {
	stream, err := b.js.Stream(ctx, c.Name)
	if err != nil {
		return err
	}
	is := stream.CachedInfo().Config
	for _, subject := range c.Subjects {
		if !slices.Contains(is.Subjects, subject) {
			return errs.New(errs.PreconditionFailed+".stream", "The stream lacks a subject").With("subject", subject)
		}
	}
	if is.Retention != c.Retention || is.Discard != c.Discard || is.MaxAge != 0 ||
		is.MaxMsgsPerSubject != limit(c.MaxMsgsPerSubject) {
		return errs.New(errs.PreconditionFailed+".stream", "The stream keeps other things than it must")
	}
	return nil
}

// limit is how the server writes a limit that is not set.
func limit(n int64) int64 {
	if n == 0 {
		return -1
	}
	return n
}

func (b *Bus) isKnown(stream string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.streams[stream]
}

func (b *Bus) forgetStreams() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.streams)
}

// ensureDurable makes a subscription's durable unless it is there, and has it hear all of the subscription's types. It
// never takes a type away from one: beside an old release may run a new one that wants more.
func (b *Bus) ensureDurable(ctx context.Context, s events.Subscription) error {
	stream, err := s.Stream()
	if err != nil {
		return err
	}
	if err := b.ensureStream(ctx, stream); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	for {
		done, err := b.tryDurable(ctx, stream, s)
		if err != nil {
			return fmt.Errorf("making the durable %s: %w", b.durableName(s.Name), adminError(err))
		}
		if done {
			return nil
		}
	}
}

// tryDurable makes or widens a durable. It is done when it finds nothing to do: others may be at it too.
func (b *Bus) tryDurable(ctx context.Context, stream string, s events.Subscription) (done bool, err error) {
	want := b.durableConfig(stream, s)
	found, err := b.js.Consumer(ctx, b.streamName(stream), b.durableName(s.Name))
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		_, err = b.js.CreateConsumer(ctx, b.streamName(stream), want)
		if errors.Is(err, jetstream.ErrConsumerExists) {
			return false, nil // Somebody was quicker.
		}
		return err == nil, err
	}
	if err != nil {
		return false, err
	}
	is := found.CachedInfo().Config
	all := union(is.FilterSubjects, want.FilterSubjects)
	if len(all) == len(is.FilterSubjects) && is.AckWait == want.AckWait && is.MaxAckPending == want.MaxAckPending {
		return true, nil
	}
	is.FilterSubjects, is.AckWait, is.MaxAckPending = all, want.AckWait, want.MaxAckPending
	_, err = b.js.UpdateConsumer(ctx, b.streamName(stream), is)
	return false, err
}

func (b *Bus) durableConfig(stream string, s events.Subscription) jetstream.ConsumerConfig {
	subjects := []string{b.againSubject(stream, s.Name)}
	for _, kind := range s.Types {
		subjects = append(subjects, b.subject(kind))
	}
	return jetstream.ConsumerConfig{
		Durable:        b.durableName(s.Name),
		DeliverPolicy:  jetstream.DeliverNewPolicy,
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        b.ackWait,
		MaxDeliver:     -1, // The bus counts; the server would drop without a letter.
		MaxAckPending:  maxPending,
		FilterSubjects: union(nil, subjects),
	}
}

// union is both, sorted, each once.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// adminError is the error of making something, which may be repeated whatever came of it.
func adminError(err error) error {
	if coded, ok := errors.AsType[*errs.Error](err); ok {
		return coded
	}
	return unavailable(err)
}
