package foundation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"farthing/pkg/foundation"
	"farthing/pkg/trace"
)

// logged is what a line of the log says.
func logged(t *testing.T, write func(context.Context, *slog.Logger)) (line map[string]any, traceID string) {
	t.Helper()
	var out bytes.Buffer
	ctx, span := trace.Start(t.Context(), trace.NewRecorder(trace.Limits{}).Tracer("service.balance"), "x", trace.Server)
	defer span.End(nil)
	write(ctx, foundation.NewLog(&out, slog.LevelInfo))
	if strings.Count(out.String(), "trace_id") > 1 {
		t.Fatalf("the line says it twice: %s", out.String())
	}
	if out.Len() > 0 {
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
	}
	return line, trace.ID(ctx)
}

func TestALineThatIsLoggedWithAContextCarriesItsTrace(t *testing.T) {
	line, id := logged(t, func(ctx context.Context, log *slog.Logger) {
		log.With("service", "service.balance").InfoContext(ctx, "hold released")
	})
	if line["trace_id"] != id || line["service"] != "service.balance" {
		t.Fatalf("the line is %v, want trace %s", line, id)
	}
}

func TestALineThatNamesItsTraceIsLeftAlone(t *testing.T) {
	line, _ := logged(t, func(ctx context.Context, log *slog.Logger) {
		log.InfoContext(ctx, "request failed", "trace_id", "mine")
	})
	if line["trace_id"] != "mine" {
		t.Fatalf("the line is %v", line)
	}
}

func TestALineWithoutAContextHasNoTraceAndQuietOnesAreNotWritten(t *testing.T) {
	line, _ := logged(t, func(_ context.Context, log *slog.Logger) { log.Info("started") })
	if _, ok := line["trace_id"]; ok || line["msg"] != "started" {
		t.Fatalf("the line is %v", line)
	}
	if line, _ := logged(t, func(ctx context.Context, log *slog.Logger) { log.DebugContext(ctx, "x") }); line != nil {
		t.Fatalf("a debug line was written: %v", line)
	}
}
