package cassandra

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"farthing/pkg/store"
)

// Replication is how many copies each data centre keeps. Nil is one copy on one node, for development and tests: any
// other cluster names its data centres.
type Replication map[string]int

func (r Replication) cql() string {
	if len(r) == 0 {
		return "{'class': 'SimpleStrategy', 'replication_factor': 1}"
	}
	parts := []string{"'class': 'NetworkTopologyStrategy'"}
	for datacentre, copies := range r {
		parts = append(parts, fmt.Sprintf("%s: %d", text(datacentre), copies))
	}
	slices.Sort(parts[1:])
	return "{" + strings.Join(parts, ", ") + "}"
}

// CQL is what creates the schema's keyspace and tables, one statement each. Every statement may be repeated, and run
// by several clients at once.
func CQL(schema store.Schema, replication Replication) []string {
	out := []string{fmt.Sprintf("CREATE KEYSPACE IF NOT EXISTS %s WITH replication = %s AND durable_writes = true",
		quote(schema.Keyspace), replication.cql())}
	for _, table := range schema.Tables {
		out = append(out, createTable(schema.Keyspace, table.Spec()))
	}
	return out
}

// createTable gives the table an id made from its name. Cassandra would draw one at random, and two nodes that were
// asked at once would each have a table of their own under one name, which loses writes.
func createTable(keyspace string, spec *store.Spec) string {
	var s strings.Builder
	fmt.Fprintf(&s, "CREATE TABLE IF NOT EXISTS %s (\n", from(keyspace, spec))
	for _, column := range spec.Columns {
		fmt.Fprintf(&s, "    %s,\n", columnCQL(column))
	}
	key := "(" + names(spec, spec.Partition) + ")"
	if len(spec.Clustering) > 0 {
		key += ", " + names(spec, spec.Clustering)
	}
	fmt.Fprintf(&s, "    PRIMARY KEY (%s)\n) WITH ", key)
	if len(spec.Clustering) > 0 {
		fmt.Fprintf(&s, "CLUSTERING ORDER BY (%s)\n    AND ", clusteringOrder(spec))
	}
	fmt.Fprintf(&s, "ID = %s\n    AND comment = %s\n    AND %s", tableID(keyspace, spec.Name), text(commentOf(spec)),
		options(spec.Class))
	return s.String()
}

func columnCQL(column store.Column) string {
	cql := quote(column.Name) + " " + typeName(column.Type)
	if column.Role == store.Static {
		cql += " STATIC"
	}
	return cql
}

func clusteringOrder(spec *store.Spec) string {
	parts := make([]string, len(spec.Clustering))
	for n, i := range spec.Clustering {
		parts[n] = quote(spec.Columns[i].Name) + " " + direction(spec.Columns[i])
	}
	return strings.Join(parts, ", ")
}

func direction(column store.Column) string {
	if column.Descending {
		return "DESC"
	}
	return "ASC"
}

// options of a class. The grace of ten days for tombstones stays Cassandra's own everywhere: conditional tables have
// none, and in the others a replica that was away for less must not bring back what was deleted or replaced.
func options(class store.Class) string {
	if class == store.ConditionalClass {
		// Each conditional write first reads single rows: levels keep a row's pieces in few files.
		return "compaction = {'class': 'LeveledCompactionStrategy'}\n    AND default_time_to_live = 0"
	}
	return "compaction = {'class': 'UnifiedCompactionStrategy'}"
}

func typeName(kind store.Type) string {
	switch kind {
	case store.Text:
		return "text"
	case store.Integer:
		return "bigint"
	case store.Boolean:
		return "boolean"
	case store.Bytes:
		return "blob"
	case store.Timestamp:
		return "timestamp"
	}
	return ""
}

// tableID is a UUID (version 8) made from the names. Tables are never dropped, so an id is never used again.
func tableID(keyspace, table string) string {
	sum := sha256.Sum256([]byte(keyspace + "." + table))
	id := sum[:16]
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// text is a CQL string.
func text(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// remark is what a declaration says and CQL has no word for: it is kept as the table's comment, so that the two are
// created as one.
type remark struct {
	Class string         `json:"class"`
	Tags  map[string]int `json:"tags"`
}

func commentOf(spec *store.Spec) string {
	r := remark{Class: className(spec.Class), Tags: make(map[string]int, len(spec.Columns))}
	for _, column := range spec.Columns {
		r.Tags[column.Name] = column.Tag
	}
	return r.String()
}

// String is the comment.
func (r remark) String() string {
	encoded, _ := json.Marshal(r) // A string and a map of numbers always marshal; keys come sorted.
	return string(encoded)
}

func className(class store.Class) string {
	switch class {
	case store.PlainClass:
		return "plain"
	case store.ConditionalClass:
		return "conditional"
	case store.ExpiringClass:
		return "expiring"
	}
	return ""
}
