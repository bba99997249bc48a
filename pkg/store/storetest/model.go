package storetest

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"farthing/pkg/store"
)

// model is one table in memory, as simple as can be: what an engine is compared with.
type model struct {
	spec    *store.Spec
	rows    []store.Row // In no order.
	statics []store.Row // One for each partition that has any.
}

// compareValues orders values of one type; absent comes first.
func compareValues(a, b store.Value) int {
	switch {
	case a == nil || b == nil:
		return cmp.Compare(rank(a != nil), rank(b != nil))
	default:
	}
	switch a := a.(type) {
	case string:
		return cmp.Compare(a, b.(string)) //nolint:errcheck // Values of one column have one type.
	case int64:
		return cmp.Compare(a, b.(int64)) //nolint:errcheck // As above.
	case bool:
		return cmp.Compare(rank(a), rank(b.(bool))) //nolint:errcheck // As above.
	case []byte:
		return bytes.Compare(a, b.([]byte)) //nolint:errcheck // As above.
	case time.Time:
		return a.Compare(b.(time.Time)) //nolint:errcheck // As above.
	}
	return 0
}

func rank(b bool) int {
	if b {
		return 1
	}
	return 0
}

func sameAt(positions []int, a, b store.Row) bool {
	for _, i := range positions {
		if compareValues(a[i], b[i]) != 0 {
			return false
		}
	}
	return true
}

// compareKeys is the table's order within a partition.
func (m *model) compareKeys(a, b store.Row) int {
	for _, i := range m.spec.Clustering {
		order := compareValues(a[i], b[i])
		if m.spec.Columns[i].Descending {
			order = -order
		}
		if order != 0 {
			return order
		}
	}
	return 0
}

// find is where the row with this key is; -1 if it is nowhere.
func (m *model) find(key store.Row) int {
	positions := slices.Concat(m.spec.Partition, m.spec.Clustering)
	return slices.IndexFunc(m.rows, func(r store.Row) bool { return sameAt(positions, r, key) })
}

func (m *model) findStatics(partition store.Row) store.Row {
	for _, row := range m.statics {
		if sameAt(m.spec.Partition, row, partition) {
			return row
		}
	}
	return nil
}

// put writes what row names, over what is there.
func (m *model) put(row store.Row) {
	at := m.find(row)
	if at < 0 {
		m.rows = append(m.rows, slices.Clone(row))
		return
	}
	overwrite(m.rows[at], row)
}

func overwrite(row, with store.Row) {
	for i, value := range with {
		if value != nil {
			row[i] = value
		}
	}
}

func (m *model) write(mutations []store.Mutation) {
	for _, w := range mutations {
		if at := m.find(w.Row); w.Delete && at >= 0 {
			m.rows = slices.Delete(m.rows, at, at+1)
		} else if !w.Delete {
			m.put(w.Row)
		}
	}
}

func (m *model) selected(s store.Selection) []store.Row {
	var out []store.Row
	for _, row := range m.rows {
		if sameAt(m.spec.Partition, row, s.Partition) && m.within(row, s) {
			out = append(out, row)
		}
	}
	slices.SortFunc(out, m.compareKeys)
	if s.Backwards {
		slices.Reverse(out)
	}
	return out[:min(s.Limit, len(out))]
}

func (m *model) within(row store.Row, s store.Selection) bool {
	for k, value := range s.Prefix {
		if compareValues(row[m.spec.Clustering[k]], value) != 0 {
			return false
		}
	}
	if len(s.Prefix) < len(m.spec.Clustering) {
		value := row[m.spec.Clustering[len(s.Prefix)]]
		low, high := compareValues(value, s.Low.Value), compareValues(value, s.High.Value)
		if s.Low.Value != nil && (low < 0 || low == 0 && !s.Low.Inclusive) {
			return false
		}
		if s.High.Value != nil && (high > 0 || high == 0 && !s.High.Inclusive) {
			return false
		}
	}
	if s.After == nil {
		return true
	}
	last := make(store.Row, len(row))
	for k, i := range m.spec.Clustering {
		last[i] = s.After[k]
	}
	order := m.compareKeys(row, last)
	return order > 0 && !s.Backwards || order < 0 && s.Backwards
}

func (m *model) apply(b store.ConditionalBatch) store.Applied {
	holds := true
	refusal := store.Applied{Statics: m.findStatics(b.Partition)}
	compared := refusal.Statics
	for _, row := range b.Rows {
		at := m.find(row.Row)
		expiring := m.spec.Class == store.ExpiringClass
		if at >= 0 && (row.IfNotExists || expiring) {
			refusal.Present = append(refusal.Present, m.rows[at])
			holds = holds && !row.IfNotExists
			if expiring {
				compared = m.rows[at]
			}
		}
	}
	for _, condition := range b.Conditions {
		var is store.Value
		if compared != nil {
			is = compared[condition.Column]
		}
		if compareValues(is, condition.Value) != 0 {
			holds = false
		}
	}
	if !holds {
		return refusal
	}
	m.applyAll(b, refusal.Statics)
	return store.Applied{OK: true}
}

func (m *model) applyAll(b store.ConditionalBatch, statics store.Row) {
	if b.Statics != nil {
		if statics == nil {
			statics = slices.Clone(b.Partition)
			m.statics = append(m.statics, statics)
		}
		overwrite(statics, b.Statics)
	}
	for _, row := range b.Rows {
		m.put(row.Row)
	}
}
