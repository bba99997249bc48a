// Package jetstream is the event bus of several processes: streams and durable consumers of a NATS server.
//
// Each stream of events is a JetStream stream on files that keeps an event until every durable name has acknowledged it
// (interest retention). A subscription pulls small batches, hands each event to a handler of its own, and acknowledges
// what was handled; what failed goes back with a delay. What is given up is first written to the stream of dead letters
// and then acknowledged. A replay is an event once more, on a subject that only its subscription hears.
//
// Publish returns when the server has acknowledged everything. That is durable only on a server which syncs before it
// acknowledges: Unsafe and UnsafeStreams name what is set otherwise. Package natsserver is such a server.
package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
)

// Bounds of a connection.
const (
	dialTimeout     = 2 * time.Second
	reconnectWait   = 100 * time.Millisecond // Plus up to reconnectJitter, so that not all come back at once.
	reconnectJitter = 300 * time.Millisecond
	pingEvery       = 5 * time.Second // A server that is silent for three of them is gone.
	maxPings        = 2
)

// Config is where the bus lives. Only URL is required.
type Config struct {
	URL      string // nats://…; several, separated by commas, for a cluster. Credentials within are secret.
	Prefix   string // Before the names of streams, durables and subjects; lower case letters, digits and underscores.
	Replicas int    // Of each stream; 0 stands for 1.

	Log *slog.Logger // Dead letters, outages and what should not happen; discarded by default.

	// Around is called for each handling and must call handle once, with its context or one made of it, and return
	// its error. It is where traces continue, clocks take over offsets and handlings are counted.
	Around func(ctx context.Context, name string, e events.Event, handle func(context.Context) error) error
}

// Bus is an events.Bus on a NATS server. It is safe for concurrent use.
type Bus struct {
	config Config
	conn   *nats.Conn
	js     jetstream.JetStream
	closed chan struct{} // Once the connection is.
	acks   acks
	rounds sync.WaitGroup // Of all committers.

	ackWait time.Duration

	mu         sync.Mutex // Guards the rest.
	closing    bool
	committers map[string]*committer
	streams    map[string]bool // That are known to exist.
	runs       map[*run]bool   // To be told of a new connection.
}

// Open connects to the server, and tries again until ctx ends. A server that refuses the credentials, and a Config that
// can never work, fail at once. Later outages are ridden out, however long.
func Open(ctx context.Context, c Config) (*Bus, error) {
	c, err := c.checked()
	if err != nil {
		return nil, err
	}
	b := &Bus{
		config: c, ackWait: ackWait,
		committers: make(map[string]*committer), streams: make(map[string]bool), runs: make(map[*run]bool),
	}
	for {
		if err = b.connect(ctx); err == nil {
			return b, nil
		}
		if errors.Is(err, nats.ErrAuthorization) || clock.Wait(ctx, reconnectWait) != nil {
			return nil, fmt.Errorf("connecting to NATS: %w", unavailable(err))
		}
	}
}

func (c Config) checked() (Config, error) {
	if c.URL == "" {
		return c, errs.MissingParam("url")
	}
	for server := range strings.SplitSeq(c.URL, ",") {
		// Not wrapped: the error quotes the address, which may hold a password.
		if u, err := url.Parse(strings.TrimSpace(server)); err != nil || u.Host == "" {
			return c, errs.BadParam("url", "is nats://host:port, or several of it with commas between")
		}
	}
	if c.Prefix != "" && !isName(c.Prefix) {
		return c, errs.BadParam("prefix", "is lower case letters, digits and underscores, at most 64")
	}
	if c.Replicas < 0 || c.Replicas > 5 {
		return c, errs.BadParam("replicas", "is from 1 to 5")
	}
	c.Replicas = max(c.Replicas, 1)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Around == nil {
		c.Around = func(ctx context.Context, _ string, _ events.Event, handle func(context.Context) error) error {
			return handle(ctx)
		}
	}
	return c, nil
}

// connect is one attempt: a connection, and a JetStream that answers on it.
func (b *Bus) connect(ctx context.Context) error {
	closed := make(chan struct{})
	conn, err := nats.Connect(b.config.URL, b.options(closed)...)
	if err != nil {
		return err
	}
	js, err := jetstream.New(conn)
	if err == nil {
		err = b.acks.listen(conn)
	}
	if err == nil {
		limited, cancel := context.WithTimeout(ctx, dialTimeout)
		defer cancel()
		_, err = js.AccountInfo(limited)
	}
	if err != nil {
		conn.Close()
		<-closed
		return err
	}
	b.conn, b.js, b.closed = conn, js, closed
	return nil
}

func (b *Bus) options(closed chan struct{}) []nats.Option {
	return []nats.Option{
		nats.Name("farthing"),
		nats.Timeout(dialTimeout),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(reconnectJitter, reconnectJitter),
		nats.IgnoreAuthErrorAbort(), // A server that is being reconfigured may refuse us for a while.
		nats.ReconnectBufSize(-1),   // What cannot be sent now is refused, not put off.
		nats.PingInterval(pingEvery),
		nats.MaxPingsOutstanding(maxPings),
		nats.ClosedHandler(func(*nats.Conn) { close(closed) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			b.acks.failAll(nats.ErrDisconnected)
			if err != nil { // None when it was we who closed.
				b.config.Log.Warn("the event bus is away", "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { b.reconnected() }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			b.config.Log.Warn("the event bus complains", "error", err)
		}),
	}
}

// reconnected has every Run ask for events again: the server has forgotten what they asked for.
func (b *Bus) reconnected() {
	b.config.Log.Info("the event bus is back")
	b.mu.Lock()
	defer b.mu.Unlock()
	for r := range b.runs {
		r.reconnected()
	}
}

// Close ends the connection, after all Runs have ended. What Publish is waiting for becomes an unknown outcome.
// Repeating it is harmless.
func (b *Bus) Close() error {
	b.mu.Lock()
	b.closing = true
	b.mu.Unlock()
	b.conn.Close()
	<-b.closed
	b.acks.failAll(nats.ErrDisconnected) // What was sent may be durable.
	b.rounds.Wait()
	return nil
}

// unknown is the error of what was sent and may have been done.
func unknown(cause error) error {
	return errs.New(errs.OutcomeUnknown, "The outcome is not known; repeat with the same id").Because(cause)
}

// unavailable is the error of what was not done.
func unavailable(cause error) error {
	return errs.New(errs.Unavailable+".event_bus", "The event bus is away").Because(cause)
}
