// Package storage keeps pots and the moves of their money.
package storage

import (
	"time"

	"farthing/pkg/events/outbox"
	"farthing/pkg/seal/datakeys"
	"farthing/pkg/store"
	"farthing/pkg/store/worklist"
)

// creationRow maps a caller's id of a creation to the pot that came of it: the first one stays.
type creationRow struct {
	Account  string `store:"1,partition"` // The current account.
	DedupeID string `store:"2,partition"`
	Pot      string `store:"3"`
	Request  []byte `store:"4"` // A hash of what was asked for.
}

// potRow is a pot, in static columns, and below it a line for each change, each move that was asked for, and each that
// was ended.
type potRow struct {
	Pot  string `store:"1,partition"`
	Kind int64  `store:"2,clustering"` // rowChanged, rowAsked or rowEnded.
	Name string `store:"3,clustering"` // The version that a change made, or a move's dedupe id.

	Version   int64     `store:"4,static"` // What every change is conditional on.
	User      string    `store:"5,static"`
	Account   string    `store:"6,static"`
	Ledger    string    `store:"7,static"`
	Currency  string    `store:"8,static"`
	Title     []byte    `store:"9,static"` // The pot's name, sealed.
	Style     string    `store:"10,static"`
	Goal      int64     `store:"11,static"` // Minor units.
	CreatedAt time.Time `store:"12,static"`
	UpdatedAt time.Time `store:"13,static"`
	Deleted   bool      `store:"14,static"` // What every move is conditional on.

	Way     int64     `store:"20"` // logic.Way; of a change, that of the move that made it, if one did.
	Amount  int64     `store:"21"` // Minor units.
	At      time.Time `store:"22"`
	Outcome int64     `store:"23"` // logic.Outcome, of one that was ended.
}

const (
	rowChanged = 0
	rowAsked   = 1
	rowEnded   = 2
)

// accountPotRow lists the pots of a current account. Their ids sort by time.
type accountPotRow struct {
	Account string `store:"1,partition"`
	Pot     string `store:"2,clustering"`
}

var (
	creationsTable   = store.ConditionalTable[creationRow]("creations")
	potsTable        = store.ConditionalTable[potRow]("pots")
	accountPotsTable = store.PlainTable[accountPotRow]("pots_by_account")
	dataKeysTable    = datakeys.Table("data_keys")
	// unfinishedTable lists moves that were begun, and pots that are being emptied.
	unfinishedTable = worklist.Table("unfinished")
)

// Schema is the keyspace of service.pot.
func Schema() store.Schema {
	tables := []store.Table{creationsTable, potsTable, accountPotsTable, dataKeysTable, unfinishedTable}
	return store.Schema{Keyspace: "pot", Tables: append(tables, outbox.RelayTables()...)}
}
