package limits

import (
	"net/netip"
	"slices"
	"strings"
)

// addressOf is whom a request is from: the other end, or, if that is a proxy of ours, the last one in X-Forwarded-For
// that is not. What stands before it is hearsay.
func (l *Limits) addressOf(remote, forwarded string) string {
	from := parse(remote)
	hops := strings.Split(forwarded, ",")
	for _, hop := range slices.Backward(hops) {
		if !l.trusts(from) {
			break
		}
		before := parse(strings.TrimSpace(hop))
		if !before.IsValid() {
			break
		}
		from = before
	}
	return network(from)
}

func (l *Limits) trusts(address netip.Addr) bool {
	return slices.ContainsFunc(l.proxies, func(p netip.Prefix) bool { return p.Contains(address) })
}

// parse takes an address with a port or without one; what is none is the zero address.
func parse(text string) netip.Addr {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap().WithZone("")
	}
	address, _ := netip.ParseAddr(text)
	return address.Unmap().WithZone("")
}

// subscriberBits is how much of an IPv6 address one subscriber has: the rest is theirs to change.
const subscriberBits = 64

func network(address netip.Addr) string {
	if address.Is6() {
		if subscriber, err := address.Prefix(subscriberBits); err == nil {
			return subscriber.String()
		}
	}
	return address.String()
}
