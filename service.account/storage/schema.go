// Package storage keeps accounts, by their ids, numbers and users.
package storage

import "farthing/pkg/store"

// Schema is the keyspace of service.account.
func Schema() store.Schema {
	return store.Schema{
		Keyspace: "account", Tables: []store.Table{openingsTable, accountsTable, numbersTable, userAccountsTable},
	}
}
