package rawstore

import (
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/store"
)

// row has the columns of service.balance's table of accounts, which it keeps to itself; a test compares them.
type row struct {
	Account  string `store:"1,partition"`
	Bucket   int64  `store:"2,partition"`
	Kind     int64  `store:"3,clustering"`
	Sequence int64  `store:"4,clustering"`
	ID       string `store:"5,clustering"`

	Version    int64     `store:"6,static"`
	Closed     bool      `store:"7,static"`
	Currency   string    `store:"8,static"`
	Posted     int64     `store:"9,static"`
	Held       int64     `store:"10,static"`
	OpenHolds  int64     `store:"11,static"`
	SpendDay   int64     `store:"12,static"`
	SpentToday int64     `store:"13,static"`
	LastAt     time.Time `store:"14,static"`
	Chain      []byte    `store:"15,static"`
	Counters   []byte    `store:"16,static"`

	NewestIDAt       time.Time `store:"17,static"`
	OpenedVersion    int64     `store:"18,static"`
	OpenedNewestIDAt time.Time `store:"19,static"`
	NewestFenceAt    time.Time `store:"36,static"`
	Seal             []byte    `store:"37,static"`
	TotalIn          int64     `store:"38,static"`

	EntrySequence int64     `store:"20"`
	EntryKind     int64     `store:"21"`
	Reason        int64     `store:"22"`
	PostedChange  int64     `store:"23"`
	HeldChange    int64     `store:"24"`
	PostedAfter   int64     `store:"25"`
	HeldAfter     int64     `store:"26"`
	TransactionID string    `store:"27"`
	Journal       string    `store:"28"`
	At            time.Time `store:"29"`
	EntryChain    []byte    `store:"30"`
	Traceparent   string    `store:"31"`
	OffsetMillis  int64     `store:"32"`
	ControlSet    string    `store:"33"`
	Cash          bool      `store:"34"`
	Checks        []byte    `store:"35"`
	Cashback      int64     `store:"39"`
}

const (
	rowByID       = 0
	rowBySequence = 1
)

var (
	rows   = store.ConditionalTable[row]("postings")
	schema = store.Schema{Keyspace: "rawstore", Tables: []store.Table{rows}}
)

// stateColumns are the statics that each of the ledger's postings writes.
func stateColumns() []string {
	return []string{
		"version", "currency", "posted", "held", "open_holds", "spend_day", "spent_today", "last_at", "chain", "counters",
		"newest_id_at", "total_in",
	}
}

// answerColumns are what the ledger's rows by id hold.
func answerColumns() []string {
	return []string{
		"entry_sequence", "entry_kind", "reason", "posted_change", "held_change", "posted_after", "held_after",
		"transaction_id", "journal", "at", "control_set", "cash",
	}
}

// What the values of a hold look like: as long as the ledger's.
const (
	startingMinor = 10_000_000_00
	holdMinor     = 1
	spendDay      = 20_000
	chainLength   = 32
	traceparent   = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
)

func staticsOf(version int64) row {
	return row{
		Version: version, Currency: "GBP", Posted: startingMinor, Held: version * holdMinor, OpenHolds: version,
		SpendDay: spendDay, SpentToday: version * holdMinor, LastAt: clock.Real{}.Now(), Chain: make([]byte, chainLength),
		NewestIDAt: clock.Real{}.Now(), OpenedNewestIDAt: time.UnixMilli(0).UTC(), NewestFenceAt: time.UnixMilli(0).UTC(),
	}
}

func entryOf(sequence int64, hold, transaction string) row {
	return row{
		Kind: rowBySequence, Sequence: sequence, ID: hold, EntrySequence: sequence, EntryKind: 1, HeldChange: holdMinor,
		PostedAfter: startingMinor, HeldAfter: sequence * holdMinor, TransactionID: transaction, At: clock.Real{}.Now(),
		EntryChain: make([]byte, chainLength), Traceparent: traceparent,
	}
}
