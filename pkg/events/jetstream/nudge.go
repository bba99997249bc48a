package jetstream

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"
)

// nudgeSubject is of no stream: the server passes nudges on and forgets them.
func (b *Bus) nudgeSubject(topic string) string { return b.config.Prefix + "nudges." + topic }

// Nudge is events.Nudges'.
func (b *Bus) Nudge(topic, key string) {
	_ = b.conn.Publish(b.nudgeSubject(topic), []byte(key)) // It may get lost, and so it may not be sent.
}

// nudgesWaiting is how many wait for a listener; what comes then is lost.
const nudgesWaiting = 4_096

// Listen is events.Nudges'. After a reconnection it goes on by itself.
func (b *Bus) Listen(ctx context.Context, topic string, take func(key string)) error {
	came := make(chan *nats.Msg, nudgesWaiting)
	sub, err := b.conn.ChanSubscribe(b.nudgeSubject(topic), came)
	if err != nil {
		return fmt.Errorf("listening for nudges of %s: %w", topic, unavailable(err))
	}
	defer func() { _ = sub.Unsubscribe() }() // It fails only when the connection has gone.
	for {
		select {
		case nudge := <-came:
			take(string(nudge.Data))
		case <-ctx.Done():
			return nil
		}
	}
}
