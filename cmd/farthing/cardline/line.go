// Package cardline speaks to the bank as a card network does: ISO 8583 over a connection that many messages share.
package cardline

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"farthing/pkg/clock"
	"farthing/service.card-api/iso8583"
)

// ErrClosed is a line that has ended. Whether what was asked over it was done, nobody knows.
var ErrClosed = errors.New("the bank has closed the line")

// Line is a connection. Many may ask over it at once: an answer belongs to the oldest message of its type and STAN.
type Line struct {
	socket   net.Conn
	encoding iso8583.Encoding

	writing sync.Mutex // One message at a time.

	mu      sync.Mutex // Guards the rest.
	waiting map[key][]chan iso8583.Message
	closed  bool
	ended   chan struct{}
}

// key is what an answer has in common with its message.
type key struct{ mti, stan string }

// Dial connects to a bank's door, host:port.
func Dial(ctx context.Context, address string, encoding iso8583.Encoding) (*Line, error) {
	var dialer net.Dialer
	socket, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("calling the bank: %w", err)
	}
	return Over(socket, encoding), nil
}

// Over is a line over a connection that is there. Close closes it.
func Over(socket net.Conn, encoding iso8583.Encoding) *Line {
	l := &Line{
		socket: socket, encoding: encoding, waiting: make(map[key][]chan iso8583.Message), ended: make(chan struct{}),
	}
	go l.read()
	return l
}

// writeWithin is how long the bank may take to take a message.
const writeWithin = 5 * time.Second

// Ask sends a message and waits for its answer, or for ctx's end. It fails with ErrClosed when the line ends first.
func (l *Line) Ask(ctx context.Context, m iso8583.Message) (iso8583.Message, error) {
	body, err := iso8583.Encode(m, l.encoding)
	if err != nil {
		return iso8583.Message{}, err
	}
	framed, err := iso8583.Frame(body)
	if err != nil {
		return iso8583.Message{}, err
	}
	mti, _ := iso8583.AnswerTo(m.MTI)
	of, answer := key{mti, m.Get(iso8583.STAN)}, make(chan iso8583.Message, 1)
	if err := l.await(of, answer); err != nil {
		return iso8583.Message{}, err
	}
	defer l.forget(of, answer)
	if err := l.write(framed); err != nil {
		return iso8583.Message{}, fmt.Errorf("asking the bank: %w", err)
	}
	select {
	case reply := <-answer:
		return reply, nil
	case <-ctx.Done():
		return iso8583.Message{}, context.Cause(ctx)
	case <-l.ended:
		select { // It may have come just before.
		case reply := <-answer:
			return reply, nil
		default:
			return iso8583.Message{}, ErrClosed
		}
	}
}

func (l *Line) await(of key, answer chan iso8583.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	l.waiting[of] = append(l.waiting[of], answer)
	return nil
}

func (l *Line) forget(of key, answer chan iso8583.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.waiting[of][:0]
	for _, each := range l.waiting[of] {
		if each != answer {
			kept = append(kept, each)
		}
	}
	if l.waiting[of] = kept; len(kept) == 0 {
		delete(l.waiting, of)
	}
}

func (l *Line) write(framed []byte) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.socket.SetWriteDeadline(clock.Real{}.Now().Add(writeWithin)); err != nil {
		return err
	}
	_, err := l.socket.Write(framed)
	return err
}

// read hands answers out until the line ends. One that nobody waits for is dropped.
func (l *Line) read() {
	defer close(l.ended)
	defer l.close()
	for {
		body, err := iso8583.ReadFrame(l.socket)
		if err != nil {
			return
		}
		reply, err := iso8583.Decode(body, l.encoding)
		if err != nil {
			return
		}
		l.hand(reply)
	}
}

func (l *Line) hand(reply iso8583.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := key{reply.MTI, reply.Get(iso8583.STAN)}
	if waiting := l.waiting[of]; len(waiting) > 0 {
		waiting[0] <- reply // It has room for one, and gets one.
		l.waiting[of] = waiting[1:]
	}
}

func (l *Line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	_ = l.socket.Close() // Again, perhaps.
}

// Close ends the line and whatever waits for an answer.
func (l *Line) Close() error {
	l.close()
	<-l.ended
	return nil
}
