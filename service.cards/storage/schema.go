// Package storage keeps cards: their numbers in a vault, everything else beside it.
package storage

import (
	"farthing/pkg/events/outbox"
	"farthing/pkg/store"
)

// Schema is the keyspace of service.cards.
func Schema() store.Schema {
	tables := []store.Table{issuesTable, cardsTable, accountCardsTable, vaultTable, numbersTable, pinsTable}
	return store.Schema{Keyspace: "cards", Tables: append(tables, outbox.RelayTables()...)}
}
