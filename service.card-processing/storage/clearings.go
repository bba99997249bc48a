package storage

import (
	"bytes"
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/store"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// clearingFileRow is a part of a clearing file, or what became of some of it; how far the whole has come stands in the
// statics. A file is kept under the hash of its bytes: another one is another partition.
type clearingFileRow struct {
	Digest string `store:"1,partition"`
	Kind   int64  `store:"2,clustering"` // filePiece, …
	Number int64  `store:"3,clustering"` // From 0, of its kind.

	Revision int64  `store:"4,static"` // What every write but that of a piece is conditional on.
	State    []byte `store:"5,static"` // cardprocessing.v1.ClearingFile.

	Body []byte `store:"6"` // Whole lines, or cardprocessing.v1.ClearingOutcome.
}

const (
	filePiece   = 0
	fileOutcome = 1 // Of the piece with the same number.
	fileMissing = 2 // What the file does not have, page by page.
)

// clearingIDRow is inserted if absent: a scheme's id of a file stands for one file, for ever.
type clearingIDRow struct {
	FileID string `store:"1,partition"` // After its scheme and a slash.
	Digest string `store:"2"`
}

var (
	clearingFilesTable = store.ConditionalTable[clearingFileRow]("clearing_files")
	clearingIDsTable   = store.ConditionalTable[clearingIDRow]("clearing_ids")
)

// Clearings is the clearing files that were sent.
type Clearings struct {
	rows store.Conditional[clearingFileRow]
	ids  store.Conditional[clearingIDRow]
}

// NewClearings is the clearing files in a keyspace.
func NewClearings(k *store.Keyspace) *Clearings {
	return &Clearings{clearingFilesTable.On(k), clearingIDsTable.On(k)}
}

// Clearing is a file as it was read. Whoever takes it further is refused if somebody else did meanwhile.
type Clearing struct {
	Revision int64
	State    *cardprocessingproto.ClearingFile
}

// PutPiece keeps a piece of a file. Repeating it is harmless; another piece in its place is conflict.piece.
func (s *Clearings) PutPiece(ctx context.Context, digest string, number int64, body []byte) error {
	answer, err := s.rows.Batch(digest).InsertNew(clearingFileRow{Kind: filePiece, Number: number, Body: body}).Apply(ctx)
	if err != nil {
		return fmt.Errorf("keeping a piece of a file: %w", err)
	}
	if !answer.OK && (len(answer.Present) != 1 || !bytes.Equal(answer.Present[0].Body, body)) {
		return errs.New(errs.Conflict+".piece", "Another piece is there already; a file's digest is that of its bytes")
	}
	return nil
}

// Piece is a piece of a file: not_found.piece if it was not sent.
func (s *Clearings) Piece(ctx context.Context, digest string, number int64) ([]byte, error) {
	row, found, err := s.rows.In(digest).Find(ctx, store.Latest, int64(filePiece), number)
	if err == nil && !found {
		err = errs.Missing("piece")
	}
	return row.Body, err
}

// Claim gives a file's id to the file with a digest, unless it has one, and answers whose it is.
func (s *Clearings) Claim(ctx context.Context, scheme, fileID, digest string) (string, error) {
	first, _, err := s.ids.InsertOrFind(ctx, clearingIDRow{FileID: scheme + "/" + fileID, Digest: digest})
	if err != nil {
		return "", fmt.Errorf("claiming a file's id: %w", err)
	}
	return first.Digest, nil
}

// Find is a file that was taken, and whether it was.
func (s *Clearings) Find(ctx context.Context, digest string) (Clearing, bool, error) {
	row, opened, err := s.rows.In(digest).Statics(ctx, store.Latest)
	if err != nil || !opened {
		return Clearing{}, false, err
	}
	c := Clearing{row.Revision, &cardprocessingproto.ClearingFile{}}
	if err := proto.Unmarshal(row.State, c.State); err != nil {
		return Clearing{}, false, fmt.Errorf("unmarshalling a clearing file: %w", err)
	}
	return c, true, nil
}

// Take begins a file, unless it was begun. Repeating it is harmless.
func (s *Clearings) Take(ctx context.Context, state *cardprocessingproto.ClearingFile) error {
	batch, err := s.next(1, state)
	if err != nil {
		return err
	}
	_, err = batch.IfNull("revision").Apply(ctx)
	return err
}

// Posted writes what became of the next piece, and how far the file has come by that. It is false if it has come
// further meanwhile.
func (s *Clearings) Posted(
	ctx context.Context, c Clearing, next *cardprocessingproto.ClearingFile, of *cardprocessingproto.ClearingOutcome,
) (bool, error) {
	return s.advance(ctx, c, next, clearingFileRow{Kind: fileOutcome, Number: c.State.GetPostedPieces()}, of)
}

// Reconciled is Posted of some that the file does not have.
func (s *Clearings) Reconciled(
	ctx context.Context, c Clearing, next *cardprocessingproto.ClearingFile, of *cardprocessingproto.ClearingOutcome,
) (bool, error) {
	return s.advance(ctx, c, next, clearingFileRow{Kind: fileMissing, Number: c.State.GetReconciledPages()}, of)
}

func (s *Clearings) advance(
	ctx context.Context, c Clearing, next *cardprocessingproto.ClearingFile, row clearingFileRow,
	of *cardprocessingproto.ClearingOutcome,
) (bool, error) {
	batch, err := s.next(c.Revision+1, next)
	if err != nil {
		return false, err
	}
	if of != nil {
		if row.Body, err = proto.Marshal(of); err != nil {
			return false, fmt.Errorf("marshalling an outcome: %w", err)
		}
		batch.Insert(row)
	}
	answer, err := batch.If("revision", c.Revision).Apply(ctx)
	return answer.OK, err
}

func (s *Clearings) next(
	revision int64, state *cardprocessingproto.ClearingFile,
) (*store.Batch[clearingFileRow], error) {
	body, err := proto.Marshal(state)
	if err != nil {
		return nil, fmt.Errorf("marshalling a clearing file: %w", err)
	}
	return s.rows.Batch(state.GetDigest()).SetStatics(clearingFileRow{Revision: revision, State: body}), nil
}

// Outcomes is all that became of a file so far, in order.
func (s *Clearings) Outcomes(ctx context.Context, digest string) ([]*cardprocessingproto.ClearingOutcome, error) {
	var all []*cardprocessingproto.ClearingOutcome
	for _, kind := range []int64{fileOutcome, fileMissing} {
		for token := ""; ; {
			rows, next, err := s.rows.In(digest).Range(kind).Resume(token).List(ctx, store.Recent)
			if err != nil {
				return nil, fmt.Errorf("reading what became of a file: %w", err)
			}
			for _, row := range rows {
				outcome := &cardprocessingproto.ClearingOutcome{}
				if err := proto.Unmarshal(row.Body, outcome); err != nil {
					return nil, fmt.Errorf("unmarshalling an outcome: %w", err)
				}
				all = append(all, outcome)
			}
			if token = next; token == "" {
				break
			}
		}
	}
	return all, nil
}
