// Package authproto is service.auth as its peers see it.
package authproto

// Scopes is all that a token may let its bearer do.
func Scopes() []string {
	return []string{
		"accounts:read", "transactions:read", "transactions:write", "feed:read", "feed:write", "cards:read",
		"cards:write", "pots:read", "pots:write", "receipts:read", "receipts:write", "attachments:write",
		"webhooks:read", "webhooks:write",
	}
}
