package cassandra

import (
	"strings"
	"time"

	"farthing/pkg/store"
)

// statement is CQL with its arguments. Values are always bound, never written into the text, so that the text is one
// of a table's few shapes: the driver prepares each shape once and keeps it.
type statement struct {
	cql  strings.Builder
	args []any
}

func (s *statement) add(text ...string) *statement {
	for _, part := range text {
		s.cql.WriteString(part)
	}
	return s
}

// bind adds a place for a value.
func (s *statement) bind(column store.Column, value store.Value) *statement {
	s.args = append(s.args, cell{column.Type, value})
	return s.add("?")
}

// compare adds `"column" operator ?`.
func (s *statement) compare(column store.Column, operator string, value store.Value) *statement {
	return s.add(quote(column.Name), " ", operator, " ").bind(column, value)
}

// equal adds `"a" = ? AND "b" = ?` for the columns at these positions.
func (s *statement) equal(spec *store.Spec, positions []int, row store.Row) *statement {
	for n, i := range positions {
		if n > 0 {
			s.add(" AND ")
		}
		s.compare(spec.Columns[i], "=", row[i])
	}
	return s
}

// ttl adds `USING TTL ?` for a row that expires. CQL counts seconds; a part of one is given whole.
func (s *statement) ttl(ttl time.Duration) *statement {
	if ttl <= 0 {
		return s
	}
	s.args = append(s.args, int((ttl+time.Second-1)/time.Second))
	return s.add(" USING TTL ?")
}

// from is a keyspace's table as CQL names it, whatever keyspace the connection uses.
func from(keyspace string, spec *store.Spec) string { return quote(keyspace) + "." + quote(spec.Name) }

// quote makes any name an identifier, reserved words too.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// names is `"a", "b"` for the columns at these positions.
func names(spec *store.Spec, positions []int) string {
	quoted := make([]string, len(positions))
	for n, i := range positions {
		quoted[n] = quote(spec.Columns[i].Name)
	}
	return strings.Join(quoted, ", ")
}

// selecting begins a read of these columns.
func selecting(keyspace string, spec *store.Spec, columns []int) *statement {
	return new(statement).add("SELECT ", names(spec, columns), " FROM ", from(keyspace, spec))
}

// inserting writes a row's key and those of its columns that are not nil, and, as UPDATE would not, the row itself:
// it exists even without columns.
func inserting(keyspace string, spec *store.Spec, row store.Row) *statement {
	written := make([]int, 0, len(row))
	for i, value := range row {
		if value != nil {
			written = append(written, i)
		}
	}
	s := new(statement).add("INSERT INTO ", from(keyspace, spec), " (", names(spec, written), ") VALUES (")
	for n, i := range written {
		if n > 0 {
			s.add(", ")
		}
		s.bind(spec.Columns[i], row[i])
	}
	return s.add(")")
}

// deleting removes the row with this key.
func deleting(keyspace string, spec *store.Spec, key store.Row) *statement {
	return new(statement).add("DELETE FROM ", from(keyspace, spec), " WHERE ").equal(spec, keyOf(spec), key)
}

// keyOf are the positions of a table's key: its partition columns, then its clustering columns.
func keyOf(spec *store.Spec) []int {
	return append(append(make([]int, 0, len(spec.Columns)), spec.Partition...), spec.Clustering...)
}

// rowOf are the positions of what an engine returns of a row: everything but the statics.
func rowOf(spec *store.Spec) []int { return append(keyOf(spec), spec.Regular...) }

// staticsOf are the positions of what an engine returns of a partition.
func staticsOf(spec *store.Spec) []int {
	return append(append(make([]int, 0, len(spec.Columns)), spec.Partition...), spec.Static...)
}
