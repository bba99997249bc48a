package pebblestore

import (
	"io"

	"github.com/cockroachdb/pebble/v2"
)

// cellMerger joins puts to one row. Its name is kept in the directory: another name would not open it.
var cellMerger = &pebble.Merger{
	Name: "farthing.cells",
	Merge: func(_, value []byte) (pebble.ValueMerger, error) {
		return &joining{row: append([]byte(nil), value...)}, nil
	},
}

// joining is a row while its puts are being joined.
type joining struct{ row []byte }

// MergeNewer puts a newer operand over the row.
func (j *joining) MergeNewer(value []byte) (err error) {
	j.row, err = join(j.row, value)
	return err
}

// MergeOlder puts the row over an older operand.
func (j *joining) MergeOlder(value []byte) (err error) {
	j.row, err = join(value, j.row)
	return err
}

// Finish is the joined row.
func (j *joining) Finish(bool) ([]byte, io.Closer, error) { return j.row, nil, nil }
