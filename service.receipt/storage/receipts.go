// Package storage keeps receipts.
package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/seal"
	"farthing/pkg/seal/datakeys"
	"farthing/pkg/store"
	receiptproto "farthing/service.receipt/proto"
)

// receiptRow is a receipt, in static columns, and below it a line for each time that it was written or deleted. What a
// customer's program calls it is in what is sealed, not in its key.
type receiptRow struct {
	Place    string `store:"1,partition"` // A hash of its owner and of its owner's name for it.
	Revision int64  `store:"2,clustering"`

	Version   int64     `store:"3,static"` // What every change is conditional on.
	ID        string    `store:"4,static"` // receipt_…; empty once deleted, as are the others.
	User      string    `store:"5,static"`
	Receipt   []byte    `store:"6,static"` // receipt.v1.Receipt, sealed.
	CreatedAt time.Time `store:"7,static"`

	At time.Time `store:"20"`
}

var (
	receiptsTable = store.ConditionalTable[receiptRow]("receipts")
	keysTable     = datakeys.Table("data_keys")
)

// Schema is the keyspace of service.receipt.
func Schema() store.Schema {
	return store.Schema{Keyspace: "receipt", Tables: []store.Table{receiptsTable, keysTable}}
}

// Receipts is the receipts of all customers.
type Receipts struct {
	rows store.Conditional[receiptRow]
	keys *datakeys.Keys
}

// New is the receipts in a keyspace, whose customers' keys are wrapped under a ring.
func New(k *store.Keyspace, ring *seal.Keyring) *Receipts {
	return &Receipts{receiptsTable.On(k), datakeys.New(keysTable, k, ring)}
}

// Name is a receipt's, and whose that is.
type Name struct{ User, Client, ExternalID string }

func (n Name) place() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", n.User, n.Client, n.ExternalID))
	return hex.EncodeToString(sum[:])
}

// aad binds a sealed receipt to its place, so that it opens in no other.
func aad(place string) []byte { return []byte("receipt/" + place) }

// tries is more changes of one receipt than come at once.
const tries = 5

// Put writes a receipt under a name, with this id if there is none yet, else with the one that it has, and answers the
// id. Repeating it is harmless.
func (s *Receipts) Put(ctx context.Context, name Name, r *receiptproto.Receipt, fresh string, now time.Time) (
	string, error,
) {
	key, err := s.keys.Ensure(ctx, name.User)
	if err != nil {
		return "", err
	}
	var written string
	err = s.change(ctx, name, now, func(was receiptRow) (receiptRow, error) {
		next := receiptRow{ID: was.ID, User: name.User, CreatedAt: was.CreatedAt}
		if was.ID == "" {
			next.ID, next.CreatedAt = fresh, now
		}
		kept := proto.CloneOf(r)
		kept.Id = next.ID
		body, err := proto.Marshal(kept)
		if err != nil {
			return next, fmt.Errorf("marshalling a receipt: %w", err)
		}
		written, next.Receipt = next.ID, key.Seal(body, aad(name.place()))
		return next, nil
	})
	return written, err
}

// Delete forgets a receipt, its id too: not_found.receipt if there is none. Copies that the store has not compacted
// away yet, or backups hold, live until those are gone.
func (s *Receipts) Delete(ctx context.Context, name Name, now time.Time) error {
	return s.change(ctx, name, now, func(was receiptRow) (receiptRow, error) {
		if was.ID == "" {
			return receiptRow{}, errs.Missing("receipt")
		}
		return receiptRow{}, nil
	})
}

// change writes what follows from the row that is there, again if somebody else has done so meanwhile.
func (s *Receipts) change(
	ctx context.Context, name Name, now time.Time, by func(was receiptRow) (receiptRow, error),
) error {
	place := name.place()
	was, found, err := s.rows.In(place).Statics(ctx, store.Latest)
	if err != nil {
		return fmt.Errorf("reading a receipt: %w", err)
	}
	for range tries {
		next, err := by(was)
		if err != nil {
			return err
		}
		next.Version = was.Version + 1
		batch := s.rows.Batch(place)
		if found {
			batch.If("version", was.Version)
		} else {
			batch.IfNull("version")
		}
		answer, err := batch.SetStatics(next).InsertNew(receiptRow{Revision: next.Version, At: now}).Apply(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("writing a receipt: %w", err)
		case answer.OK:
			return nil
		}
		was, found = answer.Statics, answer.Opened
	}
	return errs.New(errs.Conflict, "The receipt is being changed")
}

// Find is a receipt, and whether there is one. One of a customer who was forgotten is gone.
func (s *Receipts) Find(ctx context.Context, name Name) (*receiptproto.Receipt, bool, error) {
	place := name.place()
	row, found, err := s.rows.In(place).Statics(ctx, store.Recent)
	if err != nil || !found || row.ID == "" {
		return nil, false, err
	}
	key, err := s.keys.Key(ctx, row.User)
	if errs.Is(err, errs.NotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	body, err := key.Open(row.Receipt, aad(place))
	if err != nil {
		return nil, false, fmt.Errorf("opening %s: %w", row.ID, err)
	}
	read := &receiptproto.Receipt{}
	if proto.Unmarshal(body, read) != nil { // Its words might quote what it reads.
		return nil, false, errs.Newf(errs.Internal, "%s is not what was stored", row.ID)
	}
	return read, true, nil
}
