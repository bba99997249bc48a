package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ackTimeout is for the server's word that an event is durable.
const ackTimeout = 10 * time.Second

// acks are the acknowledgements that are waited for.
type acks struct {
	inbox string // Before a number.

	mu      sync.Mutex // Guards the rest.
	last    uint64
	waiting map[uint64]chan error
}

// ack is one that is waited for, or a failure to send.
type ack struct {
	from   *acks
	number uint64
	came   chan error
	failed error
}

// listen has what the server acknowledges on this connection arrive here.
func (a *acks) listen(conn *nats.Conn) error {
	a.inbox, a.waiting = conn.NewInbox()+".", make(map[uint64]chan error)
	_, err := conn.Subscribe(a.inbox+"*", a.take)
	return err
}

// send publishes a message that is to be acknowledged.
func (a *acks) send(conn *nats.Conn, m *nats.Msg) ack {
	a.mu.Lock()
	a.last++
	sent := ack{from: a, number: a.last, came: make(chan error, 1)}
	a.waiting[sent.number] = sent.came
	a.mu.Unlock()
	sent.failed = conn.PublishMsg(&nats.Msg{
		Subject: m.Subject, Reply: a.inbox + strconv.FormatUint(sent.number, 10), Header: m.Header, Data: m.Data,
	})
	return sent
}

// wait is the outcome: nil, an error for which wasRefused, or one that leaves it unknown.
func (s ack) wait(ctx context.Context) error {
	defer s.from.forget(s.number)
	if s.failed != nil {
		return s.failed
	}
	select {
	case err := <-s.came:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *acks) forget(number uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.waiting, number)
}

// take is called with each answer.
func (a *acks) take(m *nats.Msg) {
	number, err := strconv.ParseUint(strings.TrimPrefix(m.Subject, a.inbox), 10, 64)
	if err != nil {
		return
	}
	err = readAck(m)
	a.mu.Lock()
	defer a.mu.Unlock()
	if came, ok := a.waiting[number]; ok {
		delete(a.waiting, number)
		came <- err
	}
}

// readAck is what an answer says: nil if the event is durable.
func readAck(m *nats.Msg) error {
	if m.Header.Get("Status") == "503" {
		return nats.ErrNoResponders
	}
	var answer struct {
		Stream string              `json:"stream"`
		Error  *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(m.Data, &answer); err != nil {
		return errors.New("the server's answer cannot be read")
	}
	switch {
	case answer.Error != nil:
		return answer.Error
	case answer.Stream == "":
		return errors.New("the server's answer names no stream")
	default:
		return nil
	}
}

// failAll ends every wait: the connection on which the answers would come is gone.
func (a *acks) failAll(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for number, came := range a.waiting {
		delete(a.waiting, number)
		came <- err
	}
}

// wasRefused tells whether the error means that nothing was stored: it was never sent, nobody was there to store it, or
// the server said so.
func wasRefused(err error) bool {
	for _, refusal := range []error{
		nats.ErrReconnectBufExceeded, nats.ErrConnectionClosed, nats.ErrConnectionDraining, nats.ErrMaxPayload,
		nats.ErrInvalidConnection, nats.ErrNoResponders,
	} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return wasRejected(err)
}

// wasRejected tells whether the server had a look at it and said no.
func wasRejected(err error) bool {
	_, rejected := errors.AsType[*jetstream.APIError](err)
	return rejected
}
