package cassandra

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"

	"github.com/gocql/gocql"

	"farthing/pkg/store"
)

// Config is where the cluster is and how keyspaces are made in it.
type Config struct {
	// Hosts are host:port of some of the nodes, at least one; the others are found through them, on the same port.
	Hosts []string
	// Datacentre is the one whose replicas are asked first. Empty in a cluster that has only one.
	Datacentre string
	// Replication is how Migrate creates a keyspace. One that exists keeps its own.
	Replication Replication
	// Prefix is put before the name of every keyspace, so that several banks can share a cluster. Usually empty.
	Prefix string
	// Log gets the driver's own remarks; nil drops them.
	Log *slog.Logger
}

// Store is a cluster. It is safe for concurrent use.
type Store struct {
	config Config
	hosts  []string
	port   int

	// Requests hold gate for reading, Close holds it for writing: that is how it waits for them.
	gate   sync.RWMutex
	closed bool

	mu       sync.Mutex
	sessions map[string]*connecting // Guarded by mu; by keyspace, "" for the schema's.
}

var errClosed = errors.New("the store is closed")

// New is a store on a cluster. It connects when it is first asked for something, so it fails only on a bad Config.
func New(config Config) (*Store, error) {
	s := &Store{config: config, sessions: make(map[string]*connecting)}
	if len(config.Hosts) == 0 {
		return nil, errors.New("cassandra: hosts: at least one host:port is needed")
	}
	for _, address := range config.Hosts {
		host, digits, err := net.SplitHostPort(address)
		if err != nil {
			return nil, fmt.Errorf("cassandra: hosts: %w", err)
		}
		port, err := strconv.ParseUint(digits, 10, 16)
		if err != nil || (s.port != 0 && s.port != int(port)) {
			return nil, fmt.Errorf("cassandra: hosts: %s: all nodes listen on one and the same port number", address)
		}
		s.hosts, s.port = append(s.hosts, host), int(port)
	}
	return s, nil
}

// Open is a service's own keyspace. It must have been migrated; until the cluster can be reached, all its calls are
// answered store.ErrUnavailable.
func (s *Store) Open(keyspace string) store.Engine {
	return &engine{store: s, keyspace: s.config.Prefix + keyspace}
}

// Close waits for requests under way and disconnects. A request made later is answered store.ErrUnavailable.
func (s *Store) Close() error {
	s.gate.Lock()
	defer s.gate.Unlock()
	s.closed = true

	s.mu.Lock()
	left := s.sessions
	s.sessions = nil // Nobody adds to it any more: begin refuses.
	s.mu.Unlock()
	for _, c := range left {
		<-c.done
		if c.session != nil {
			c.session.Close()
		}
	}
	return nil
}

// begin is a session on the keyspace ("" for none) that stays open until end is called.
func (s *Store) begin(ctx context.Context, keyspace string) (session *gocql.Session, end func(), err error) {
	// An ended context is refused here, before the driver might have begun to send.
	if err := ctx.Err(); err != nil {
		return nil, nil, store.Unavailable(context.Cause(ctx))
	}
	s.gate.RLock()
	if s.closed {
		s.gate.RUnlock()
		return nil, nil, store.Unavailable(errClosed)
	}
	session, err = s.session(ctx, keyspace)
	if err != nil {
		s.gate.RUnlock()
		return nil, nil, store.Unavailable(err)
	}
	return session, s.gate.RUnlock, nil
}
