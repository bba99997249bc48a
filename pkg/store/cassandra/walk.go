package cassandra

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"farthing/pkg/store"
)

// place is where a walk goes on: after a partition, or within it after a row. Its values are as CQL writes them, so it
// depends on nothing but the data.
type place struct {
	Partition  [][]byte `json:"p"`
	Clustering [][]byte `json:"c,omitempty"`
}

// Walk goes by the partitions' tokens: first the rest of the partition where the last piece stopped, then all beyond.
func (e *engine) Walk(
	ctx context.Context, spec *store.Spec, after string, limit int,
) (rows []store.Row, next string, err error) {
	partition, clustering, err := readPlace(spec, after)
	if err != nil {
		return nil, "", err
	}
	if clustering != nil {
		rest := store.Selection{Partition: partition, After: clustering, Limit: limit}
		if rows, err = e.Range(ctx, spec, rest, store.Recent); err != nil {
			return nil, "", err
		}
	}
	for len(rows) < limit {
		asked := limit - len(rows)
		found, err := e.beyond(ctx, spec, rowOf(spec), "", partition, asked)
		if err != nil {
			return nil, "", err
		}
		// A partition that holds only statics shows as a row without a key: passed over, but a place to go on from.
		full := len(found) == asked
		if len(found) > 0 {
			partition = found[len(found)-1]
		}
		rows = append(rows, withKey(spec, found)...)
		if !full {
			return rows, "", nil
		}
		if len(rows) > 0 {
			break
		}
	}
	return rows, placeOf(spec, rows[len(rows)-1], spec.Clustering), nil
}

// WalkPartitions is Walk over partitions, those without statics left out.
func (e *engine) WalkPartitions(
	ctx context.Context, spec *store.Spec, after string, limit int,
) (rows []store.Row, next string, err error) {
	if len(spec.Static) == 0 {
		return nil, "", nil
	}
	partition, _, err := readPlace(spec, after)
	if err != nil {
		return nil, "", err
	}
	for {
		found, err := e.beyond(ctx, spec, staticsOf(spec), "DISTINCT ", partition, limit)
		if err != nil {
			return nil, "", err
		}
		full := len(found) == limit
		if len(found) > 0 {
			partition = found[len(found)-1]
		}
		for _, row := range found {
			if holdsAny(row, spec.Static) {
				rows = append(rows, row)
			}
		}
		switch {
		case !full:
			return rows, "", nil
		case len(rows) > 0:
			return rows, placeOf(spec, partition, nil), nil
		}
	}
}

// beyond reads what lies behind a partition, nil for the start, in the order of tokens.
func (e *engine) beyond(
	ctx context.Context, spec *store.Spec, columns []int, distinct string, partition store.Row, limit int,
) ([]store.Row, error) {
	s := new(statement).add("SELECT ", distinct, names(spec, columns), " FROM ", from(e.keyspace, spec))
	if partition != nil {
		s.add(" WHERE token(", names(spec, spec.Partition), ") > token(")
		for n, i := range spec.Partition {
			s.add(map[bool]string{true: "", false: ", "}[n == 0]).bind(spec.Columns[i], partition[i])
		}
		s.add(")")
	}
	s.add(" LIMIT ?")
	s.args = append(s.args, limit)
	return e.read(ctx, spec, columns, s, store.Recent)
}

// placeOf is just after the row, or after its partition if no clustering columns are told.
func placeOf(spec *store.Spec, row store.Row, clustering []int) string {
	body := place{Partition: encodeAll(row, spec.Partition), Clustering: encodeAll(row, clustering)}
	text, _ := json.Marshal(body) // Slices of bytes always marshal.
	return base64.RawURLEncoding.EncodeToString(text)
}

func encodeAll(row store.Row, positions []int) [][]byte {
	out := make([][]byte, len(positions))
	for n, i := range positions {
		out[n], _ = encode(row[i]) // It was just decoded.
	}
	return out
}

// readPlace is placeOf backwards: the partition as a row, and the clustering key. Both are nil at the start.
func readPlace(spec *store.Spec, text string) (partition store.Row, clustering []store.Value, err error) {
	if text == "" {
		return nil, nil, nil
	}
	refused := invalid(fmt.Errorf("%q is not a place in table %s", text, spec.Name))
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, nil, refused
	}
	var body place
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, nil, refused
	}
	values, err := decodeAll(spec, spec.Partition, body.Partition)
	if err != nil {
		return nil, nil, refused
	}
	partition = make(store.Row, len(spec.Columns))
	for n, i := range spec.Partition {
		partition[i] = values[n]
	}
	if len(body.Clustering) > 0 {
		if clustering, err = decodeAll(spec, spec.Clustering, body.Clustering); err != nil {
			return nil, nil, refused
		}
	}
	return partition, clustering, nil
}

func decodeAll(spec *store.Spec, positions []int, raw [][]byte) ([]store.Value, error) {
	if len(raw) != len(positions) {
		return nil, errors.New("another number of columns")
	}
	values := make([]store.Value, len(positions))
	for n, i := range positions {
		value, err := decode(spec.Columns[i].Type, raw[n])
		if err != nil || value == nil {
			return nil, errors.New("another type")
		}
		values[n] = value
	}
	return values, nil
}
