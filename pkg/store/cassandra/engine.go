package cassandra

import (
	"context"

	"github.com/gocql/gocql"

	"farthing/pkg/store"
)

// engine is one keyspace.
type engine struct {
	store    *Store
	keyspace string // As the cluster names it.
}

// levelOf is the consistency level of a read. A serial read is a read at a serial level: there is no setting beside it.
func levelOf(c store.Consistency) gocql.Consistency {
	if c == store.Latest {
		return gocql.Consistency(gocql.LocalSerial)
	}
	return gocql.LocalQuorum
}

// read runs a SELECT of these columns. The answer comes in one page, since the pages of a serial read would not be of
// one moment; every SELECT has a limit or finds one row.
func (e *engine) read(
	ctx context.Context, spec *store.Spec, columns []int, s *statement, c store.Consistency,
) ([]store.Row, error) {
	session, end, err := e.store.begin(ctx, e.keyspace)
	if err != nil {
		return nil, err
	}
	defer end()
	iter := session.Query(s.cql.String(), s.args...).WithContext(ctx).Consistency(levelOf(c)).PageSize(0).Iter()
	rows := scan(iter, spec, columns)
	if err := iter.Close(); err != nil {
		return nil, failure(err, reading, nil)
	}
	return rows, nil
}

func scan(iter *gocql.Iter, spec *store.Spec, columns []int) []store.Row {
	rows := make([]store.Row, 0, iter.NumRows())
	cells, targets := make([]cell, len(columns)), make([]any, len(columns))
	for n, i := range columns {
		cells[n].kind = spec.Columns[i].Type
		targets[n] = &cells[n]
	}
	for iter.Scan(targets...) {
		row := make(store.Row, len(spec.Columns))
		for n, i := range columns {
			row[i] = cells[n].value
		}
		rows = append(rows, row)
	}
	return rows
}

// Get is the row with this key, and whether there is one.
func (e *engine) Get(
	ctx context.Context, spec *store.Spec, key store.Row, c store.Consistency,
) (store.Row, bool, error) {
	columns := rowOf(spec)
	s := selecting(e.keyspace, spec, columns).add(" WHERE ").equal(spec, keyOf(spec), key)
	return only(e.read(ctx, spec, columns, s, c))
}

// Statics is a partition's statics, and whether any was ever written.
func (e *engine) Statics(
	ctx context.Context, spec *store.Spec, partition store.Row, c store.Consistency,
) (store.Row, bool, error) {
	if len(spec.Static) == 0 {
		return nil, false, nil
	}
	columns := staticsOf(spec)
	s := new(statement).add("SELECT DISTINCT ", names(spec, columns), " FROM ", from(e.keyspace, spec)).
		add(" WHERE ").equal(spec, spec.Partition, partition)
	row, found, err := only(e.read(ctx, spec, columns, s, c))
	if !found || !holdsAny(row, spec.Static) {
		return nil, false, err
	}
	return row, true, nil
}

func only(rows []store.Row, err error) (store.Row, bool, error) {
	if err != nil || len(rows) == 0 {
		return nil, false, err
	}
	return rows[0], true, nil
}

func holdsAny(row store.Row, positions []int) bool {
	for _, i := range positions {
		if row[i] != nil {
			return true
		}
	}
	return false
}

// withKey drops the row without clustering columns as which CQL shows a partition that holds nothing but statics.
func withKey(spec *store.Spec, rows []store.Row) []store.Row {
	if len(spec.Clustering) == 0 {
		return rows
	}
	kept := rows[:0]
	for _, row := range rows {
		if row[spec.Clustering[0]] != nil {
			kept = append(kept, row)
		}
	}
	return kept
}
