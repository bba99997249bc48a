package cassandra

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/gocql/gocql"
)

const (
	// Longer than any of the server's own limits, so that an answer usually comes before it. Callers have deadlines.
	answerTimeout = 11 * time.Second
	// How soon a node that went away is tried again. The driver's own minute would make a bank of one node wait it out.
	reconnectEvery = 2 * time.Second
	// How long a pool waits after its one try.
	poolPause = 10 * time.Millisecond
)

// connecting is a session being made, or made. Each keyspace has its own: the driver finds the replicas of a batch
// through its session's keyspace only, and without them conditional writes of one partition would contend.
type connecting struct {
	done    chan struct{} // Closed when session or err is set.
	session *gocql.Session
	err     error
}

// session connects to the keyspace once. A failure is forgotten, so the next caller tries again.
func (s *Store) session(ctx context.Context, keyspace string) (*gocql.Session, error) {
	s.mu.Lock()
	c, ok := s.sessions[keyspace]
	if !ok {
		c = &connecting{done: make(chan struct{})}
		s.sessions[keyspace] = c
		// The driver's connecting takes no context, so the caller leaves it to finish by itself.
		go s.connect(keyspace, c)
	}
	s.mu.Unlock()

	select {
	case <-c.done:
		return c.session, c.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (s *Store) connect(keyspace string, c *connecting) {
	defer close(c.done)
	c.session, c.err = s.cluster(s.hosts, keyspace).CreateSession()
	if c.err != nil {
		c.err = fmt.Errorf("connecting to cassandra keyspace %q: %w", keyspace, c.err)
		s.mu.Lock()
		delete(s.sessions, keyspace)
		s.mu.Unlock()
	}
}

// cluster is the driver's configuration. What it leaves out matters as much: there is no RetryPolicy (it would send
// conditional writes again) and no ShuffleReplicas (a partition's writes belong on one replica, which locks them).
func (s *Store) cluster(hosts []string, keyspace string) *gocql.ClusterConfig {
	c := gocql.NewCluster(hosts...)
	c.Port = s.port
	c.Keyspace = keyspace
	c.ProtoVersion = 4
	c.DefaultTimestamp = false // The server's clock, and paxos's ballots, order writes.
	c.Consistency = gocql.LocalQuorum
	c.SerialConsistency = gocql.LocalSerial
	c.Timeout, c.ConnectTimeout = answerTimeout, answerTimeout

	c.ReconnectInterval = reconnectEvery
	// A pool that lost its connections would try three times, a second apart, by itself, also after its session is closed.
	// Once is enough: then the node counts as gone, and is tried again as above.
	c.ReconnectionPolicy = &gocql.ConstantReconnectionPolicy{MaxRetries: 1, Interval: poolPause}
	// Waiting for other frames to share a system call costs a lone conditional write 1 to 1.5 of its 2 ms, and 64 at
	// once gain nothing by it (BenchmarkPosting).
	c.WriteCoalesceWaitTime = 0
	c.StreamObserver = departures{}
	// At each change of any schema on the cluster every session would wait until all nodes agree on it, and go on waiting
	// after it is closed. What it waits for is where a keyspace's replicas are, which a session reads at its beginning.
	c.Events.DisableSchemaEvents = true
	c.Logger = driverLog{s.config.Log}
	fallback := gocql.RoundRobinHostPolicy()
	if s.config.Datacentre != "" {
		fallback = gocql.DCAwareRoundRobinPolicy(s.config.Datacentre)
	}
	c.PoolConfig.HostSelectionPolicy = gocql.TokenAwareHostPolicy(fallback)
	return c
}

// driverLog hands the driver's remarks (lost hosts, failed connections) to our log.
type driverLog struct{ log *slog.Logger }

func (d driverLog) remark(text string) {
	if d.log != nil {
		d.log.Info("cassandra driver", "remark", text)
	}
}

// Print is the driver's, as are the next two.
func (d driverLog) Print(v ...any) { d.remark(fmt.Sprint(v...)) }

// Printf is Print with a format.
func (d driverLog) Printf(format string, v ...any) { d.remark(fmt.Sprintf(format, v...)) }

// Println is Print with spaces.
func (d driverLog) Println(v ...any) { d.remark(fmt.Sprintln(v...)) }
