// Package fakeapple is a fake of Apple's push service: HTTP/2 over TLS, POST /3/device/{token}, Apple's rules, status
// codes and reason strings, and a book of what the phones show. It knows nothing of the sender it is a check for.
package fakeapple

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
)

const (
	defaultPerDevice = 50
	defaultMax       = 10_000

	maxStreams        = 1000 // As many as Apple allows on a connection.
	readHeaderTimeout = 10 * time.Second
)

// Options say who may push and how much is kept. Keys and Clock are required.
type Options struct {
	Keys    []Key       // Whoever signs with one of them may push to its topics.
	Clock   clock.Clock // For the age of provider tokens, received-at and the certificate.
	Names   []string    // Host names and addresses of the certificate; none: localhost and both loopback addresses.
	Journal io.Writer   // Every delivery as a line of JSON, before it is answered. Nil keeps none.

	PerDevice int // Notifications kept for a device; zero is 50.
	Max       int // Notifications kept in all; zero is 10,000.
}

// Server is the fake. It is safe for concurrent use and may serve several listeners at once.
type Server struct {
	clock       clock.Clock
	certificate tls.Certificate
	ca          []byte
	verifier    *verifier
	book        *Book
	journal     journal
	faults      faults
	stats       stats
}

// New makes a server with an authority and a certificate of its own. It serves nothing yet.
func New(o Options) (*Server, error) {
	if len(o.Keys) == 0 {
		return nil, errs.MissingParam("keys")
	}
	if o.Clock == nil {
		return nil, errs.MissingParam("clock")
	}
	if len(o.Names) == 0 {
		o.Names = []string{"localhost", "127.0.0.1", "::1"}
	}
	certificate, ca, err := newCertificate(o.Names, o.Clock.Now())
	if err != nil {
		return nil, fmt.Errorf("fake push server: %w", err)
	}
	return &Server{
		clock: o.Clock, certificate: certificate, ca: ca, verifier: newVerifier(o.Keys),
		book:    newBook(orDefault(o.PerDevice, defaultPerDevice), orDefault(o.Max, defaultMax)),
		journal: journal{out: o.Journal},
	}, nil
}

func orDefault(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}

// CA is the authority which clients must trust, as PEM.
func (s *Server) CA() []byte { return s.ca }

// Book is what the phones show.
func (s *Server) Book() *Book { return s.book }

// Inject makes later pushes fail. Two of the same spoil twice as many.
func (s *Server) Inject(f Fault) error { return s.faults.add(f) }

// ClearFaults ends all faults, used up or not.
func (s *Server) ClearFaults() { s.faults.clear() }

// Serve answers pushes until the context ends, then closes the listener and every connection, waits for what it
// started and returns nil. It returns an error if the listener fails before that.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	var work work
	server := s.httpServer(&work)
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	err := server.ServeTLS(listener, "", "")
	_ = server.Close()
	work.wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serving pushes: %w", err)
}

func (s *Server) httpServer(work *work) *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP2(true)
	return &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if work.begin() {
				defer work.end()
				s.answerPush(w, r)
			}
		}),
		Protocols:         &protocols,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{s.certificate}, MinVersion: tls.VersionTLS12},
		ReadHeaderTimeout: readHeaderTimeout,
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, connectionKey{}, &connection{})
		},
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				work.begin()
				s.stats.connected()
			case http.StateClosed, http.StateHijacked:
				work.end()
			case http.StateActive, http.StateIdle:
			}
		},
		ErrorLog: log.New(io.Discard, "", 0), // Failed handshakes are the client's to report.
	}
}

// connectionKey finds the *connection in a request's context.
type connectionKey struct{}

func (s *Server) answerPush(w http.ResponseWriter, r *http.Request) {
	now := s.clock.Now()
	d, reason := s.readPush(r, now)
	if reason != "" {
		s.refuse(w, r, Fault{Reason: reason}, now)
		return
	}
	fault, faulty := s.faults.take(d.Device)
	if faulty && fault.Reason != LostAnswer {
		s.spoil(w, r, fault, now)
		return
	}
	s.deliver(w, r, d, now)
	if faulty {
		s.stats.refused(LostAnswer)
		panic(http.ErrAbortHandler) // The documented way to reset the stream.
	}
}

// deliver shows the push on its phone and accepts it.
func (s *Server) deliver(w http.ResponseWriter, r *http.Request, d *Delivery, now time.Time) {
	if d.ApnsID == "" {
		d.ApnsID = newUUID()
	}
	if err := s.journal.append(d); err != nil {
		s.refuse(w, r, Fault{Reason: InternalServerError}, now) // An answered push must be in the journal.
		return
	}
	id := d.ApnsID // The book owns d from here on.
	s.book.add(d)
	w.Header()["Apns-Id"] = []string{id}
	w.WriteHeader(http.StatusOK)
}

func (s *Server) spoil(w http.ResponseWriter, r *http.Request, fault Fault, now time.Time) {
	if fault.Reason != Hang {
		s.refuse(w, r, fault, now)
		return
	}
	s.stats.refused(Hang)
	<-r.Context().Done() // The sender gave up, or the server closes.
}

// refusal is the body of every answer but 200.
type refusal struct {
	Reason    Reason `json:"reason"`
	Timestamp int64  `json:"timestamp,omitempty"` // Milliseconds since 1970, with 410 only.
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, fault Fault, now time.Time) {
	s.stats.refused(fault.Reason)
	status := statuses[fault.Reason]
	body := refusal{Reason: fault.Reason}
	if status == http.StatusGone {
		if body.Timestamp = now.UnixMilli(); !fault.Since.IsZero() {
			body.Timestamp = fault.Since.UnixMilli()
		}
	}
	id := first(r.Header, "Apns-Id")
	if !isUUID(id) {
		id = newUUID()
	}
	w.Header()["Apns-Id"] = []string{id}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // Fails only if the sender has gone.
}

// newUUID is a random UUID in upper case, as Apple's are.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // Never fails.
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return strings.ToUpper(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]))
}
