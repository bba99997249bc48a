package storetest

import (
	"time"

	"farthing/pkg/store"
)

// The suite's own tables. Cases share them and keep apart by partition: making a table takes Cassandra a second.

// thing has a column of each type.
type thing struct {
	Owner string    `store:"1,partition"`
	ID    string    `store:"2,clustering"`
	Text  string    `store:"3"`
	Count int64     `store:"4"`
	Done  bool      `store:"5"`
	Body  []byte    `store:"6"`
	At    time.Time `store:"7"`
}

var things = store.PlainTable[thing]("things")

// keyed has a key of each type.
type keyed struct {
	Owner  string    `store:"1,partition"`
	Number int64     `store:"2,partition"`
	Flag   bool      `store:"3,partition"`
	Raw    []byte    `store:"4,partition"`
	Since  time.Time `store:"5,partition"`

	Name string    `store:"6,clustering"`
	Rank int64     `store:"7,clustering,desc"`
	Odd  bool      `store:"8,clustering,desc"`
	Blob []byte    `store:"9,clustering"`
	Time time.Time `store:"10,clustering,desc"`
	Note string    `store:"11"`
}

var keyedRows = store.PlainTable[keyed]("keyed")

// event is ordered both ways, by text, number and time.
type event struct {
	Owner string    `store:"1,partition"`
	Kind  string    `store:"2,clustering"`
	Seq   int64     `store:"3,clustering,desc"`
	At    time.Time `store:"4,clustering"`
	Note  string    `store:"5"`
}

var events = store.PlainTable[event]("events")

// single has no clustering column: one row to a partition.
type single struct {
	ID   string `store:"1,partition"`
	Note string `store:"2"`
}

var singles = store.PlainTable[single]("singles")

// bare has nothing but a key.
type bare struct {
	Owner string `store:"1,partition"`
	ID    int64  `store:"2,clustering"`
}

var bares = store.PlainTable[bare]("bares")

// walkedRow and walkedAccount are in tables that only the walks write.
type walkedRow struct {
	Owner string `store:"1,partition"`
	Seq   int64  `store:"2,clustering"`
}

var walkedRows = store.PlainTable[walkedRow]("walked_rows")

type walkedAccount struct {
	ID      string `store:"1,partition"`
	Seq     int64  `store:"2,clustering"`
	Version int64  `store:"3,static"`
	Note    string `store:"4"`
}

var walkedAccounts = store.ConditionalTable[walkedAccount]("walked_accounts")

// account is the ledger's table in small: statics that pin the state, id rows (kind 0) and entries (kind 1).
type account struct {
	ID     string `store:"1,partition"`
	Bucket int64  `store:"2,partition"`

	Version int64  `store:"3,static"`
	State   []byte `store:"4,static"`
	Closed  bool   `store:"5,static"`

	Kind    int64  `store:"6,clustering"`
	Seq     int64  `store:"7,clustering"`
	EntryID string `store:"8,clustering"`
	Amount  int64  `store:"9"`
	AtSeq   int64  `store:"10"`
	Outcome string `store:"11"`
}

var accounts = store.ConditionalTable[account]("accounts")

// code is short-lived.
type code struct {
	ID    string `store:"1,partition"`
	State string `store:"2"`
	Uses  int64  `store:"3"`
}

var codes = store.ExpiringTable[code]("codes")

// mark is short-lived too, many to a partition.
type mark struct {
	Owner string `store:"1,partition"`
	ID    string `store:"2,clustering,desc"`
	State string `store:"3"`
}

var marks = store.ExpiringTable[mark]("marks")

func tables() []store.Table {
	return []store.Table{
		things, keyedRows, events, singles, bares, walkedRows, walkedAccounts, accounts, codes, marks,
	}
}
