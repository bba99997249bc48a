package newcomer

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
)

const (
	// insistences is how often a bank on a busy machine is asked…
	insistences = 10
	// …and insistEvery for how long it is left alone before it is asked again: as long as a breaker rests.
	insistEvery = time.Second
)

// Insistent is a dial whose connections ask again, with the same request, for what was not done or what nobody knows
// the outcome of: a repeat of whatever is asked by them must be harmless. What was refused for what it is stays
// refused.
func Insistent(dial Dial) Dial {
	return func(caller, callee string) (grpc.ClientConnInterface, error) {
		conn, err := dial(caller, callee)
		return insistent{conn}, err
	}
}

type insistent struct{ grpc.ClientConnInterface }

// Invoke asks until it is answered.
func (i insistent) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	for asked := 1; ; asked++ {
		err := i.ClientConnInterface.Invoke(ctx, method, args, reply, opts...)
		switch {
		case !errs.Is(err, errs.Timeout) && !errs.Is(err, errs.Unavailable):
			return err
		case asked == insistences || clock.Wait(ctx, insistEvery) != nil:
			return fmt.Errorf("asked %d times: %w", asked, err)
		}
	}
}
