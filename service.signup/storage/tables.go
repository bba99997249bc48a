// Package storage keeps applications: the persons sealed, each under a key of its own.
package storage

import (
	"farthing/pkg/seal/datakeys"
	"farthing/pkg/store"
	"farthing/pkg/store/worklist"
)

// requestRow maps a caller's id to the application that came of it: the first one stays.
type requestRow struct {
	DedupeID    string `store:"1,partition"`
	Application string `store:"2"`
	// A hash of what was asked for, sealed: people's data could be guessed from a plain one.
	Request []byte `store:"3"`
}

// applicationRow is an application, in static columns, and a line for each revision.
type applicationRow struct {
	ID   string `store:"1,partition"`
	Line int64  `store:"2,clustering"` // The revision that it made.

	Revision int64  `store:"3,static"` // What every change is conditional on.
	State    []byte `store:"4,static"` // signup.v1.Application without its person.
	Person   []byte `store:"5,static"` // signup.v1.Person, under the application's key.

	Was  []byte `store:"10"` // The state of this revision.
	Said []byte `store:"11"` // signup.v1.Said of this revision, under the same key; empty for most.
}

// byStateRow lists the applications in a state, by the month of their ids, the newest first. It says only where to
// look: it is written before an application comes into the state, and deleted after it has left.
type byStateRow struct {
	State       int64  `store:"1,partition"`
	Month       int64  `store:"2,partition"` // Since January of the year 0.
	Application string `store:"3,clustering,desc"`
}

// monthRow says that there were applications of a month in a state, so that lists skip empty ones.
type monthRow struct {
	State int64 `store:"1,partition"`
	Month int64 `store:"2,clustering,desc"`
}

var (
	requestsTable     = store.ConditionalTable[requestRow]("requests")
	applicationsTable = store.ConditionalTable[applicationRow]("applications")
	byStateTable      = store.PlainTable[byStateRow]("applications_by_state")
	monthsTable       = store.PlainTable[monthRow]("months")
	dataKeysTable     = datakeys.Table("data_keys") // By application: whoever is no customer has no other id.
	// dueTable lists applications that do not rest, from before they are written.
	dueTable = worklist.Table("due")
)

// Schema is the keyspace of service.signup.
func Schema() store.Schema {
	return store.Schema{Keyspace: "signup", Tables: []store.Table{
		requestsTable, applicationsTable, byStateTable, monthsTable, dataKeysTable, dueTable,
	}}
}
