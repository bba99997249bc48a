package storage

import (
	"farthing/pkg/events/outbox"
	"farthing/pkg/store"
)

// Schema is the keyspace of service.balance.
func Schema() store.Schema {
	tables := []store.Table{accountsTable, bucketsTable, journalsTable, unfinishedTable}
	return store.Schema{Keyspace: "balance", Tables: append(tables, outbox.RelayTables()...)}
}
