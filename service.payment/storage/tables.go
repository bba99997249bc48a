// Package storage keeps payments, payees and standing orders, and what is to be done about them.
package storage

import (
	"time"

	"farthing/pkg/seal/datakeys"
	"farthing/pkg/store"
	"farthing/pkg/store/worklist"
)

// recordRow is a payment or a standing order, in static columns, and a line for each revision.
type recordRow struct {
	ID   string `store:"1,partition"`
	Line int64  `store:"2,clustering"` // The revision that it made.

	Revision int64  `store:"3,static"` // What every write is conditional on.
	State    []byte `store:"4,static"` // payment.v1.Payment or StandingOrder, without what is personal.
	Sealed   []byte `store:"5,static"` // payment.v1.Personal, under the customer's key.

	Was []byte `store:"10"` // The state of this revision.
}

// orderOfRow lists the standing orders of an account.
type orderOfRow struct {
	Account string `store:"1,partition"`
	Order   string `store:"2,clustering"`
}

// payeeRow is somebody whom a customer pays. Their ids sort by time.
type payeeRow struct {
	User      string    `store:"1,partition"`
	Payee     string    `store:"2,clustering"`
	Sealed    []byte    `store:"3"` // payment.v1.Personal.
	CreatedAt time.Time `store:"4"`
}

var (
	paymentsTable = store.ConditionalTable[recordRow]("payments")
	ordersTable   = store.ConditionalTable[recordRow]("standing_orders")
	orderOfTable  = store.PlainTable[orderOfRow]("standing_orders_by_account")
	payeesTable   = store.PlainTable[payeeRow]("payees")
	dataKeysTable = datakeys.Table("data_keys")
	// unfinishedTable lists payments that are on their way, from before they are written until they rest.
	unfinishedTable = worklist.Table("unfinished")
	// returnsTable lists payments that are to come back, and dueTable standing orders, each at its time.
	returnsTable = worklist.Table("returns")
	dueTable     = worklist.Table("due_orders")
)

// Schema is the keyspace of service.payment.
func Schema() store.Schema {
	return store.Schema{Keyspace: "payment", Tables: []store.Table{
		paymentsTable, ordersTable, orderOfTable, payeesTable, dataKeysTable, unfinishedTable, returnsTable, dueTable,
	}}
}
