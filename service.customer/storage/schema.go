// Package storage keeps customers: their personal data sealed, each customer's under a key of its own.
package storage

import "farthing/pkg/store"

// Schema is the keyspace of service.customer.
func Schema() store.Schema {
	return store.Schema{
		Keyspace: "customer",
		Tables:   []store.Table{creationsTable, emailsTable, fillsTable, customersTable, dataKeysTable},
	}
}
