package foundation

import (
	"context"
	"io"
	"log/slog"

	"farthing/pkg/trace"
)

// NewLog writes lines of JSON from a level on. A line that is logged with a context carries the context's trace id.
func NewLog(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(traced{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})})
}

// traced adds the trace id to what is logged, unless the line says it already.
type traced struct{ slog.Handler }

const traceIDKey = "trace_id"

func (t traced) Handle(ctx context.Context, record slog.Record) error {
	id := trace.ID(ctx)
	record.Attrs(func(a slog.Attr) bool {
		if a.Key == traceIDKey {
			id = ""
		}
		return id != ""
	})
	if id != "" {
		record = record.Clone()
		record.AddAttrs(slog.String(traceIDKey, id))
	}
	return t.Handler.Handle(ctx, record)
}

func (t traced) WithAttrs(attrs []slog.Attr) slog.Handler { return traced{t.Handler.WithAttrs(attrs)} }

func (t traced) WithGroup(name string) slog.Handler { return traced{t.Handler.WithGroup(name)} }
