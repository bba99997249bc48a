// Package customerproto is service.customer as its peers see it.
package customerproto

import (
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// NormalEmail is an email address as it is told apart from others: trimmed, in lower case, the domain in ASCII.
//
// Mail servers may tell Ada@ and ada@ apart, but none does, and phones like to begin with a capital: two customers
// whose addresses differ by case would be sent each other's mail. What some providers leave out besides (Gmail's dots,
// what follows a plus) stays: elsewhere these are different people.
func NormalEmail(email string) string {
	email = strings.TrimSpace(email)
	at := strings.LastIndexByte(email, '@')
	if at < 0 {
		return lower(email)
	}
	return lower(email[:at]) + "@" + normalHost(email[at+1:])
}

func normalHost(host string) string {
	host = lower(strings.TrimRight(host, "."))
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		return ascii
	}
	return host // No name that is registered anywhere, but it passed as an address.
}

func lower(text string) string { return norm.NFC.String(strings.ToLower(text)) }
