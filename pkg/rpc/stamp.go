package rpc

import (
	"context"
	"strconv"
	"time"

	"google.golang.org/grpc/metadata"
)

// stamp is what a call carries beside its request. What is missing or malformed is zero: a stranger's call is still a
// call.
type stamp struct {
	caller      string
	traceparent string
	ahead       time.Duration // How far the caller's business time is ahead of real time.
}

// carry is how a transport takes a stamp from one side to the other.
type carry struct {
	send    func(context.Context, stamp) context.Context
	receive func(context.Context) stamp
}

// acrossProcess hands the stamp over as it is: metadata would cost a dozen allocations more.
var acrossProcess = carry{
	send: func(ctx context.Context, s stamp) context.Context { return context.WithValue(ctx, stampKey{}, s) },
	receive: func(ctx context.Context) stamp {
		s, _ := ctx.Value(stampKey{}).(stamp)
		return s
	},
}

type stampKey struct{}

// acrossNetwork writes the stamp as metadata, in place of all that was there: a handler's calls carry nothing on from
// its own caller by accident.
var acrossNetwork = carry{send: writeMetadata, receive: readMetadata}

// Names of the metadata that goes with each call.
const (
	callerKey      = "farthing-caller"
	aheadKey       = "farthing-clock-ahead" // In nanoseconds.
	traceparentKey = "traceparent"
)

func writeMetadata(ctx context.Context, s stamp) context.Context {
	sent := metadata.MD{callerKey: {s.caller}}
	if s.traceparent != "" {
		sent[traceparentKey] = []string{s.traceparent}
	}
	if s.ahead != 0 {
		sent[aheadKey] = []string{strconv.FormatInt(int64(s.ahead), 10)}
	}
	return metadata.NewOutgoingContext(ctx, sent)
}

func readMetadata(ctx context.Context) stamp {
	ahead, err := strconv.ParseInt(first(ctx, aheadKey), 10, 64)
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
