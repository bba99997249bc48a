package cassandra

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"

	"github.com/gocql/gocql"

	"farthing/pkg/store"
)

// Migrations that run at once add to each other's work; more than this many rounds of it is something else.
const maxRounds = 5

// cqlName is what the names of keyspaces and tables may be.
var cqlName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,47}$`)

// Migrate creates what is declared and not there yet. All tables are compared before any is changed, so a refusal
// changes nothing. Statements that may be repeated, with table ids made from names, let several processes migrate at
// once; each ends only when it sees all that it declared.
func (s *Store) Migrate(ctx context.Context, schema store.Schema) error {
	if err := checkNames(s.config.Prefix, schema); err != nil {
		return invalid(err)
	}
	schema.Keyspace = s.config.Prefix + schema.Keyspace
	for range maxRounds {
		steps, err := s.missing(ctx, schema)
		if err != nil || len(steps) == 0 {
			return err
		}
		if err := s.change(ctx, steps); err != nil {
			return err
		}
	}
	return store.Unavailable(fmt.Errorf("keyspace %s: others kept changing its schema", schema.Keyspace))
}

// Check fails, naming the table, where the stored schema lacks what is declared or contradicts it.
func (s *Store) Check(ctx context.Context, schema store.Schema) error {
	schema.Keyspace = s.config.Prefix + schema.Keyspace
	steps, err := s.missing(ctx, schema)
	switch {
	case err != nil:
		return err
	case len(steps) > 0:
		return invalid(fmt.Errorf("keyspace %s: %s: not migrated", schema.Keyspace, steps[0].lacks))
	}
	return nil
}

func checkNames(prefix string, schema store.Schema) error {
	names := []string{schema.Keyspace, prefix + schema.Keyspace}
	for _, table := range schema.Tables {
		names = append(names, table.Spec().Name)
	}
	for _, name := range names {
		if !cqlName.MatchString(name) {
			return fmt.Errorf("%q: a name is 1 to 48 lower case letters, digits and underscores, a letter first", name)
		}
	}
	return nil
}

// step is one statement of a migration, and what is lacking without it.
type step struct{ lacks, cql string }

// missing are the steps from the stored schema to the declared one.
func (s *Store) missing(ctx context.Context, schema store.Schema) ([]step, error) {
	stored, err := s.storedTables(ctx, schema.Keyspace)
	if err != nil {
		return nil, err
	}
	var steps []step
	create := CQL(schema, s.config.Replication)
	if stored == nil {
		steps = append(steps, step{"the keyspace", create[0]})
	}
	for n, declared := range schema.Tables {
		spec := declared.Spec()
		table, ok := stored[spec.Name]
		if !ok {
			steps = append(steps, step{"table " + spec.Name, create[n+1]})
			continue
		}
		more, err := table.stepsTo(schema.Keyspace, spec)
		if err != nil {
			return nil, invalid(fmt.Errorf("keyspace %s: table %s: %w", schema.Keyspace, spec.Name, err))
		}
		steps = append(steps, more...)
	}
	return steps, nil
}

func (s *Store) change(ctx context.Context, steps []step) error {
	session, end, err := s.begin(ctx, "")
	if err != nil {
		return err
	}
	defer end()
	for _, step := range steps {
		ctx, departed := departing(ctx)
		if err := session.Query(step.cql).WithContext(ctx).Exec(); err != nil {
			return failure(fmt.Errorf("%s: %w", step.lacks, err), writing, departed)
		}
	}
	if err := session.AwaitSchemaAgreement(ctx); err != nil {
		return store.Unknown(fmt.Errorf("waiting for all nodes to know the schema: %w", err))
	}
	return nil
}

// storedTable is a table as the cluster has it.
type storedTable struct {
	comment string
	columns map[string]storedColumn
}

// storedColumn is a column in the words of system_schema.
type storedColumn struct {
	kind     string // partition_key, clustering, static or regular.
	position int    // Within the key; -1 otherwise.
	order    string // asc or desc, of a clustering column; none otherwise.
	typeName string
}

// storedTables are a keyspace's tables by name; nil if there is no such keyspace.
func (s *Store) storedTables(ctx context.Context, keyspace string) (map[string]storedTable, error) {
	session, end, err := s.begin(ctx, "")
	if err != nil {
		return nil, err
	}
	defer end()
	tables, err := readSchema(ctx, session, keyspace)
	if err != nil {
		return nil, failure(err, reading, nil)
	}
	return tables, nil
}

func readSchema(ctx context.Context, session *gocql.Session, keyspace string) (map[string]storedTable, error) {
	ask := func(cql string) gocql.Scanner {
		return session.Query(cql, keyspace).WithContext(ctx).Consistency(gocql.LocalOne).Iter().Scanner()
	}
	keyspaces := ask(`SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?`)
	exists := keyspaces.Next()
	if err := keyspaces.Err(); err != nil || !exists {
		return nil, err
	}
	tables := make(map[string]storedTable)
	found := ask(`SELECT table_name, comment FROM system_schema.tables WHERE keyspace_name = ?`)
	for found.Next() {
		var name string
		table := storedTable{columns: make(map[string]storedColumn)}
		if err := found.Scan(&name, &table.comment); err != nil {
			return nil, err
		}
		tables[name] = table
	}
	if err := found.Err(); err != nil {
		return nil, err
	}
	columns := ask(`SELECT table_name, column_name, kind, position, clustering_order, type
		FROM system_schema.columns WHERE keyspace_name = ?`)
	for columns.Next() {
		var table, name string
		var column storedColumn
		err := columns.Scan(&table, &name, &column.kind, &column.position, &column.order, &column.typeName)
		if err != nil {
			return nil, err
		}
		if _, known := tables[table]; known {
			tables[table].columns[name] = column
		}
	}
	return tables, columns.Err()
}

// stepsTo are the steps from the stored table to the declared one, or why there are none: a column may be added, and
// nothing else may change. A column that is not declared stays: it is an older program's or a newer one's.
func (t storedTable) stepsTo(keyspace string, spec *store.Spec) ([]step, error) {
	var noted remark
	if err := json.Unmarshal([]byte(t.comment), &noted); err != nil || noted.Class == "" {
		return nil, fmt.Errorf("its comment does not say that it is one of ours")
	}
	if noted.Class != className(spec.Class) {
		return nil, fmt.Errorf("it is stored as %s, not %s", noted.Class, className(spec.Class))
	}
	if err := t.checkKey(spec); err != nil {
		return nil, err
	}
	var steps []step
	tags := maps.Clone(noted.Tags)
	for _, column := range spec.Columns {
		if err := checkTag(noted.Tags, column); err != nil {
			return nil, err
		}
		tags[column.Name] = column.Tag
		stored, ok := t.columns[column.Name]
		if !ok && (column.Role == store.Partition || column.Role == store.Clustering) {
			return nil, fmt.Errorf("column %s is not in the key that is stored", column.Name)
		}
		if !ok {
			steps = append(steps, step{"column " + spec.Name + "." + column.Name,
				"ALTER TABLE " + from(keyspace, spec) + " ADD IF NOT EXISTS " + columnCQL(column)})
			continue
		}
		if declared := columnAs(spec, column); stored != declared {
			return nil, fmt.Errorf("column %s is stored as %s, not %s", column.Name, stored, declared)
		}
	}
	if !maps.Equal(tags, noted.Tags) {
		noted.Tags = tags
		steps = append(steps, step{"tags of table " + spec.Name,
			"ALTER TABLE " + from(keyspace, spec) + " WITH comment = " + text(noted.String())})
	}
	return steps, nil
}

// checkKey refuses a key with more or fewer columns than are stored; each of them is compared as a column.
func (t storedTable) checkKey(spec *store.Spec) error {
	stored := 0
	for _, column := range t.columns {
		if column.position >= 0 {
			stored++
		}
	}
	if declared := len(spec.Partition) + len(spec.Clustering); stored != declared {
		return fmt.Errorf("its key has %d columns, not %d", stored, declared)
	}
	return nil
}

// checkTag refuses a column that was renumbered, and a number that was another column's.
func checkTag(noted map[string]int, column store.Column) error {
	for name, tag := range noted {
		switch {
		case name == column.Name && tag != column.Tag:
			return fmt.Errorf("column %s has tag %d, not %d", name, tag, column.Tag)
		case name != column.Name && tag == column.Tag:
			return fmt.Errorf("tag %d is column %s, not %s: on Cassandra a column keeps its name", tag, name, column.Name)
		}
	}
	return nil
}

// columnAs is a declared column in the words of system_schema.
func columnAs(spec *store.Spec, column store.Column) storedColumn {
	c := storedColumn{position: -1, order: "none", typeName: typeName(column.Type)}
	switch column.Role {
	case store.Partition:
		c.kind, c.position = "partition_key", positionIn(spec, spec.Partition, column)
	case store.Clustering:
		c.kind, c.position, c.order = "clustering", positionIn(spec, spec.Clustering, column), "asc"
		if column.Descending {
			c.order = "desc"
		}
	case store.Static:
		c.kind = "static"
	case store.Regular:
		c.kind = "regular"
	}
	return c
}

func positionIn(spec *store.Spec, positions []int, column store.Column) int {
	for n, i := range positions {
		if spec.Columns[i].Name == column.Name {
			return n
		}
	}
	return -1
}

// String is for error messages.
func (c storedColumn) String() string {
	return fmt.Sprintf("%s (%s, position %d, order %s)", c.typeName, c.kind, c.position, c.order)
}
