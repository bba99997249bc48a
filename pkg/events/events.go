// Package events tells other services what happened: publish, and durable subscriptions, on two buses.
//
// The bus promises at least once, in no order. So a consumer is idempotent by event id, and takes the highest version
// of what an event is about. A body is the full state, never a difference: protobuf, from the owner's proto folder.
package events

import (
	"context"
	"errors"
	"time"
)

// Event is one thing that happened, in its envelope.
type Event struct {
	ID      string // evt_…, the same each time it is published again.
	Type    string // "transactions.enriched": the stream's name, a dot, what happened.
	Key     string // What it is about: an account's id, a transaction's id.
	Version int64  // Grows with each event about one key.

	OccurredAt  time.Time     // Business time. What is derived from an event takes this time.
	PublishedAt time.Time     // Real time, set by the bus.
	Traceparent string        // W3C trace context of the call that caused it.
	ClockOffset time.Duration // The sender's business clock; the receiver takes the larger.

	Body []byte // Protobuf, at most 48 KiB.
}

// Publisher makes events durable.
type Publisher interface {
	// Publish returns when all of them are durable. An error that Is timeout.outcome_unknown means that some may be.
	// Publishing an event again is harmless: consumers drop what they have seen.
	Publish(ctx context.Context, events ...Event) error
}

// Bus is a publisher that can be subscribed to.
type Bus interface {
	Publisher
	Nudges
	// Run delivers a subscription's events until ctx ends, then waits for the handlers under way. One durable name may
	// run in several places, which share its events. A name that is new gets what is published from then on.
	Run(ctx context.Context, s Subscription) error
	// Declare makes a durable name known before anybody runs it, so that it misses nothing from then on. Repeating it
	// is harmless.
	Declare(ctx context.Context, s Subscription) error
	// Outstanding is how many events a subscription has still to acknowledge, wherever it runs: those that it has not
	// been given yet, those under way and those that wait for another try. Dead letters are not among them.
	Outstanding(ctx context.Context, s Subscription) (int64, error)
	// DeadLetters are the events that a subscription gave up, oldest first, with the reason.
	DeadLetters(ctx context.Context, name string, limit int) ([]DeadLetter, error)
	// Replay delivers a dead letter once more, from its first try.
	Replay(ctx context.Context, name, eventID string) error
}

// Nudges tell those who listen at this moment, wherever they run, that something about a key has changed. Nobody keeps
// them: they may get lost or come twice. So a nudge says when to look, never what is there.
type Nudges interface {
	// Nudge returns at once; that nobody can be reached is no failure.
	Nudge(topic, key string)
	// Listen hands over the keys of a topic, one at a time, until ctx ends. Take must be quick.
	Listen(ctx context.Context, topic string, take func(key string)) error
}

// Subscription is a durable name, what it wants to be told, and what it does about it.
type Subscription struct {
	Name  string   // Durable, named as a keyspace: "feed_generator".
	Types []string // All of one stream.
	// After holds each event back until it is this old in real time, without counting as a try.
	After time.Duration
	// Handle acts on an event; nil acknowledges it. An error has it delivered again, later each time, and after
	// MaxTries it becomes a dead letter. The context carries the event's trace.
	Handle func(ctx context.Context, e Event) error

	Concurrency int           // Handlers at once; 16 by default.
	MaxTries    int           // 16 by default.
	Timeout     time.Duration // Of one handling; 10 s by default.
}

// DeadLetter is an event that a subscription gave up.
type DeadLetter struct {
	Event  Event
	Tries  int
	Reason string // The coded part of the last error.
	At     time.Time
}

// ErrPoison wraps a failure that no repeat can mend: the event goes to the dead letters at once.
var ErrPoison = errors.New("this event can never be handled")
