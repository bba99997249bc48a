package logic

import (
	"net"
	"net/netip"
	"strings"
	"time"
	"unicode"

	"farthing/pkg/errs"
)

// AskingWindow is the time within which links are counted, for an e-mail and for a network address.
const AskingWindow = 10 * time.Minute

// emailMax is the longest that an e-mail address may be, in bytes: RFC 5321's path.
const emailMax = 254

// CheckEmail fails with bad_request unless a text may be an e-mail address. Whether it is somebody's, mail tells.
func CheckEmail(email string) error {
	at := strings.LastIndexByte(email, '@')
	if at < 1 || at == len(email)-1 || len(email) > emailMax || strings.ContainsFunc(email, unusualInEmail) {
		return errs.BadParam("email", "must be an e-mail address")
	}
	return nil
}

func unusualInEmail(r rune) bool {
	return unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune(`<>"(),;:\`, r)
}

// NeighbourhoodOf is the part of a network address, "host:port", that one household has: all of it in IPv4, the first
// 64 bits in IPv6. It is the address as it is if it is none.
func NeighbourhoodOf(remote string) string {
	const networkBits = 64
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	address = address.Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	network, err := address.Prefix(networkBits)
	if err != nil {
		return address.String()
	}
	return network.String()
}
