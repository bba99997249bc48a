// Package store is a small typed table layer that can do what Cassandra can and no more, on two engines.
//
// A table is declared once, from a Go struct, beside the functions that use it:
//
//	type itemRow struct {
//		Account string    `store:"1,partition"`
//		Month   int64     `store:"2,partition"`
//		ID      string    `store:"3,clustering,desc"`
//		Body    []byte    `store:"4"`
//	}
//
//	var items = store.PlainTable[itemRow]("items")
//
// The number is the column's tag, which stored rows carry; the column is named after its field in snake case, by which
// Cassandra knows it. So a field is neither renumbered nor renamed: add another, and move over. Fields are string,
// int64, bool, []byte or time.Time (UTC, milliseconds).
//
// There are three classes of table, and each lacks the methods of the others: Plain (put, delete, TTL; last write wins,
// so a projection writes each version as a row), Conditional (compare-and-set batches on one partition, nothing is ever
// deleted) and Expiring (whole rows, compared and set, with one TTL).
//
// Every failure is one of ErrUnavailable (nothing was done), ErrUnknown (it may still happen), ErrTooLarge and
// ErrInvalid (refused before anything was sent).
package store
