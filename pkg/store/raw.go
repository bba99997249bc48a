package store

// Whoever copies whole tables goes past the typed layer, straight to engines, and keeps the limits and checks of the
// typed layer by these.

// Size is about how many bytes the row takes, as the limits of batches count it: the same on both engines.
func (r Row) Size() int { return sizeOf(r) }

// CheckRow refuses, as ErrInvalid, a row of this table that the typed layer could not have written: without a partition
// column, of wrong types, with text that is not UTF-8. Other columns may be absent.
func (s *Spec) CheckRow(row Row) error {
	if len(row) != len(s.Columns) {
		return invalid("table %s has %d columns, not %d", s.Name, len(s.Columns), len(row))
	}
	for i, column := range s.Columns {
		if row[i] == nil && column.Role != Partition {
			continue
		}
		if err := checkValue(column, row[i]); err != nil {
			return err
		}
	}
	return checkPartition(s, row)
}
