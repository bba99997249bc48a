package jetstream

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"farthing/pkg/events"
)

// Outstanding counts what a subscription has still to acknowledge: what was never delivered, what is with a handler of
// whichever process, and what waits for another try. A name that nobody declared has nothing outstanding.
func (b *Bus) Outstanding(ctx context.Context, s events.Subscription) (int64, error) {
	s, err := s.Checked()
	if err != nil {
		return 0, err
	}
	stream, err := s.Stream()
	if err != nil {
		return 0, err
	}
	consumer, err := b.js.Consumer(ctx, b.streamName(stream), b.durableName(s.Name))
	if errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrStreamNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("counting what is outstanding: %w", readError(err))
	}
	is := consumer.CachedInfo()
	return int64(is.NumPending) + int64(is.NumAckPending), nil //nolint:gosec // No stream holds that many.
}
