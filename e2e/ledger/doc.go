// Package ledger proves service.balance's rules and tables together, on every engine: against a model, against each
// other, and by what many at once were answered.
package ledger
