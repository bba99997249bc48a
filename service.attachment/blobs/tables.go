package blobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"golang.org/x/sync/errgroup"

	"farthing/pkg/store"
)

// pieceRow is a part of a piece, for a row is less than a piece; or, first in its partition, which writing of the piece
// counts. Parts of another writing, which was cut short or replaced, lie beside it until the piece is deleted.
type pieceRow struct {
	Name    string `store:"1,partition"`
	Writing string `store:"2,clustering"` // A hash of the piece; empty of the row that says which counts.
	Part    int64  `store:"3,clustering"`
	Bytes   []byte `store:"4"` // Of a part.
	Counts  string `store:"5"` // The writing that counts.
	Parts   int64  `store:"6"` // How many parts it has.
}

// PiecesTable is where Tables keeps pieces: it belongs into the schema of their service.
var PiecesTable = store.PlainTable[pieceRow]("pieces")

// Tables is pieces in a service's own tables.
type Tables struct {
	keyspace *store.Keyspace
	rows     store.Plain[pieceRow]
}

// NewTables is the pieces in a keyspace.
func NewTables(k *store.Keyspace) *Tables { return &Tables{k, PiecesTable.On(k)} }

// partBytes leaves room in a batch (store.MaxPlainBytes) for the row that says what counts.
const partBytes = 44 << 10

// Put writes all parts but the last, at once, and then the last together with the row that makes them count.
func (s *Tables) Put(ctx context.Context, name string, piece []byte) error {
	if len(piece) > BytesMax {
		return tooLong()
	}
	sum := sha256.Sum256(piece)
	writing := hex.EncodeToString(sum[:])
	last := max(len(piece)-1, 0) / partBytes
	part := func(n int) store.Put {
		return s.rows.Put(pieceRow{
			Name: name, Writing: writing, Part: int64(n), Bytes: piece[n*partBytes : min((n+1)*partBytes, len(piece))],
		}, "bytes")
	}
	group, groupCtx := errgroup.WithContext(ctx)
	for n := range last {
		group.Go(func() error { return s.keyspace.Write(groupCtx, part(n)) })
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("writing a piece: %w", err)
	}
	counts := s.rows.Put(pieceRow{Name: name, Counts: writing, Parts: int64(last + 1)}, "counts", "parts")
	if err := s.keyspace.Write(ctx, part(last), counts); err != nil {
		return fmt.Errorf("writing a piece: %w", err)
	}
	return nil
}

// Get puts the parts that count together.
func (s *Tables) Get(ctx context.Context, name string) ([]byte, error) {
	head, found, err := s.rows.In(name).Find(ctx, store.Recent, "", int64(0))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading a piece: %w", err)
	case !found:
		return nil, missing()
	}
	parts, _, err := s.rows.In(name).Range(head.Counts).List(ctx, store.Recent)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading a piece: %w", err)
	case int64(len(parts)) != head.Parts: // It was deleted meanwhile.
		return nil, missing()
	}
	piece := make([]byte, 0, len(parts)*partBytes)
	for _, each := range parts {
		piece = append(piece, each.Bytes...)
	}
	return piece, nil
}

// Delete deletes first what makes the parts count.
func (s *Tables) Delete(ctx context.Context, name string) error {
	for token := ""; ; {
		rows, next, err := s.rows.In(name).Range().Limit(store.MaxPlainRows).Resume(token).List(ctx, store.Recent)
		if err != nil {
			return fmt.Errorf("reading a piece: %w", err)
		}
		for _, row := range rows {
			if err := s.keyspace.Write(ctx, s.rows.Delete(row)); err != nil {
				return fmt.Errorf("deleting a piece: %w", err)
			}
		}
		if token = next; token == "" {
			return nil
		}
	}
}
