// Package storage keeps transactions: by account and month for lists, and by id.
package storage

import (
	"farthing/pkg/events/outbox"
	"farthing/pkg/seal"
	"farthing/pkg/seal/datakeys"
	"farthing/pkg/store"
)

// partRow is one version of one facet of a transaction (logic.Part). Rows of one transaction lie together, in the
// order of ids, which is the order of time.
type partRow struct {
	Account string `store:"1,partition"`
	Month   int64  `store:"2,partition"`
	ID      string `store:"3,clustering"`
	Facet   int64  `store:"4,clustering"`
	Name    string `store:"5,clustering"`
	Version int64  `store:"6,clustering,desc"`
	State   []byte `store:"7"` // transactions.v1.Transaction.
}

// ownerRow finds the account of a transaction; its id tells the month.
type ownerRow struct {
	ID      string `store:"1,partition"`
	Account string `store:"2"`
}

// monthRow says that an account has transactions in a month, so that lists skip empty ones.
type monthRow struct {
	Account string `store:"1,partition"`
	Month   int64  `store:"2,clustering"`
}

// unknownCardRow is an attempt with a card that is nobody's. It has no account to stand in, so its first answer is
// kept here: the row is inserted if absent.
type unknownCardRow struct {
	HoldID        string `store:"1,partition"`
	TransactionID string `store:"2"`
	LastFour      string `store:"3"`
	Purchase      []byte `store:"4"` // transactions.v1.Purchase.
}

var (
	partsTable        = store.PlainTable[partRow]("parts")
	ownersTable       = store.PlainTable[ownerRow]("owners")
	monthsTable       = store.PlainTable[monthRow]("months")
	unknownCardsTable = store.ConditionalTable[unknownCardRow]("unknown_cards")
	dataKeysTable     = datakeys.Table("data_keys")
)

// NewKeys is the customers' keys in a keyspace, wrapped under a ring.
func NewKeys(k *store.Keyspace, ring *seal.Keyring) *datakeys.Keys {
	return datakeys.New(dataKeysTable, k, ring)
}

// Schema is the keyspace of service.transactions.
func Schema() store.Schema {
	tables := []store.Table{partsTable, ownersTable, monthsTable, unknownCardsTable, dataKeysTable}
	return store.Schema{Keyspace: "transactions", Tables: append(tables, outbox.Tables()...)}
}
