package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"farthing/pkg/clock"
)

// Bounds of one request for events.
const (
	pullExpires   = 30 * time.Second
	pullHeartbeat = 2 * time.Second   // The server gives a sign of life this often while a request waits.
	pullSilence   = 3 * pullHeartbeat // Without one the request is taken for lost.
	pullAgain     = 250 * time.Millisecond
)

// puller asks the server for a durable's events, one request after another. One goroutine owns it.
type puller struct {
	conn    *nats.Conn
	subject string // Of requests.
	inbox   string // Of answers.
	sub     *nats.Subscription
	came    chan *nats.Msg

	owed  int             // Events that the request under way may still bring.
	heard clock.Stopwatch // Since the last sign of life.
}

// newPuller subscribes to what its requests, each of at most so many events, will bring.
func newPuller(conn *nats.Conn, stream, durable string, most int) (*puller, error) {
	p := &puller{
		conn: conn, inbox: conn.NewInbox(), subject: "$JS.API.CONSUMER.MSG.NEXT." + stream + "." + durable,
		// Never full: the library would drop what it cannot put there. Twice, for a request that was taken for lost.
		came: make(chan *nats.Msg, 4*most+64), heard: clock.Start(),
	}
	var err error
	if p.sub, err = conn.ChanSubscribe(p.inbox, p.came); err != nil {
		return nil, fmt.Errorf("subscribing to what is pulled: %w", unavailable(err))
	}
	return p, nil
}

// request asks for so many events. It tells whether it could.
func (p *puller) request(n int) bool {
	body, err := json.Marshal(struct {
		Batch     int           `json:"batch"`
		Expires   time.Duration `json:"expires"`
		Heartbeat time.Duration `json:"idle_heartbeat"`
	}{n, pullExpires, pullHeartbeat})
	if err != nil || p.conn.PublishRequest(p.subject, p.inbox, body) != nil {
		return false
	}
	p.owed, p.heard = n, clock.Start()
	return true
}

// lost forgets the request under way: its connection is gone, or the server is.
func (p *puller) lost() { p.owed = 0 }

// isSilent tells whether the request under way should be made again.
func (p *puller) isSilent() bool { return p.owed > 0 && p.heard.Elapsed() > pullSilence }

// What the server sent.
type verdict int

const (
	anEvent  verdict = iota
	aSign            // Of life.
	theEnd           // Of the request: it has expired.
	aRefusal         // Of the request: the durable is gone, or nobody serves it yet.
)

// judge tells what a message is.
func (p *puller) judge(m *nats.Msg) verdict {
	p.heard = clock.Start()
	switch m.Header.Get("Status") {
	case "":
		p.owed = max(p.owed-1, 0)
		return anEvent
	case "100":
		return aSign
	case "404", "408":
		p.owed = 0
		return theEnd
	default:
		p.owed = 0
		return aRefusal
	}
}

// stop ends the subscription and answers what had been sent before the server knew: what it sends later goes to others.
func (p *puller) stop(ctx context.Context) []*nats.Msg {
	// The library unsubscribes at the server and goes on receiving; then the round trip follows it.
	err := p.sub.Drain()
	if err = errors.Join(err, p.conn.FlushWithContext(ctx)); err != nil {
		_ = p.sub.Unsubscribe() // It has ended with its connection, if it has.
	}
	var rest []*nats.Msg
	for {
		select {
		case m := <-p.came:
			rest = append(rest, m)
		default:
			return rest
		}
	}
}
