package storage

import (
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/store"
	"farthing/service.balance/logic"
)

// answerColumns are what a row by id holds: the whole first answer, but neither the chain nor the trace.
func answerColumns() []string {
	return []string{
		"entry_sequence", "entry_kind", "reason", "posted_change", "held_change", "posted_after", "held_after",
		"transaction_id", "journal", "at",
	}
}

func accountOf(row accountRow, id string) logic.Account {
	return logic.Account{
		ID: id, Bucket: row.Bucket, Version: row.Version, Currency: row.Currency,
		Posted: row.Posted, Held: row.Held, OpenHolds: row.OpenHolds,
		SpendDay: logic.Day(row.SpendDay), SpentToday: row.SpentToday, LastAt: row.LastAt, Chain: row.Chain,
		Closed: row.Closed,
	}
}

func rowOf(a logic.Account) accountRow {
	return accountRow{
		Version: a.Version, Currency: a.Currency, Posted: a.Posted, Held: a.Held, OpenHolds: a.OpenHolds,
		SpendDay: int64(a.SpendDay), SpentToday: a.SpentToday, LastAt: a.LastAt, Chain: a.Chain,
	}
}

func entryOf(row accountRow) logic.Entry {
	return logic.Entry{
		Account: row.Account, Sequence: row.EntrySequence, ID: row.ID,
		Kind: logic.Kind(row.EntryKind), Reason: logic.Reason(row.Reason),
		PostedChange: row.PostedChange, HeldChange: row.HeldChange, Posted: row.PostedAfter, Held: row.HeldAfter,
		TransactionID: row.TransactionID, Journal: row.Journal, At: row.At, Chain: row.EntryChain,
		Traceparent: row.Traceparent, ClockOffset: time.Duration(row.OffsetMillis) * time.Millisecond,
	}
}

func rowOfEntry(e logic.Entry) accountRow {
	return accountRow{
		EntrySequence: e.Sequence, EntryKind: int64(e.Kind), Reason: int64(e.Reason),
		PostedChange: e.PostedChange, HeldChange: e.HeldChange, PostedAfter: e.Posted, HeldAfter: e.Held,
		TransactionID: e.TransactionID, Journal: e.Journal, At: e.At, EntryChain: e.Chain,
		Traceparent: e.Traceparent, OffsetMillis: e.ClockOffset.Milliseconds(),
	}
}

func postingOf(answer store.Answer[accountRow], account string) (logic.Posting, error) {
	if answer.OK {
		return logic.Posting{Posted: true}, nil
	}
	if !answer.Opened {
		return logic.Posting{}, errs.Missing("account")
	}
	seen := make(map[string]logic.Entry, len(answer.Present))
	for _, row := range answer.Present {
		seen[row.ID] = entryOf(row)
	}
	return logic.Posting{Account: accountOf(answer.Statics, account), Seen: seen}, nil
}
