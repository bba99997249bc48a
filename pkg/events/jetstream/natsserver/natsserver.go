// Package natsserver is a NATS server inside this process, for a bank in one process or on one machine, and for tests.
// It syncs each event to the disk before it acknowledges it.
package natsserver

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
)

// readyWithin is how long a server may take to read what it has on its disk.
const (
	readyWithin = time.Minute
	readyStep   = 50 * time.Millisecond
)

// Options are a server's. Only Dir is required.
type Options struct {
	Dir   string // Where streams are kept; one server at a time. Made if it is not there.
	Host  string // Where clients connect; 127.0.0.1 by default.
	Port  int    // 0: a free one.
	Token string // Required of clients, a secret; "" for none.
	Log   *slog.Logger
}

// Server is a running NATS server with JetStream on files.
type Server struct {
	server *server.Server
	token  string
}

// Start runs a server, which answers when Start returns.
func Start(o Options) (*Server, error) {
	if o.Dir == "" {
		return nil, errs.MissingParam("dir")
	}
	s, err := server.NewServer(o.server())
	if err != nil {
		return nil, fmt.Errorf("making a NATS server: %w", err)
	}
	l := newLog(o.Log)
	s.SetLoggerV2(l, false, false, false)
	s.Start()
	started := &Server{server: s, token: o.Token}
	if err := started.await(l); err != nil {
		return nil, errors.Join(fmt.Errorf("starting a NATS server: %w", err), started.Close())
	}
	return started, nil
}

// await returns when the server answers, or cannot go on.
func (s *Server) await(l *log) error {
	for watch := clock.Start(); watch.Elapsed() < readyWithin; {
		if s.server.ReadyForConnections(readyStep) && s.server.JetStreamEnabled() {
			return nil
		}
		select {
		case why := <-l.fatal:
			return errors.New(why)
		default:
		}
	}
	return errors.New("it takes too long; its log may say why")
}

func (o Options) server() *server.Options {
	if o.Host == "" {
		o.Host = "127.0.0.1"
	}
	if o.Port == 0 {
		o.Port = server.RANDOM_PORT
	}
	return &server.Options{
		Host: o.Host, Port: o.Port, Authorization: o.Token,
		HTTPHost: "127.0.0.1", HTTPPort: server.RANDOM_PORT,
		JetStream: true, StoreDir: o.Dir, SyncAlways: true,
		NoSigs: true, DisableJetStreamBanner: true,
	}
}

// URL is the server's address for clients, with the token if there is one: a secret then.
func (s *Server) URL() string {
	u := url.URL{Scheme: "nats", Host: s.server.Addr().String()}
	if s.token != "" {
		u.User = url.User(s.token)
	}
	return u.String()
}

// Monitor is the address of the server's monitoring, on this machine only.
func (s *Server) Monitor() string {
	return fmt.Sprint("http://127.0.0.1:", s.server.MonitorAddr().Port)
}

// Close ends the server and waits until everything is on the disk. Repeating it is harmless.
func (s *Server) Close() error {
	s.server.Shutdown()
	s.server.WaitForShutdown()
	return nil
}
