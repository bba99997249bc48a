package archive

import (
	"fmt"
	"slices"

	"farthing/pkg/store"
)

// shape is a table's declaration, in words.
type shape struct {
	Keyspace string        `json:"keyspace"`
	Table    string        `json:"table"`
	Class    string        `json:"class"`
	Columns  []shapeColumn `json:"columns"`
}

type shapeColumn struct {
	Name       string `json:"name"`
	Tag        int    `json:"tag"`
	Type       string `json:"type"`
	Role       string `json:"role"`
	Descending bool   `json:"descending,omitempty"`
}

func shapeOf(keyspace string, spec *store.Spec) shape {
	s := shape{Keyspace: keyspace, Table: spec.Name, Class: classWord(spec.Class)}
	for _, c := range spec.Columns {
		s.Columns = append(s.Columns, shapeColumn{c.Name, c.Tag, typeWord(c.Type), roleWord(c.Role), c.Descending})
	}
	return s
}

func classWord(c store.Class) string {
	return map[store.Class]string{
		store.PlainClass: "plain", store.ConditionalClass: "conditional", store.ExpiringClass: "expiring",
	}[c]
}

func typeWord(t store.Type) string {
	return map[store.Type]string{
		store.Text: "text", store.Integer: "integer", store.Boolean: "boolean", store.Bytes: "bytes",
		store.Timestamp: "timestamp",
	}[t]
}

func roleWord(r store.Role) string {
	return map[store.Role]string{
		store.Partition: "partition", store.Clustering: "clustering", store.Static: "static", store.Regular: "regular",
	}[r]
}

func (s shape) name() string { return s.Keyspace + "." + s.Table }

func (s shape) file() string { return s.name() + ".rows" }

func (s shape) key() []shapeColumn {
	var key []shapeColumn
	for _, role := range []string{"partition", "clustering"} {
		for _, c := range s.Columns {
			if c.Role == role {
				key = append(key, c)
			}
		}
	}
	return key
}

// contradicts says why what was exported from s cannot be imported into declared; it is empty if it can. A declaration
// may have columns of its own beside the exported ones, but no other key.
func (s shape) contradicts(declared shape) string {
	if s.Class != declared.Class {
		return fmt.Sprintf("is %s there and %s here", s.Class, declared.Class)
	}
	for _, c := range s.Columns {
		i := slices.IndexFunc(declared.Columns, func(d shapeColumn) bool { return d.Tag == c.Tag })
		switch {
		case i < 0:
			return fmt.Sprintf("has a column %s (tag %d) there, and none here", c.Name, c.Tag)
		case declared.Columns[i] != c:
			return fmt.Sprintf("has another column with tag %d there (%s) than here (%s)", c.Tag, c, declared.Columns[i])
		}
	}
	if !slices.Equal(s.key(), declared.key()) {
		return "has another key there than here"
	}
	return ""
}

// String is the column in words.
func (c shapeColumn) String() string {
	order := ""
	if c.Descending {
		order = ", descending"
	}
	return fmt.Sprintf("%s, %s, %s%s", c.Name, c.Type, c.Role, order)
}

func (s shape) equal(other shape) bool {
	return s.Keyspace == other.Keyspace && s.Table == other.Table && s.Class == other.Class &&
		slices.Equal(s.Columns, other.Columns)
}

// declared is a table with its place.
type declared struct {
	shape shape
	spec  *store.Spec
}

// declaredIn are all tables of these schemas. It refuses names that no engine could use and tables declared twice.
func declaredIn(schemas []store.Schema) ([]declared, error) {
	var all []declared
	seen := make(map[string]bool)
	for _, schema := range schemas {
		if err := schema.Check(); err != nil {
			return nil, err
		}
		if seen[schema.Keyspace] {
			return nil, fmt.Errorf("keyspace %s is declared twice", schema.Keyspace)
		}
		seen[schema.Keyspace] = true
		for _, table := range schema.Tables {
			all = append(all, declared{shapeOf(schema.Keyspace, table.Spec()), table.Spec()})
		}
	}
	return all, nil
}
