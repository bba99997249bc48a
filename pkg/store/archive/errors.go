package archive

import (
	"errors"
	"fmt"

	"farthing/pkg/store"
)

// What is wrong with a folder or a store. Compare with errors.Is.
var (
	// ErrForeign says that a folder does not belong to this bank, these tables or this target. Nothing was written.
	ErrForeign = errors.New("the folder belongs to something else")
	// ErrUnfinished says that a folder holds an export that is not whole: ask Export again.
	ErrUnfinished = errors.New("the export is not finished")
	// ErrDifferent says that a store holds something else than what was to be imported. It was left as it is.
	ErrDifferent = errors.New("the store holds something else already")
)

// Damage is a place in a file that does not hold what was written there.
type Damage struct {
	File   string // Within the folder.
	Record int64  // From 0, of a file of rows.
	Offset int64  // Where the record begins, in bytes.
	Why    string
}

// Error names the file, the record and the place, never what is in it.
func (d *Damage) Error() string {
	return fmt.Sprintf("%s is damaged at record %d (byte %d): %s", d.File, d.Record, d.Offset, d.Why)
}

func foreign(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrForeign}, args...)...)
}

// different names a row by a hash of its key: keys may be somebody's telephone number.
func different(keyspace string, spec *store.Spec, kind recordKind, row store.Row) error {
	return fmt.Errorf("%w: %s.%s, %s", ErrDifferent, keyspace, spec.Name, newLayout(spec).nameOf(kind, row))
}
