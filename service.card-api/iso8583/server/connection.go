package server

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/trace"
	"farthing/service.card-api/iso8583"
)

// connection is one peer. Its reader reads messages, each of which is answered by a goroutine of its own; its writer
// writes what these have to say. A message holds one of the slots until its answer is written.
type connection struct {
	server     *Server
	socket     net.Conn
	from       *bufio.Reader    // Of the socket.
	encoding   iso8583.Encoding // The first message's. This and complained are the reader's own.
	complained bool
	slots      chan struct{}
	answers    chan []byte // Has room for every slot, so that nobody waits for the writer.
	broken     chan struct{}
	breaking   sync.Once
	why        ending // Set before broken is closed.

	mu       sync.Mutex // Guards stopped.
	stopped  bool       // Nothing more is to be read.
	answered sync.WaitGroup
}

func newConnection(s *Server, socket net.Conn) *connection {
	return &connection{
		server: s, socket: socket, from: bufio.NewReader(socket), broken: make(chan struct{}),
		slots: make(chan struct{}, s.limits.Outstanding), answers: make(chan []byte, s.limits.Outstanding),
	}
}

// run serves the peer until it goes, is sent away, or the door drains. What was read is answered in any case.
func (c *connection) run() {
	defer c.server.leave(c)
	log := c.server.log.With("door", "iso8583", "peer", c.socket.RemoteAddr().String())
	log.Info("network connected")
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.write()
	}()
	why := c.read()
	c.answered.Wait()
	close(c.answers)
	<-written
	select {
	case <-c.broken:
		why = c.why
	default:
	}
	c.server.metrics.ended(why)
	log.Info("network disconnected", "reason", string(why))
	_ = c.socket.Close()
}

// read reads messages until there are no more, and tells why.
func (c *connection) read() ending {
	for {
		body, why := c.next()
		if why != "" {
			return why
		}
		select {
		case c.slots <- struct{}{}:
		case <-c.broken:
			return c.why
		}
		if why := c.take(body); why != "" {
			<-c.slots
			return why
		}
	}
}

// next is the next message's bytes, or why there is none.
func (c *connection) next() ([]byte, ending) {
	limits := c.server.limits
	var header [iso8583.HeaderLength]byte
	if !c.readWithin(limits.Idle) {
		return nil, drained
	}
	if _, err := io.ReadFull(c.from, header[:1]); err != nil {
		return nil, c.endOf(err, idle)
	}
	if !c.readWithin(limits.Receive) {
		return nil, drained
	}
	if _, err := io.ReadFull(c.from, header[1:]); err != nil {
		return nil, c.endOf(err, slow)
	}
	body, err := iso8583.ReadBody(c.from, header)
	if err != nil {
		return nil, c.endOf(err, slow)
	}
	return body, ""
}

// endOf is why nothing more is read, after an error. A deadline that passes has the meaning that the caller gives it,
// unless it was set to end the reading.
func (c *connection) endOf(err error, late ending) ending {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.stopped:
		return drained
	case errors.Is(err, iso8583.ErrLength):
		return unframed
	case errors.Is(err, os.ErrDeadlineExceeded):
		return late
	}
	return gone
}

// readWithin gives the peer a time to send something, unless nothing more is to be read.
func (c *connection) readWithin(d time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stopped { // It fails on a socket that is closed; but what was sent before may be in the buffer.
		_ = c.socket.SetReadDeadline(clock.Real{}.Now().Add(d))
	}
	return !c.stopped
}

// stopReading ends the reader. A message of which only a part has come is not read.
func (c *connection) stopReading() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	_ = c.socket.SetReadDeadline(clock.Real{}.Now()) // It fails on a socket that is closed: then nobody reads.
}

// abort ends the connection whatever is outstanding.
func (c *connection) abort() { c.breakOff(aborted) }

func (c *connection) breakOff(why ending) {
	c.breaking.Do(func() {
		c.why = why
		close(c.broken)
		_ = c.socket.Close()
	})
}

// take has a message answered, or tells why it cannot be: whose bytes nobody can tell from others', whose type has no
// answer, or that has no STAN for its answer to be known by.
func (c *connection) take(body []byte) (why ending) {
	defer func() { // The library that reads messages is not ours, and the process has other connections.
		if cause := recover(); cause != nil {
			c.server.log.Error("a message could not be read", "door", "iso8583",
				"panic", trace.Safe(string(debug.Stack())))
			why = unframed
		}
	}()
	encoding, known := iso8583.Recognise(body)
	if c.encoding == 0 {
		c.encoding = encoding
	}
	if !known || encoding != c.encoding {
		return unframed
	}
	m, err := iso8583.Decode(body, encoding)
	if _, answerable := m.Reply(iso8583.FormatFault); !answerable {
		return unanswerable
	}
	watch := clock.Start()
	done := func(reply iso8583.Message) {
		c.server.metrics.answered(m.MTI, reply.Get(iso8583.ResponseCode), watch.Elapsed())
		c.send(reply, encoding)
	}
	if fault, isFault := errors.AsType[*iso8583.FormatError](err); isFault {
		c.complain(m, fault)
		refusal, _ := m.Refuse(fault)
		done(refusal)
		return ""
	}
	c.answered.Go(func() { done(c.answer(m)) })
	return ""
}

// complain logs the first malformed message of a connection: the others are counted.
func (c *connection) complain(m iso8583.Message, fault *iso8583.FormatError) {
	if c.complained {
		return
	}
	c.complained = true
	c.server.log.Warn("a message is malformed", "door", "iso8583", "peer", c.socket.RemoteAddr().String(), "message", m,
		"field", fault.Field, "rule", fault.Rule)
}

// answer answers a message, and survives what goes wrong with it.
func (c *connection) answer(m iso8583.Message) (reply iso8583.Message) {
	defer func() {
		if cause := recover(); cause != nil {
			c.server.log.Error("a message could not be answered", "door", "iso8583", "message", m,
				"panic", trace.Safe(string(debug.Stack())))
			reply, _ = m.Reply(iso8583.SystemMalfunction)
		}
	}()
	// A peer that goes away wants its message answered nevertheless: it may have been done, and is asked for again.
	return c.server.answer(context.Background(), m)
}

// send hands an answer to the writer, which has room for it.
func (c *connection) send(reply iso8583.Message, encoding iso8583.Encoding) {
	text, err := iso8583.Encode(reply, encoding)
	if err == nil {
		text, err = iso8583.Frame(text)
	}
	if err != nil { // Of what the bank composes itself all fits.
		c.server.log.Error("an answer cannot be encoded", "door", "iso8583", "message", reply, "error", err)
		c.breakOff(aborted)
	}
	c.answers <- text
}

// write writes answers until there are no more. After a failure it only gives the slots free.
func (c *connection) write() {
	for text := range c.answers {
		select {
		case <-c.broken:
		default:
			if err := c.put(text); err != nil {
				c.breakOff(c.endOf(err, slow))
			}
		}
		<-c.slots
	}
}

func (c *connection) put(text []byte) error {
	if err := c.socket.SetWriteDeadline(clock.Real{}.Now().Add(c.server.limits.Write)); err != nil {
		return err
	}
	_, err := c.socket.Write(text)
	return err
}
