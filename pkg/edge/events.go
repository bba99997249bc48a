package edge

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"time"

	"farthing/pkg/clock"
)

// Events answers 200 and then server-sent events (WHATWG HTML, section 9.2), for as long as run goes on. Its context
// ends when the client has gone or the server drains; no filter's deadline ends it.
func Events(run func(ctx context.Context, out *EventWriter)) Response { return Response{events: run} }

// EventWriter writes to one stream. It is for one goroutine.
type EventWriter struct {
	writer  http.ResponseWriter
	control *http.ResponseController
}

// eventTimeout is how long a client may take to read what is sent.
const eventTimeout = 10 * time.Second

// Send sends one event: its name, its data as JSON, and, if it has one, the id by which a client that comes back says
// what it has seen. It fails if the client has gone, or does not read.
func (w *EventWriter) Send(name, id string, data any) error {
	encoded, err := encode(data)
	if err != nil {
		return fmt.Errorf("encoding a %T: %w", data, err)
	}
	defer release(encoded)
	var out bytes.Buffer
	fmt.Fprintf(&out, "event: %s\ndata: %s", name, encoded.Bytes()) // JSON is one line, and ends with a newline here.
	if id != "" {
		fmt.Fprintf(&out, "id: %s\n", id)
	}
	out.WriteByte('\n')
	return w.write(out.Bytes())
}

// Beat sends what clients ignore, so that whoever stands between does not take the stream for dead.
func (w *EventWriter) Beat() error { return w.write([]byte(":\n\n")) }

func (w *EventWriter) write(b []byte) error {
	if err := w.control.SetWriteDeadline(clock.Real{}.Now().Add(eventTimeout)); err != nil {
		return fmt.Errorf("bounding a write: %w", err)
	}
	if _, err := w.writer.Write(b); err != nil {
		return fmt.Errorf("writing an event: %w", err)
	}
	return w.control.Flush()
}

// Header values of a stream.
var (
	contentEvents = []string{"text/event-stream"}
	unbuffered    = []string{"no"} // Proxies that know it pass each event on at once.
)

// stream sends a stream's header and lets it run.
func (r Response) stream(ctx context.Context, x *exchange) {
	header := x.writer.Header()
	maps.Copy(header, r.Header)
	header["Content-Type"] = contentEvents
	header["X-Content-Type-Options"] = noSniff
	header["Cache-Control"] = noStore
	header["X-Accel-Buffering"] = unbuffered
	if x.traceID != "" {
		header.Set("Trace-Id", x.traceID)
	}
	x.writer.WriteHeader(http.StatusOK)
	if x.http.Method == http.MethodHead {
		return
	}
	ctx, cancel := drained(ctx)
	defer cancel()
	control := http.NewResponseController(x.writer)
	_ = control.SetReadDeadline(time.Time{}) // That nothing more comes does not end it; a test's writer has none.
	r.events(ctx, &EventWriter{x.writer, control})
}

// drainKey is where a server's requests find the context that ends when it drains.
type drainKey struct{}

// drained is a context that ends also when the server drains.
func drained(ctx context.Context) (context.Context, context.CancelFunc) {
	draining, ok := ctx.Value(drainKey{}).(context.Context)
	ctx, cancel := context.WithCancel(ctx)
	if !ok {
		return ctx, cancel
	}
	stop := context.AfterFunc(draining, cancel)
	return ctx, func() { stop(); cancel() }
}
