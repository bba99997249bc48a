// Package storage keeps card payments, and which hold a processor's opaque id stands for.
package storage

import (
	"farthing/pkg/store"
	"farthing/pkg/store/worklist"
)

// The lists of what is still to be done.
var (
	// UnfinishedTable lists payments with an event that was begun.
	UnfinishedTable = worklist.Table("unfinished_payments")
	// DueTable lists holds by when they expire.
	DueTable = worklist.Table("due_holds")
	// UnpostedTable lists payments that were stood in for and are not in the ledger yet.
	UnpostedTable = worklist.Table("unposted_stand_ins")
	// LateTable lists holds that nobody was answered of in time.
	LateTable = worklist.Table("late_holds")
	// ResolvingTable lists what is unmatched and on its way to another payment.
	ResolvingTable = worklist.Table("unfinished_resolutions")
	// ClearingTable lists clearing files that are being posted.
	ClearingTable = worklist.Table("unfinished_clearings")
)

// Schema is the keyspace of service.card-processing.
func Schema() store.Schema {
	return store.Schema{Keyspace: "card_processing", Tables: []store.Table{
		processorIDsTable, paymentsTable, matchesTable, UnfinishedTable, DueTable, ResolvingTable,
		standInsTable, standInLogTable, UnpostedTable, LateTable,
		unmatchedTable, disputesTable, clearingFilesTable, clearingIDsTable, ClearingTable,
	}}
}
