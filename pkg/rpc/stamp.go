package rpc

import (
	"context"
	"strconv"
	"time"

	"google.golang.org/grpc/metadata"

	"farthing/pkg/clock"
	"farthing/pkg/trace"
)

// Names of the metadata that goes with each call.
const (
	callerKey      = "farthing-caller"
	clockAheadKey  = "farthing-clock-ahead" // How far business time is ahead of real time, in nanoseconds.
	traceparentKey = "traceparent"
)

// stamp is what a call carries beside its request.
type stamp struct {
	caller      string
	traceparent string
	ahead       time.Duration
}

// withStamp replaces all outgoing metadata: a handler's calls carry nothing on from its own caller by accident.
func withStamp(ctx context.Context, caller string, c *clock.Business) context.Context {
	sent := metadata.MD{callerKey: {caller}}
	if traceparent := trace.Traceparent(ctx); traceparent != "" {
		sent[traceparentKey] = []string{traceparent}
	}
	if ahead := c.Offset(); ahead != 0 {
		sent[clockAheadKey] = []string{strconv.FormatInt(int64(ahead), 10)}
	}
	return metadata.NewOutgoingContext(ctx, sent)
}

// readStamp reads what a request carries. What is missing or malformed is zero: a stranger's call is still a call.
func readStamp(ctx context.Context) stamp {
	ahead, err := strconv.ParseInt(first(ctx, clockAheadKey), 10, 64)
	if err != nil {
		ahead = 0
	}
	return stamp{first(ctx, callerKey), first(ctx, traceparentKey), time.Duration(ahead)}
}

func first(ctx context.Context, key string) string {
	if values := metadata.ValueFromIncomingContext(ctx, key); len(values) > 0 {
		return values[0]
	}
	return ""
}
