package cassandra

import (
	"bytes"
	"cmp"
	"context"
	"strings"
	"time"

	"farthing/pkg/store"
)

// slice is what one SELECT can read of a partition: the leading clustering columns equal, the next one bounded.
type slice struct {
	equal     []store.Value
	low, high store.Bound
}

// Range reads the selection slice by slice until its limit is full.
func (e *engine) Range(
	ctx context.Context, spec *store.Spec, r store.Selection, c store.Consistency,
) ([]store.Row, error) {
	rows := make([]store.Row, 0)
	for _, part := range partsOf(spec, r) {
		more, err := e.readSlice(ctx, spec, r, part, r.Limit-len(rows), c)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
		if len(rows) >= r.Limit {
			break
		}
	}
	return rows, nil
}

func (e *engine) readSlice(
	ctx context.Context, spec *store.Spec, r store.Selection, part slice, limit int, c store.Consistency,
) ([]store.Row, error) {
	columns := rowOf(spec)
	s := selecting(e.keyspace, spec, columns).add(" WHERE ").equal(spec, spec.Partition, r.Partition)
	for n, value := range part.equal {
		s.add(" AND ").compare(spec.Columns[spec.Clustering[n]], "=", value)
	}
	if n := len(part.equal); n < len(spec.Clustering) {
		bounded := spec.Columns[spec.Clustering[n]]
		s.bound(bounded, ">", part.low).bound(bounded, "<", part.high)
	}
	if r.Backwards && len(spec.Clustering) > 0 {
		first := spec.Columns[spec.Clustering[0]] // Turned round, it turns the others.
		s.add(" ORDER BY ", quote(first.Name), map[bool]string{true: " ASC", false: " DESC"}[first.Descending])
	}
	s.add(" LIMIT ?")
	s.args = append(s.args, limit)
	rows, err := e.read(ctx, spec, columns, s, c)
	return withKey(spec, rows), err
}

func (s *statement) bound(column store.Column, operator string, b store.Bound) *statement {
	if b.Value == nil {
		return s
	}
	if b.Inclusive {
		operator += "="
	}
	return s.add(" AND ").compare(column, operator, b.Value)
}

// partsOf are the slices of a selection, in its direction. Without After there is one. After (a, b, c) come first the
// rows (a, b, beyond c), then (a, beyond b), then those beyond a: a comparison of tuples would say this in one
// SELECT, but only where all columns run in the same direction.
func partsOf(spec *store.Spec, r store.Selection) []slice {
	k, whole := len(r.Prefix), slice{r.Prefix, r.Low, r.High}
	switch {
	case r.After == nil:
		return []slice{whole}
	case k == len(spec.Clustering):
		return nil // The prefix is the one row that After was.
	}
	switch whole.place(spec, r) {
	case before:
		return []slice{whole}
	case beyond:
		return nil
	}
	parts := make([]slice, 0, len(r.After)-k)
	for n := len(r.After) - 1; n > k; n-- {
		parts = append(parts, slice{equal: r.After[:n]}.startingAfter(spec, r, n))
	}
	return append(parts, whole.startingAfter(spec, r, k))
}

// startingAfter is the slice from just beyond After's n-th column on.
func (p slice) startingAfter(spec *store.Spec, r store.Selection, n int) slice {
	start := store.Bound{Value: r.After[n]}
	if rising(spec, r, n) {
		p.low = start
	} else {
		p.high = start
	}
	return p
}

// Where After lies, seen in the direction of reading.
const (
	before = iota // In front of the slice's start: all of the slice comes later.
	inside
	beyond // Behind its end: nothing comes later.
)

// place tells where After lies by the column that the slice bounds.
func (p slice) place(spec *store.Spec, r store.Selection) int {
	n := len(p.equal)
	start, end, sign := p.low, p.high, 1
	if !rising(spec, r, n) {
		start, end, sign = p.high, p.low, -1
	}
	outside := func(b store.Bound, sign int) bool {
		if b.Value == nil {
			return false
		}
		order := sign * compare(r.After[n], b.Value)
		return order > 0 || (order == 0 && !b.Inclusive)
	}
	switch {
	case outside(start, -sign):
		return before
	case outside(end, sign):
		return beyond
	}
	return inside
}

// rising tells whether the n-th clustering column grows in the direction of reading.
func rising(spec *store.Spec, r store.Selection, n int) bool {
	return spec.Columns[spec.Clustering[n]].Descending == r.Backwards
}

// compare orders two values of one type as Cassandra does.
func compare(a, b store.Value) int {
	switch a := a.(type) {
	case string:
		b, _ := b.(string)
		return strings.Compare(a, b)
	case []byte:
		b, _ := b.([]byte)
		return bytes.Compare(a, b)
	case int64:
		b, _ := b.(int64)
		return cmp.Compare(a, b)
	case time.Time:
		b, _ := b.(time.Time)
		return a.Compare(b)
	case bool:
		b, _ := b.(bool)
		return map[bool]int{false: 0, true: 1}[a] - map[bool]int{false: 0, true: 1}[b]
	}
	return 0
}
