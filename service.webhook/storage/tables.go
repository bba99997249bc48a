// Package storage keeps webhooks, and what was sent to them or is to be.
package storage

import (
	"time"

	"farthing/pkg/seal/datakeys"
	"farthing/pkg/store"
	"farthing/pkg/store/worklist"
)

// registrationRow maps a client's id of a registration to the webhook that came of it: the first one stays.
type registrationRow struct {
	Account  string `store:"1,partition"`
	Client   string `store:"2,partition"`
	DedupeID string `store:"3,partition"`
	Webhook  string `store:"4"`
	Request  []byte `store:"5"` // A hash of what was asked for.
}

// hookRow is a webhook, in static columns, and a line for each change of its state or its secret.
type hookRow struct {
	Webhook  string `store:"1,partition"`
	Revision int64  `store:"2,clustering"` // The version that the change made.

	Version     int64     `store:"3,static"` // What every change is conditional on.
	Account     string    `store:"4,static"`
	User        string    `store:"5,static"`
	Client      string    `store:"6,static"`
	Target      []byte    `store:"7,static"` // The URL, sealed.
	Events      string    `store:"8,static"` // With spaces between.
	CreatedAt   time.Time `store:"9,static"`
	State       int64     `store:"10,static"` // logic.State.
	Secret      []byte    `store:"11,static"` // Sealed, as Former.
	Former      []byte    `store:"12,static"`
	FormerUntil time.Time `store:"13,static"`

	ChangedTo int64     `store:"20"` // A state.
	ChangedAt time.Time `store:"21"`
}

// listRow is an account's webhooks, in static columns: who is to be told of an event is one read.
type listRow struct {
	Account string `store:"1,partition"`
	Line    int64  `store:"2,clustering"` // There are none.

	Version int64  `store:"3,static"` // What every change is conditional on.
	Listed  []byte `store:"4,static"` // logic.List, as JSON.
}

// deliveryRow is a delivery, or an order to send it again (Step 0), or an attempt of one of these. Each is written
// once, by whoever did it, so that none of them overwrites another's.
type deliveryRow struct {
	Webhook string `store:"1,partition"`
	Day     int64  `store:"2,partition"` // 20261109, of the delivery's time, UTC.
	ID      string `store:"3,clustering,desc"`
	Name    string `store:"4,clustering"` // Of the order; empty for the first.
	Step    int64  `store:"5,clustering"`

	Event  string    `store:"6"` // These three of a delivery alone.
	About  string    `store:"7"`
	Source string    `store:"8"`
	At     time.Time `store:"9"`
	Next   time.Time `store:"10"` // When it is attempted next.

	Problem string `store:"11"`
	Status  int64  `store:"12"`
	TookMs  int64  `store:"13"`
}

// bodyRow is what a delivery says, sealed under its customer's key.
type bodyRow struct {
	Webhook string `store:"1,partition"`
	Day     int64  `store:"2,partition"`
	ID      string `store:"3,clustering"`
	Body    []byte `store:"4"`
}

// dayRow says that a webhook has deliveries on a day, so that lists skip empty ones.
type dayRow struct {
	Webhook string `store:"1,partition"`
	Day     int64  `store:"2,clustering,desc"`
}

// claimRow says who has begun an attempt, so that of several replicas that sweep the list one makes it.
type claimRow struct {
	Attempt string    `store:"1,partition"`
	At      time.Time `store:"2"` // Real time.
}

var (
	registrationsTable = store.ConditionalTable[registrationRow]("registrations")
	hooksTable         = store.ConditionalTable[hookRow]("webhooks")
	listsTable         = store.ConditionalTable[listRow]("webhooks_by_account")
	deliveriesTable    = store.PlainTable[deliveryRow]("deliveries")
	bodiesTable        = store.PlainTable[bodyRow]("bodies")
	daysTable          = store.PlainTable[dayRow]("days")
	claimsTable        = store.ExpiringTable[claimRow]("claims")
	dueTable           = worklist.Table("due")
	dataKeysTable      = datakeys.Table("data_keys")
)

// Schema is the keyspace of service.webhook.
func Schema() store.Schema {
	return store.Schema{Keyspace: "webhook", Tables: []store.Table{
		registrationsTable, hooksTable, listsTable, deliveriesTable, bodiesTable, daysTable, claimsTable, dueTable,
		dataKeysTable,
	}}
}
