package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"farthing/pkg/foundation/foundationtest"
	"farthing/service.card-api/iso8583"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pipes is a listener whose connections are pipes, so that a bubble sees who waits for whom.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "pipe"} }

// door is a server that serves, until the test ends.
type door struct {
	*Server
	t        testing.TB
	listener *pipes
	served   chan error
	counted  *prometheus.Registry
	logged   *foundationtest.Lines
}

func openDoor(t testing.TB, limits Limits, answer Answer) *door {
	t.Helper()
	d := &door{
		t: t, listener: &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}, served: make(chan error, 1),
		counted: prometheus.NewRegistry(), logged: &foundationtest.Lines{},
	}
	d.Server = New(answer, limits, NewMetrics(d.counted), slog.New(slog.NewTextHandler(d.logged, nil)))
	go func() { d.served <- d.Serve(d.listener) }()
	t.Cleanup(func() {
		_ = d.Server.Close()
		if err := d.Shutdown(context.Background()); err != nil {
			t.Errorf("shutting the door: %v", err)
		}
		if err := <-d.served; err != nil {
			t.Errorf("serving ended with %v", err)
		}
	})
	return d
}

// peer is a connection to a door.
type peer struct {
	net.Conn
	t testing.TB
}

func (d *door) connect() peer {
	d.t.Helper()
	ours, theirs := net.Pipe()
	select {
	case d.listener.conns <- theirs:
	case <-d.listener.closed:
		_ = theirs.Close()
	}
	d.t.Cleanup(func() { _ = ours.Close() })
	return peer{ours, d.t}
}

// ended is how many connections have ended for a reason.
func (d *door) ended(why ending) int {
	d.t.Helper()
	families, err := d.counted.Gather()
	if err != nil {
		d.t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if family.GetName() == "iso8583_connections_ended_total" && metric.GetLabel()[0].GetValue() == string(why) {
				return int(metric.GetCounter().GetValue())
			}
		}
	}
	return 0
}

// request is a message with a STAN.
func request(stan int) iso8583.Message {
	return iso8583.New("0100").With(iso8583.STAN, fmt.Sprintf("%06d", stan)).With(iso8583.RRN, "631412000042")
}

func framed(t testing.TB, m iso8583.Message, e iso8583.Encoding) []byte {
	t.Helper()
	body, err := iso8583.Encode(m, e)
	if err != nil {
		t.Fatal(err)
	}
	frame, err := iso8583.Frame(body)
	if err != nil {
		t.Fatal(err)
	}
	return frame
}

func (p peer) send(stan int) {
	p.t.Helper()
	p.put(framed(p.t, request(stan), iso8583.ASCII))
}

func (p peer) put(frame []byte) {
	p.t.Helper()
	if _, err := p.Write(frame); err != nil {
		p.t.Fatalf("sending: %v", err)
	}
}

// hear is the next answer.
func (p peer) hear() iso8583.Message {
	p.t.Helper()
	body, err := iso8583.ReadFrame(p)
	if err != nil {
		p.t.Fatalf("reading an answer: %v", err)
	}
	m, err := iso8583.Decode(body, iso8583.ASCII)
	if err != nil {
		p.t.Fatal(err)
	}
	return m
}

// isSentAway wants the connection closed, and nothing more said.
func (p peer) isSentAway() {
	p.t.Helper()
	if got, err := io.ReadAll(p); len(got) > 0 || err != nil && !errors.Is(err, io.ErrClosedPipe) {
		p.t.Fatalf("the door said %q, %v, and should have closed", got, err)
	}
}

// at once answers every message "approved".
func atOnce(_ context.Context, m iso8583.Message) iso8583.Message {
	reply, _ := m.Reply(iso8583.Approved)
	return reply
}

// after answers every message after a time.
func after(d time.Duration) Answer {
	return func(ctx context.Context, m iso8583.Message) iso8583.Message {
		select {
		case <-time.After(d): //nolint:forbidigo // It is simulated.
		case <-ctx.Done():
		}
		return atOnce(ctx, m)
	}
}
