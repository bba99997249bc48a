// Package logic is the ledger's rules: what an account is, how a command is decided, and how decisions reach the store
// exactly once.
package logic

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"farthing/pkg/day"
)

// Account is the state of one account's ledger after its newest entry. Everything a decision needs is in it.
type Account struct {
	ID       string // acc_…
	Bucket   int64  // The partition that it lives in: 0, and one more each time that it rolls.
	Version  int64  // The sequence of the newest entry: 0 when just opened.
	Currency string // ISO 4217.
	Closed   bool   // The bucket has rolled, and never changes again.

	Posted    int64 // Minor units that are the customer's.
	Held      int64 // Of these, minor units set aside for payments.
	TotalIn   int64 // Minor units that ever came in; what went out follows.
	OpenHolds int64

	SpendDay   day.Day // The day that SpentToday counts.
	SpentToday int64   // Minor units, positive, held or paid that day.

	Counters []Counters // Of control sets, in the order in which they were first used.

	LastAt time.Time // Of the newest entry: no later decision is earlier.
	Chain  []byte    // Hash over every entry so far.

	// What tells in which buckets an id may lie.
	Opening     Opening
	Seal        []byte    // Of a closed bucket: a hash over its state.
	NewestID    time.Time // The latest time of an id of an entry so far, in this bucket and before.
	NewestFence time.Time // The same of a fence in this bucket, if it was later than all there was.
}

// asks tells whether an entry of this kind is only made if there is enough money, and is a decline otherwise.
func (k Kind) asks() bool { return k == Held || k == Paid || k == Moved }

// Available is what can be spent, in minor units.
func (a Account) Available() int64 { return a.Posted - a.Held }

// SpentOn is what was spent on a day, in minor units, if that is the day of the newest spending; 0 otherwise.
func (a Account) SpentOn(on day.Day) int64 {
	if a.SpendDay != on {
		return 0
	}
	return a.SpentToday
}

// Kind is what an entry did.
type Kind int64

// The kinds of entry. Their numbers are stored.
const (
	Held     Kind = 1 // Money was set aside.
	Declined Kind = 2 // It was not; nothing changed.
	Released Kind = 3 // A hold was given back, in whole or in part.
	Posted   Kind = 4 // Money came or went, as a leg of a journal.
	Void     Kind = 5 // A fence: the hold with this id will never be made. It has no sequence.
	Cleared  Kind = 6 // A merchant collected: money went, as a leg of a journal, and of a hold with it.
	Paid     Kind = 7 // Money went to somebody else, as a leg of a journal, because there was enough.
	Moved    Kind = 8 // The same, to another account of the same customer: it is not spent.
)

// Reason is why a hold was declined. Its numbers are those of balance.v1.DeclineReason, and are stored.
type Reason int64

// The reasons of a decline that the ledger itself finds.
const (
	NoReason          Reason = 0
	InsufficientFunds Reason = 1
	TimedOut          Reason = 6
	Reversed          Reason = 7 // The reversal was here first.
	LimitPayment      Reason = 8
	LimitDay          Reason = 9
	LimitWeek         Reason = 10
	LimitMonth        Reason = 11
	LimitCashDay      Reason = 12
	LimitCashback     Reason = 35
)

// Entry is one line of an account's ledger, and at once the first answer to whoever asked for it: it is found by its
// sequence and by its id. It holds no personal data.
type Entry struct {
	Account  string
	Sequence int64  // 1, 2, 3 … without a gap; 0 for a Void.
	ID       string // The hold's, its change's or the journal leg's.
	Kind     Kind
	Reason   Reason // Of a Declined or Void one.

	PostedChange, HeldChange int64 // Minor units.
	Posted, Held             int64 // After this entry.

	TransactionID string
	Journal       string // Whose leg it is, or would have been if it was not declined.
	At            time.Time
	Chain         []byte // Hash over this entry and all before it.

	// Of a Held, Declined or Cleared one: under what control it was decided. Of the first two also why.
	ControlSet string
	Cash       bool
	Cashback   int64 // Of a Held or Declined one: minor units.
	Checks     []Check

	Traceparent string        // Of the call that caused it, for the event.
	ClockOffset time.Duration // Of the business clock that gave At, for the event.
}

// Available is what could be spent right after, in minor units.
func (e Entry) Available() int64 { return e.Posted - e.Held }

// chained is the hash of an entry on top of the chain before it. What only serves to tell others (trace, offset) is
// not part of the ledger's truth and not of the hash.
func chained(before []byte, e Entry) []byte {
	hash := sha256.New()
	text := func(s string) {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(s)))
		hash.Write(length[:])
		hash.Write([]byte(s))
	}
	text(string(before))
	text(e.Account)
	text(e.ID)
	text(e.TransactionID)
	text(e.Journal)
	numbers := []int64{
		e.Sequence, int64(e.Kind), int64(e.Reason), e.PostedChange, e.HeldChange, e.Posted, e.Held, e.At.UnixMilli(),
	}
	_ = binary.Write(hash, binary.BigEndian, numbers) // A hash never fails to be written to.
	hashChecks(hash, e)
	return hash.Sum(nil)
}
