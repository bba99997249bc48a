// Package blobs keeps the pieces of files, in one of two stores: in tables beside all else, or in an object store that
// speaks S3. They hold what they are given: whoever gives it has sealed it.
package blobs

import (
	"context"

	"farthing/pkg/errs"
)

// Store keeps pieces by name. Every store passes blobstest, word for word. It is safe for concurrent use.
type Store interface {
	// Put keeps a piece of at most BytesMax under a name. One that was there is replaced, whole or not at all; after a
	// failure, either may be there. Repeating it is harmless.
	Put(ctx context.Context, name string, piece []byte) error
	// Get is the piece of a name: not_found.piece if there is none.
	Get(ctx context.Context, name string) ([]byte, error)
	// Delete forgets the piece of a name. Deleting what is not there is harmless.
	Delete(ctx context.Context, name string) error
}

// BytesMax is the most that a piece may have: it comes by a call, which may have 256 KiB.
const BytesMax = 200 << 10

func missing() error { return errs.Missing("piece") }

func tooLong() error { return errs.Newf(errs.Internal, "a piece has more than %d bytes", BytesMax) }
