// Package pebblestore is the embedded engine of pkg/store: the tables of a whole bank in one Pebble, in one directory,
// under one lock. It runs on disk, or on a memory file system for tests.
//
// # Layout
//
// The first byte of a key says whose it is:
//
//	m  meta: the format's version, and the schema of each table as JSON
//	s  store: rows
//	x  expiry: when a row with a TTL may be forgotten (8 bytes of Unix milliseconds as in a key, then the row's key)
//	e  events: the embedded bus, which keeps its log here to share the group commit; this package never looks at it
//
// A row's key is s, keyspace, 0, table, 0, the partition columns, a kind (0 statics, 1 row), the clustering columns. It
// sorts as the table declares, so that a range is a scan. A row's value is its cells by column tag (cells.go), so that
// a binary keeps the columns that it does not know.
//
// # Writing
//
// A put is a merge operand: it names some cells and leaves the others, and Pebble joins them when the row is read or
// compacted. So plain writes read nothing and lock nothing. A conditional batch holds its partition's lane from the
// first read until its place in the log is fixed, and waits for the sync outside: commits to one partition share syncs
// too. What a later one read of an earlier one is durable before it is, for the log has one order.
//
// Pebble shows a write before it is synced. An answer that decides something must not show what a power cut could take
// back, so Latest reads and refusals wait for whatever is under way in their lane.
//
// Every commit is synced. A sync that fails stops the process: after it nobody knows what the disk holds.
package pebblestore
