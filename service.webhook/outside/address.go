// Package outside calls URLs that strangers have chosen, and reaches nothing by it that is not theirs to reach.
//
// A URL is checked when it is registered and again before each call. Its host is resolved once for a connection, every
// address that it resolves to is checked, and exactly one of those is dialled: a name that means something else a
// moment later changes nothing. Redirects are not followed, proxies not asked, and a call has a bound in bytes and in
// time.
package outside

import (
	"net/netip"
	"slices"
)

// special are the blocks that are nobody's, or somebody's inside (IANA's registries of special-purpose addresses, RFC
// 6890 and later).
var special = blocks(
	"0.0.0.0/8",        // "This network", and unspecified.
	"10.0.0.0/8",       // Private.
	"100.64.0.0/10",    // Shared by carriers; a cloud's metadata among them.
	"127.0.0.0/8",      // Loopback.
	"168.63.129.16/32", // A cloud's host, as its guests see it.
	"169.254.0.0/16",   // Link-local; most clouds' metadata.
	"172.16.0.0/12",    // Private.
	"192.0.0.0/24",     // Protocol assignments; another cloud's metadata.
	"192.0.2.0/24",     // Documentation.
	"192.88.99.0/24",   // 6to4 relays.
	"192.168.0.0/16",   // Private.
	"198.18.0.0/15",    // Benchmarks.
	"198.51.100.0/24",  // Documentation.
	"203.0.113.0/24",   // Documentation.
	"224.0.0.0/4",      // Multicast.
	"240.0.0.0/4",      // Reserved, and broadcast.
	"2001::/23",        // Protocol assignments: Teredo, ORCHID, benchmarks.
	"2001:db8::/32",    // Documentation.
	"2002::/16",        // 6to4: an IPv4 address that a relay would unwrap.
	"3fff::/20",        // Documentation.
)

// global6 is all that there is of IPv6 in the open Internet. Loopback, link-local and unique local addresses,
// multicast, and what wraps IPv4 addresses for NAT64 lie elsewhere.
var global6 = netip.MustParsePrefix("2000::/3")

func blocks(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}

// Public tells whether an address lies in the open Internet, where whoever has chosen it could call it as well. An IPv4
// address that is written as IPv6 is the IPv4 address.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsValid() || a.Zone() != "" || a.Is6() && !global6.Contains(a) {
		return false
	}
	return !slices.ContainsFunc(special, func(block netip.Prefix) bool { return block.Contains(a) })
}
