package archive

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"farthing/pkg/store"
)

// Check reads all of a finished export and answers what it holds. A changed, missing or added byte is Damage, which
// says where; tables that are declared otherwise are ErrForeign. Progress may be nil.
func Check(ctx context.Context, dir string, schemas []store.Schema, progress func(Progress)) (Summary, error) {
	m, tables, err := opened(dir, schemas)
	if err != nil {
		return Summary{}, fmt.Errorf("checking %s: %w", dir, err)
	}
	if err := checkFiles(ctx, dir, tables, reporting(progress)); err != nil {
		return Summary{}, fmt.Errorf("checking %s: %w", dir, err)
	}
	return m.summary(), nil
}

func checkFiles(ctx context.Context, dir string, tables []archived, r *reporter) error {
	for _, t := range tables {
		file, err := openFile(dir, t, 0, 0)
		if err != nil {
			return err
		}
		if err := checkFile(ctx, file, r); err != nil {
			return errors.Join(err, file.Close())
		}
		if err := file.Close(); err != nil {
			return err
		}
	}
	return nil
}

// checkFile reads a file to its end.
func checkFile(ctx context.Context, file *tableFile, r *reporter) error {
	for more := true; more; {
		var err error
		if _, more, err = file.piece(usualPieces); err != nil {
			return err
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		r.report(file.progress(Checking, !more))
	}
	return nil
}

// tableFile is a table's file being read. It proves that the file is what the manifest says, if it is read from its
// start to its end.
type tableFile struct {
	*reader
	file  *os.File
	of    archived
	rows  *layout
	began int64 // The number of the first record that is read.
	found tally
	ended bool
}

// entry is a row, or the statics of a partition, in a file.
type entry struct {
	kind recordKind
	row  store.Row
}

// byKind cuts entries into rows and the statics behind them; neither part is empty.
func byKind(entries []entry) [][]entry {
	cut := slices.IndexFunc(entries, func(e entry) bool { return e.kind == staticsRecord })
	switch {
	case len(entries) == 0:
		return nil
	case cut <= 0:
		return [][]entry{entries}
	}
	return [][]entry{entries[:cut], entries[cut:]}
}

// openFile reads a table's file on from the record with this number, at this offset.
func openFile(dir string, t archived, number, offset int64) (*tableFile, error) {
	file, err := os.Open(filepath.Join(dir, t.File))
	if errors.Is(err, os.ErrNotExist) {
		return nil, &Damage{File: t.File, Why: "there is no such file"}
	}
	if err != nil {
		return nil, err
	}
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &tableFile{
		reader: newReader(t.File, file, number, offset), file: file, of: t, rows: newLayout(t.spec), began: number,
	}, nil
}

// Close closes the file.
func (f *tableFile) Close() error { return f.file.Close() }

// piece is the next entries, and whether there may be more.
func (f *tableFile) piece(size pieces) (entries []entry, more bool, err error) {
	start := f.offset
	for len(entries) < size.rows && f.offset-start < int64(size.bytes) {
		e, ok, err := f.entry()
		if err != nil || !ok {
			return entries, false, err
		}
		entries = append(entries, e)
	}
	return entries, true, nil
}

// entry is the next row or statics; there is none where the file ends as it must.
func (f *tableFile) entry() (entry, bool, error) {
	for {
		number := f.number
		r, err := f.next()
		switch {
		case errors.Is(err, io.EOF):
			if !f.ended {
				return entry{}, false, f.damage("the file ends before its last record")
			}
			return entry{}, false, nil
		case err != nil:
			return entry{}, false, err
		}
		if why := f.misplaced(r.kind, number); why != "" {
			return entry{}, false, f.damageBefore(len(r.payload), why)
		}
		switch r.kind {
		case headRecord:
			err = f.checkHead(r)
		case endRecord:
			f.ended, err = true, f.checkEnd(r)
		default:
			f.found.add(r.kind, r.payload)
			row, err := f.rows.readRow(r.kind, r.body)
			if err != nil {
				return entry{}, false, f.damageBefore(len(r.payload), err.Error())
			}
			return entry{r.kind, row}, true, nil
		}
		if err != nil {
			return entry{}, false, err
		}
	}
}

// misplaced says why a record of this kind cannot stand here; it is empty if it can.
func (f *tableFile) misplaced(kind recordKind, number int64) string {
	switch {
	case f.ended:
		return "it follows the last record"
	case (kind == headRecord) != (number == 0):
		return "the head of a file is its first record"
	case kind == rowRecord && f.found.Statics > 0:
		return "it is a row behind statics"
	}
	return ""
}

func (f *tableFile) checkHead(r record) error {
	if !bytes.Equal(r.body, jsonOf(f.of.Shape)) {
		return f.damageBefore(len(r.payload), "it describes another table than the manifest")
	}
	return nil
}

func (f *tableFile) checkEnd(r record) error {
	var end tally
	if err := json.Unmarshal(r.body, &end); err != nil {
		return f.damageBefore(len(r.payload), "it is not the end of a file")
	}
	whole := f.began == 0
	if end != f.of.Holds || (whole && f.found != end) {
		return f.damageBefore(len(r.payload), "the file holds other rows than were exported")
	}
	if f.offset != f.of.Bytes || f.number != f.of.Records {
		return f.damageBefore(len(r.payload), "the file has another length than the manifest says")
	}
	return nil
}

func (f *tableFile) progress(step Step, done bool) Progress {
	total := f.of.Holds.total()
	return Progress{
		Step: step, Keyspace: f.of.Shape.Keyspace, Table: f.of.Shape.Table, Bytes: f.offset, Total: total, Done: done,
		Rows: min(max(f.number-1, 0), total), // The head is none.
	}
}
