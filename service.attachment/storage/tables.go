// Package storage keeps files and what is attached to transactions.
package storage

import (
	"time"

	"farthing/pkg/seal/datakeys"
	"farthing/pkg/store"
	"farthing/pkg/store/worklist"
	"farthing/service.attachment/blobs"
)

// fileRow is a file, in static columns, and below it a line for each change. Its bytes are elsewhere, in pieces.
type fileRow struct {
	File     string `store:"1,partition"`
	Revision int64  `store:"2,clustering"` // The version that a change made.

	Version   int64     `store:"3,static"` // What every change is conditional on.
	User      string    `store:"4,static"`
	Kind      string    `store:"5,static"`
	Declared  int64     `store:"6,static"`
	Store     string    `store:"7,static"`
	CreatedAt time.Time `store:"8,static"`
	Personal  []byte    `store:"9,static"`  // attachment.v1.Personal, sealed; empty once it is removed.
	State     int64     `store:"10,static"` // logic.State.
	Attempt   string    `store:"11,static"`
	Bytes     int64     `store:"12,static"`
	Sum       []byte    `store:"13,static"`
	// Of an attached one.
	Attachment  string `store:"14,static"`
	Account     string `store:"15,static"`
	Transaction string `store:"16,static"`
	SaidType    string `store:"17,static"`

	At       time.Time `store:"20"`
	NewState int64     `store:"21"`
}

// attachmentRow is an attachment in its account's list.
type attachmentRow struct {
	Account     string    `store:"1,partition"`
	Month       int64     `store:"2,partition"` // 202611, of the transaction, UTC.
	Transaction string    `store:"3,clustering"`
	Attachment  string    `store:"4,clustering"`
	User        string    `store:"5"`
	SaidType    string    `store:"6"`
	File        string    `store:"7"` // Empty of one that lies elsewhere.
	Personal    []byte    `store:"8"` // attachment.v1.Personal, sealed.
	CreatedAt   time.Time `store:"9"`
}

// monthRow says that an account has had attachments of a month: an account that has none costs a list one read.
type monthRow struct {
	Account string `store:"1,partition"`
	Month   int64  `store:"2,clustering"`
}

// placeRow says where an attachment is: its id alone does not.
type placeRow struct {
	Attachment  string `store:"1,partition"`
	Account     string `store:"2"`
	Transaction string `store:"3"`
}

var (
	filesTable       = store.ConditionalTable[fileRow]("files")
	attachmentsTable = store.PlainTable[attachmentRow]("attachments")
	monthsTable      = store.PlainTable[monthRow]("months")
	placesTable      = store.PlainTable[placeRow]("places")
	keysTable        = datakeys.Table("data_keys")
	// dueTable lists files and attempts to upload them, by when they are deleted unless they are attached by then.
	dueTable = worklist.Table("due")
)

// Schema is the keyspace of service.attachment.
func Schema() store.Schema {
	return store.Schema{Keyspace: "attachment", Tables: []store.Table{
		filesTable, attachmentsTable, monthsTable, placesTable, keysTable, dueTable, blobs.PiecesTable,
	}}
}
