// Package balanceproto is how others ask service.balance: its RPCs, and what its admin door answers.
package balanceproto

// Where the admin door audits the ledger, a page at a time.
const (
	AuditAccountsPath = "/audit/accounts"
	AuditJournalsPath = "/audit/journals"
)

// AuditPage is what an audit of some accounts or journals found.
type AuditPage struct {
	Checked int64        `json:"checked"` // Accounts or journals.
	Entries int64        `json:"entries"` // Of accounts.
	Faults  []AuditFault `json:"faults,omitempty"`
	Next    string       `json:"next"` // The place to go on from; empty at the end.
}

// AuditFault is where the books contradict themselves: the first of an account, or of a journal.
type AuditFault struct {
	Account  string `json:"account_id,omitempty"`
	Sequence int64  `json:"sequence,omitempty"` // Of the first entry that is wrong; 0 if it is the state or a fence.
	Journal  string `json:"journal_id,omitempty"`
	Rule     string `json:"rule"`   // What is broken: chain, balance, …
	Detail   string `json:"detail"` // In words.
}
