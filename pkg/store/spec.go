package store

// Class is what may be done to a table's rows.
type Class int

// The three classes of table.
const (
	PlainClass       Class = iota + 1 // Put, delete, TTL: last write wins.
	ConditionalClass                  // Conditional batches on one partition; no TTL, no delete, ever.
	ExpiringClass                     // Whole rows, written conditionally, each with one TTL.
)

// Type is what a column holds.
type Type int

// The five types of column, with their Go types.
const (
	Text      Type = iota + 1 // string
	Integer                   // int64
	Boolean                   // bool
	Bytes                     // []byte
	Timestamp                 // time.Time, UTC, whole milliseconds
)

// Role is a column's part in its table.
type Role int

// The roles of a column.
const (
	Partition  Role = iota + 1 // Rows with equal partition columns live together.
	Clustering                 // Orders the rows of a partition; with the partition columns it is the key.
	Static                     // One value for each partition.
	Regular                    // One value for each row.
)

// Column is one column of a table.
type Column struct {
	Name       string
	Tag        int // Stored with every value; never reused.
	Type       Type
	Role       Role
	Descending bool // Of a clustering column.
}

// Spec is a table as its engine sees it. It never changes after its declaration.
type Spec struct {
	Name    string
	Class   Class
	Columns []Column

	// Positions in Columns, each in order of declaration.
	Partition, Clustering, Static, Regular []int
}

// Schema is the keyspace of one service and the tables in it.
type Schema struct {
	Keyspace string // Lower case letters and underscores: CQL names take neither dot nor hyphen.
	Tables   []Table
}

// maxName is what Cassandra takes.
const maxName = 48

// Check refuses, naming it, a keyspace or table that no engine could make, and a table that is declared twice.
func (s Schema) Check() error {
	if !isName(s.Keyspace) {
		return invalid("keyspace %q: a name is up to %d lower case letters, digits and underscores", s.Keyspace, maxName)
	}
	seen := make(map[string]bool)
	for _, table := range s.Tables {
		name := table.Spec().Name
		if !isName(name) {
			return invalid("table %q: a name is up to %d lower case letters, digits and underscores", name, maxName)
		}
		if seen[name] {
			return invalid("keyspace %s: table %s is declared twice", s.Keyspace, name)
		}
		seen[name] = true
	}
	return nil
}

func isName(name string) bool {
	for i, letter := range []byte(name) {
		isLetter := letter >= 'a' && letter <= 'z'
		isOther := letter >= '0' && letter <= '9' || letter == '_'
		if !isLetter && (i == 0 || !isOther) {
			return false
		}
	}
	return name != "" && len(name) <= maxName
}

// Table is a declaration of any class.
type Table interface {
	Spec() *Spec
}

// Value is a string, an int64, a bool, a []byte or a time.Time. A nil Value is a column that was never written, or
// one that a write does not name.
type Value any

// Row is a value for each of a table's Columns, in their order.
type Row []Value
