package storage

import (
	"context"
	"fmt"

	"farthing/pkg/errs"
	"farthing/pkg/seal"
	"farthing/service.attachment/blobs"
)

// Pieces is the bytes of files, sealed, in stores by name. Where new files go is the caller's choice; those that were
// put elsewhere before are still read there.
type Pieces struct{ stores map[string]blobs.Store }

// NewPieces is the pieces in some stores.
func NewPieces(stores map[string]blobs.Store) *Pieces { return &Pieces{stores} }

// Piece names one piece of an attempt to upload a file.
type Piece struct {
	Store, File, Attempt string
	Number               int // From 0.
}

func (p Piece) name() string { return fmt.Sprintf("%s/%s/%03d", p.File, p.Attempt, p.Number) }

// aad binds a sealed piece to its place, so that it opens in no other.
func (p Piece) aad() []byte { return []byte("attachment.piece/" + p.name()) }

func (s *Pieces) in(store string) (blobs.Store, error) {
	if found, ok := s.stores[store]; ok {
		return found, nil
	}
	return nil, errs.New(errs.Unavailable+".attachments", "The store of attachments is not available").
		Because(fmt.Errorf("the store %q is not configured", store))
}

// Write keeps a piece. Repeating it is harmless.
func (s *Pieces) Write(ctx context.Context, p Piece, key *seal.DataKey, data []byte) error {
	store, err := s.in(p.Store)
	if err != nil {
		return err
	}
	return store.Put(ctx, p.name(), key.Seal(data, p.aad()))
}

// Read is a piece: not_found.piece if there is none.
func (s *Pieces) Read(ctx context.Context, p Piece, key *seal.DataKey) ([]byte, error) {
	store, err := s.in(p.Store)
	if err != nil {
		return nil, err
	}
	sealed, err := store.Get(ctx, p.name())
	if err != nil {
		return nil, err
	}
	return key.Open(sealed, p.aad())
}

// Delete deletes the first so many pieces of an attempt. Repeating it is harmless.
func (s *Pieces) Delete(ctx context.Context, store, file, attempt string, pieces int) error {
	from, err := s.in(store)
	if err != nil {
		return err
	}
	for number := range pieces {
		if err := from.Delete(ctx, Piece{store, file, attempt, number}.name()); err != nil {
			return err
		}
	}
	return nil
}
