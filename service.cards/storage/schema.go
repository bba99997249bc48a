// Package storage keeps cards: their numbers in a vault, everything else beside it.
package storage

import "farthing/pkg/store"

// Schema is the keyspace of service.cards.
func Schema() store.Schema {
	return store.Schema{Keyspace: "cards", Tables: []store.Table{
		issuesTable, cardsTable, accountCardsTable, vaultTable, numbersTable, pinsTable,
	}}
}
