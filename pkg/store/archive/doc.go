// Package archive copies whole keyspaces out of any engine into a folder (Export) and from a folder into any engine
// (Import), and proves that two stores, or a store and a folder, hold the same (Compare, Verify). It knows engines only
// by store.Store. The bank must be at rest meanwhile: tables are read one after another, and not at one moment.
//
// All of it can be killed at any moment and asked again: it goes on where the last durable piece ended.
//
// # The folder
//
//	manifest.json            what was exported: written last, so that an export which has it is whole
//	export.json              how far an export is that is not whole yet
//	KEYSPACE.TABLE.rows      one file for each table
//	import-TARGET.json       how far the import into that target is
//
// The JSON documents end with a checksum: the SHA-256 of the document with an empty one.
//
// # A file of rows
//
// It is records, one after another:
//
//	length    4 bytes, little endian: of the payload
//	CRC       4 bytes, little endian: CRC-32C of the record's number (8 bytes, little endian, from 0), of the length as
//	          it stands, and of the payload
//	payload   a protobuf message with exactly one of the fields below
//
//	message Record {
//	  oneof is {
//	    Row   row     = 1;  // A row: key columns and regular ones.
//	    Row   statics = 2;  // A partition: partition columns and static ones.
//	    bytes head    = 3;  // JSON: the table as in the manifest. The first record, and only the first.
//	    bytes end     = 4;  // JSON: how many rows and statics, and their digest. The last record, and only the last.
//	  }
//	}
//
// Row is a protobuf message whose field numbers are the tags of the columns, in their order: text is string, integer is
// sint64, boolean is bool, bytes is bytes, and timestamp is sint64 in Unix milliseconds. A column that was never
// written is not there, and one that was written is there, also if it is false, 0 or empty. Rows come before statics.
//
// The digest is the sum of the SHA-256 of all payloads of rows and statics, added in four words of 64 bits (big endian)
// that do not carry into each other. So it does not depend on the order, in which engines differ.
//
// # What an archive does not hold
//
// Columns that the store holds and the declaration does not name. How long a row has yet to live: engines do not tell.
// Rows of expiring tables are imported with a TTL that the caller chooses, and rows that were put with a TTL into plain
// tables without one; expiry itself is a column (see pkg/store), so nothing lives again that had expired.
package archive
