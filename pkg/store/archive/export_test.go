package archive

import (
	"context"

	"farthing/pkg/store"
)

// ExportInPieces is Export with so many rows to a piece, each of which is made durable.
func ExportInPieces(
	ctx context.Context, from Source, schemas []store.Schema, dir string, rows int,
) (Summary, error) {
	return export(ctx, from, schemas, dir, nil, pieces{rows: rows, bytes: 1})
}

// ImportInPieces is Import with so many rows to a piece, each of which is made durable.
func ImportInPieces(
	ctx context.Context, dir string, to Target, schemas []store.Schema, rows int,
) (Summary, error) {
	return importing(ctx, dir, to, schemas, nil, pieces{rows: rows, bytes: 1 << 20})
}
