// Package webhookproto is what service.webhook answers, and the events that it tells of.
package webhookproto

// The events. They are part of the public API.
const (
	TransactionCreated = "transaction.created" // A customer sees it for the first time, declined ones too.
	TransactionUpdated = "transaction.updated"
	BalanceUpdated     = "balance.updated"
	CardUpdated        = "card.updated" // Also when it is issued.
	PotUpdated         = "pot.updated"  // Also when it is made.
)

// Events is all of them.
func Events() []string {
	return []string{TransactionCreated, TransactionUpdated, BalanceUpdated, CardUpdated, PotUpdated}
}

// ScopeOf is the scope without which a program may not be told of an event: it could not read what is told either.
func ScopeOf(event string) string {
	switch event {
	case BalanceUpdated:
		return "accounts:read"
	case CardUpdated:
		return "cards:read"
	case PotUpdated:
		return "pots:read"
	default:
		return "transactions:read"
	}
}
