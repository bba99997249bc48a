package newcomer

import (
	"context"

	"google.golang.org/grpc"

	"farthing/cmd/farthing/insist"
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
	return insist.On(ctx, func() error { return i.ClientConnInterface.Invoke(ctx, method, args, reply, opts...) })
}
