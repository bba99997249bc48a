// Package cassandra is the engine of pkg/store on a Cassandra cluster, the one for production.
//
// Rows are CQL rows: a column is named after its field, and what a write does not name is neither bound nor written,
// so that there are no tombstones but those of deletes and of TTL. Conditional batches are lightweight transactions at
// LOCAL_SERIAL; Latest reads are too, and everything else is LOCAL_QUORUM. Nothing is ever sent twice by the driver: it
// has no retry policy, because it would repeat conditional writes.
//
// An error tells what is known. A request that never left is store.ErrUnavailable; one that left and was not answered
// definitely is store.ErrUnknown, whatever Cassandra calls it: with paxos v2 a lost conditional write comes back as a
// write time-out, a failure, a read time-out or a closed connection, never as CAS_WRITE_UNKNOWN.
package cassandra
