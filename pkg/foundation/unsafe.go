package foundation

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"farthing/pkg/events/jetstream"
)

// UnsafeError names the settings of servers that could lose an acknowledged write or event.
type UnsafeError struct{ Settings []string }

// Error is all of them in a line.
func (e UnsafeError) Error() string {
	return "refusing to start on what may lose acknowledged writes: " + strings.Join(e.Settings, "; ")
}

// readSettingsWithin is how long servers may take to tell their settings.
const readSettingsWithin = 15 * time.Second

// CheckDurability fails with an UnsafeError where the site's servers could lose what they acknowledged. Settings that
// cannot be read count as unsafe: nobody knows what they are. Embedded stores are safe by making.
func (s Site) CheckDurability(ctx context.Context, log *slog.Logger) error {
	if s.AllowUnsafe {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readSettingsWithin)
	defer cancel()
	found, err := s.unsafeCassandra(ctx, log)
	if err != nil {
		return err
	}
	if found = append(found, s.unsafeNATS(ctx)...); len(found) > 0 {
		return UnsafeError{found}
	}
	return nil
}

func (s Site) unsafeCassandra(ctx context.Context, log *slog.Logger) ([]string, error) {
	if s.Cassandra == "" {
		return nil, nil
	}
	cluster, err := s.OpenCassandra(log)
	if err != nil {
		return nil, noCluster(err)
	}
	found, err := cluster.Unsafe(ctx)
	for i := range found {
		found[i] = "Cassandra " + strings.TrimPrefix(found[i], "Cassandra ")
	}
	if err != nil {
		found = append(found, fmt.Sprintf("Cassandra's settings cannot be read: %v", err))
	}
	if err := cluster.Close(); err != nil {
		log.Warn("closing a look at Cassandra's settings", "error", err)
	}
	return found, nil
}

func (s Site) unsafeNATS(ctx context.Context) []string {
	switch {
	case s.NATS == "":
		return nil
	case s.NATSMonitor == "":
		return []string{"NATS' durability settings cannot be read: the address of its monitoring port is not set"}
	}
	found, err := jetstream.Unsafe(ctx, s.NATSMonitor)
	if err != nil {
		return []string{fmt.Sprintf("NATS' durability settings cannot be read: %v", err)}
	}
	for i := range found {
		found[i] = "NATS " + found[i]
	}
	return found
}
