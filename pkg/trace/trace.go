// Package trace records what one request did on its way through the services: spans in W3C Trace Context's terms, cheap
// enough for every hop of every swipe (docs/adr/002-spans.md), kept in a bounded memory of the process.
//
// A span holds ids, names and outcomes only. Attributes are ids as pkg/id makes them, and never personal: what looks
// like a card number is cut out, but nobody should count on it.
package trace

import (
	"context"
	"sync"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
)

// Kind says which side of which act a span stands for.
type Kind string

// The kinds of span.
const (
	Client  Kind = "client"  // A call to a peer, as its caller sees it.
	Server  Kind = "server"  // A request, as the service that answers sees it.
	Publish Kind = "publish" // An event on its way to the bus.
	Consume Kind = "consume" // An event being handled.
	Store   Kind = "store"   // One operation on the store.
)

// What an attribute may hold, so that no span outgrows its room.
const (
	maxAttributes = 8
	maxValue      = 96 // Bytes.
)

// Tracer starts spans in the name of one service. A nil Tracer starts none.
type Tracer struct {
	service  string
	recorder *Recorder
}

// Start begins a span below the one in ctx, or the first of a new trace. The span ends, and is recorded, with End.
// With a nil tracer it answers ctx and a nil span, whose methods do nothing.
func Start(ctx context.Context, t *Tracer, name string, kind Kind) (context.Context, *Span) {
	if t == nil {
		return ctx, nil
	}
	c := &spanContext{Context: ctx, span: Span{tracer: t, name: name, kind: kind}}
	if above := current(ctx); above != nil {
		c.span.link, c.span.parent = above.link, above.link.span
	} else {
		c.span.link = link{trace: newTraceID(), sampled: t.recorder.samples()}
	}
	c.span.link.span = newSpanID()
	c.span.started = t.recorder.watch.Elapsed()
	return c, &c.span
}

// Annotate puts a safe attribute, such as "transaction_id", on the span in ctx; traces are found by it. Setting a key
// again replaces its value. Without a span, or beyond eight keys, it does nothing.
func Annotate(ctx context.Context, key, value string) { current(ctx).annotate(key, value) }

// ID is the id of the trace in ctx, 32 hexadecimal digits as in logs, or "" if there is none.
func ID(ctx context.Context) string {
	if s := current(ctx); s != nil {
		return s.link.trace.String()
	}
	return ""
}

// Traceparent is the W3C header that continues the trace in ctx elsewhere, or "" if there is none.
func Traceparent(ctx context.Context) string {
	if s := current(ctx); s != nil {
		return s.link.String()
	}
	return ""
}

// WithRemote is ctx in which the next span continues the trace of a traceparent that came with a request or an event.
// A malformed one, or "", changes nothing: the next span begins a trace of its own, as the standard wants.
func WithRemote(ctx context.Context, traceparent string) context.Context {
	from, ok := parse(traceparent)
	if !ok {
		return ctx
	}
	return context.WithValue(ctx, spanKey{}, &Span{link: from})
}

// Span is one act under way. It is safe for concurrent use, and a nil one does nothing.
type Span struct {
	tracer  *Tracer // Nil in a remote span, which only lends its link.
	link    link
	parent  spanID
	name    string
	kind    Kind
	started time.Duration // Since the recorder began.

	mu         sync.Mutex // Guards the rest.
	attributes []Attribute
	ended      bool
}

// Attribute is one key and value of a span, such as "transaction_id" and "tx_…".
type Attribute struct {
	Key, Value string
}

// End records the span with its duration and the class of err's code, "ok" without error. Ending it again does nothing.
func (s *Span) End(err error) {
	if s == nil || !s.link.sampled || s.tracer == nil {
		return
	}
	took := s.tracer.recorder.watch.Elapsed() - s.started
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.ended = true
	s.tracer.recorder.add(&record{
		link: s.link, parent: s.parent, service: s.tracer.service, name: s.name, kind: s.kind,
		started: s.started, took: took, status: statusOf(err), attributes: s.attributes,
	})
}

func (s *Span) annotate(key, value string) {
	if s == nil || !s.link.sampled || s.tracer == nil {
		return
	}
	value = Safe(value[:min(len(value), maxValue)])
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	for i := range s.attributes {
		if s.attributes[i].Key == key {
			s.attributes[i].Value = value
			return
		}
	}
	if len(s.attributes) < maxAttributes {
		s.attributes = append(s.attributes, Attribute{key, value})
	}
}

// spanContext is a span and its context in one allocation.
type spanContext struct {
	context.Context
	span Span
}

type spanKey struct{}

// Value answers the span itself, and for all else what the context around it holds.
func (c *spanContext) Value(key any) any {
	if key == (spanKey{}) {
		return &c.span
	}
	return c.Context.Value(key)
}

func current(ctx context.Context) *Span {
	s, _ := ctx.Value(spanKey{}).(*Span)
	return s
}

func statusOf(err error) string {
	if err == nil {
		return "ok"
	}
	return errs.Of(err).Class()
}

// since starts the recorder's time: wall time at its beginning, then the monotonic clock.
func since() (time.Time, clock.Stopwatch) {
	watch := clock.Start()
	return watch.Started(), watch
}
