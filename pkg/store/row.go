package store

import (
	"reflect"
	"time"
)

// toRow copies the columns at these positions out of a struct and leaves the others nil.
func toRow(spec *Spec, from reflect.Value, positions ...[]int) (Row, error) {
	row := make(Row, len(spec.Columns))
	for _, some := range positions {
		for _, i := range some {
			value := from.Field(i).Interface()
			if err := checkValue(spec.Columns[i], value); err != nil {
				return nil, err
			}
			row[i] = value
		}
	}
	return row, nil
}

// fromRow fills a struct from a row: a column never written reads as the zero value.
func fromRow[R any](row Row) R {
	var out R
	into := reflect.ValueOf(&out).Elem()
	for i, value := range row {
		if value != nil {
			into.Field(i).Set(reflect.ValueOf(value))
		}
	}
	return out
}

// checkValue refuses what an engine would have to bend: a wrong type, a nil, a time finer than a millisecond.
func checkValue(column Column, value Value) error {
	ok := false
	switch value := value.(type) {
	case string:
		ok = column.Type == Text
	case int64:
		ok = column.Type == Integer
	case bool:
		ok = column.Type == Boolean
	case []byte:
		ok = column.Type == Bytes
	case time.Time:
		ok = column.Type == Timestamp
		if ok && (!value.Equal(value.Truncate(time.Millisecond)) || value.Location() != time.UTC) {
			return invalid("column %s: times are UTC and whole milliseconds", column.Name)
		}
	}
	if !ok {
		return invalid("column %s cannot hold a %T", column.Name, value)
	}
	return nil
}

// sizeOf is about how many bytes the row takes, the same on both engines.
func sizeOf(row Row) int {
	size := 0
	for _, value := range row {
		switch value := value.(type) {
		case nil:
		case string:
			size += 2 + len(value)
		case []byte:
			size += 2 + len(value)
		default:
			size += 10
		}
	}
	return size
}

// keyRow is a row that holds only key columns: the partition's and the leading clustering ones.
func keyRow(spec *Spec, partition, clustering []Value) (Row, error) {
	if len(partition) != len(spec.Partition) {
		return nil, invalid("table %s has %d partition columns, not %d", spec.Name, len(spec.Partition), len(partition))
	}
	if len(clustering) > len(spec.Clustering) {
		return nil, invalid("table %s has %d clustering columns, not %d", spec.Name, len(spec.Clustering), len(clustering))
	}
	row := make(Row, len(spec.Columns))
	for n, values := range [][]Value{partition, clustering} {
		positions := [][]int{spec.Partition, spec.Clustering}[n]
		for k, value := range values {
			if err := checkValue(spec.Columns[positions[k]], value); err != nil {
				return nil, err
			}
			row[positions[k]] = value
		}
	}
	return row, nil
}

// columnsNamed are the positions of the columns with these names, all of one role; all of that role if none is named.
func columnsNamed(spec *Spec, all []int, names []string) ([]int, error) {
	if len(names) == 0 {
		return all, nil
	}
	positions := make([]int, 0, len(names))
	for _, name := range names {
		i, ok := spec.position(name)
		if !ok || len(all) == 0 || spec.Columns[i].Role != spec.Columns[all[0]].Role {
			return nil, invalid("table %s has no such column to write: %s", spec.Name, name)
		}
		positions = append(positions, i)
	}
	return positions, nil
}
