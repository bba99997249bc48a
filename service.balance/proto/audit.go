// Package balanceproto is how others ask service.balance: its RPCs, and what its admin door answers.
package balanceproto

// Where the admin door audits the ledger, a page (audit.Page) at a time.
const (
	AuditAccountsPath = "/audit/accounts"
	AuditJournalsPath = "/audit/journals"
)
