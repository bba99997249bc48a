// Package measured counts and times what is asked of a store, by keyspace and kind of operation:
//
//	store_requests_total{keyspace,operation,outcome}
//	store_duration_seconds{keyspace,operation}
//
// One store_requests_total of operation "apply" is one conditional write, and of operation "write" one plain batch,
// however many rows are in it. Measuring a call costs well under a microsecond and no memory (BenchmarkMeasuring).
package measured
