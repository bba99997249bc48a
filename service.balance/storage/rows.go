package storage

import (
	"time"

	"farthing/pkg/day"
	"farthing/pkg/errs"
	"farthing/pkg/store"
	"farthing/service.balance/logic"
)

// answerColumns are what a row by id holds: the whole first answer, but neither chain, explanation nor trace.
func answerColumns() []string {
	return []string{
		"entry_sequence", "entry_kind", "reason", "posted_change", "held_change", "posted_after", "held_after",
		"transaction_id", "journal", "at", "control_set", "cash",
		"cashback",
	}
}

// stateColumns are the statics that each posting writes: not those that are the bucket's, or a fence's.
func stateColumns() []string {
	return []string{
		"version", "currency", "posted", "held", "open_holds", "spend_day", "spent_today", "last_at", "chain", "counters",
		"newest_id_at", "total_in",
	}
}

// accountOf is a stored state. One that cannot be read is a *logic.Fault.
func accountOf(row accountRow, id string, bucket int64) (logic.Account, error) {
	counters, err := countersOf(row.Counters)
	if err != nil {
		return logic.Account{}, &logic.Fault{Account: id, Rule: "state", Detail: "counters cannot be read"}
	}
	return logic.Account{
		ID: id, Bucket: bucket, Version: row.Version, Currency: row.Currency,
		Posted: row.Posted, Held: row.Held, TotalIn: row.TotalIn, OpenHolds: row.OpenHolds,
		SpendDay: day.Day(row.SpendDay), SpentToday: row.SpentToday, LastAt: row.LastAt, Chain: row.Chain,
		Closed: row.Closed, Counters: counters,
		Opening:  logic.Opening{Version: row.OpenedVersion, NewestID: row.OpenedNewestIDAt},
		NewestID: row.NewestIDAt, NewestFence: row.NewestFenceAt, Seal: row.Seal,
	}, nil
}

func rowOf(a logic.Account) accountRow {
	return accountRow{
		Version: a.Version, Currency: a.Currency, Posted: a.Posted, Held: a.Held, TotalIn: a.TotalIn, OpenHolds: a.OpenHolds,
		SpendDay: int64(a.SpendDay), SpentToday: a.SpentToday, LastAt: a.LastAt, Chain: a.Chain,
		Counters: countersBytes(a.Counters), Closed: a.Closed, NewestIDAt: a.NewestID, NewestFenceAt: a.NewestFence,
		OpenedVersion: a.Opening.Version, OpenedNewestIDAt: a.Opening.NewestID, Seal: a.Seal,
	}
}

// entryOf is a stored entry. One that cannot be read is a *logic.Fault.
func entryOf(row accountRow) (logic.Entry, error) {
	checks, err := checksOf(row.Checks)
	if err != nil {
		return logic.Entry{}, &logic.Fault{
			Account: row.Account, Sequence: row.EntrySequence, Rule: "explanation", Detail: "it cannot be read",
		}
	}
	return logic.Entry{
		Account: row.Account, Sequence: row.EntrySequence, ID: row.ID,
		Kind: logic.Kind(row.EntryKind), Reason: logic.Reason(row.Reason),
		PostedChange: row.PostedChange, HeldChange: row.HeldChange, Posted: row.PostedAfter, Held: row.HeldAfter,
		TransactionID: row.TransactionID, Journal: row.Journal, At: row.At, Chain: row.EntryChain,
		ControlSet: row.ControlSet, Cash: row.Cash, Cashback: row.Cashback, Checks: checks,
		Traceparent: row.Traceparent, ClockOffset: time.Duration(row.OffsetMillis) * time.Millisecond,
	}, nil
}

func entriesOf(rows []accountRow) ([]logic.Entry, error) {
	entries := make([]logic.Entry, len(rows))
	for i, row := range rows {
		var err error
		if entries[i], err = entryOf(row); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

func rowOfEntry(e logic.Entry) accountRow {
	return accountRow{
		EntrySequence: e.Sequence, EntryKind: int64(e.Kind), Reason: int64(e.Reason),
		PostedChange: e.PostedChange, HeldChange: e.HeldChange, PostedAfter: e.Posted, HeldAfter: e.Held,
		TransactionID: e.TransactionID, Journal: e.Journal, At: e.At, EntryChain: e.Chain,
		ControlSet: e.ControlSet, Cash: e.Cash, Cashback: e.Cashback, Checks: checksBytes(e.Checks),
		Traceparent: e.Traceparent, OffsetMillis: e.ClockOffset.Milliseconds(),
	}
}

// postingOf is what became of a batch on the bucket of a state.
func postingOf(answer store.Answer[accountRow], was logic.Account) (logic.Posting, error) {
	if answer.OK {
		return logic.Posting{Posted: true}, nil
	}
	if !answer.Opened {
		return logic.Posting{}, errs.Missing("account")
	}
	state, err := accountOf(answer.Statics, was.ID, was.Bucket)
	if err != nil {
		return logic.Posting{}, err
	}
	entries, err := entriesOf(answer.Present)
	seen := make(map[string]logic.Entry, len(entries))
	for _, entry := range entries {
		seen[entry.ID] = entry
	}
	return logic.Posting{Account: state, Seen: seen}, err
}
