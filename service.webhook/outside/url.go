package outside

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// URLMax is how long a URL may be, in bytes.
const URLMax = 2048

// ports are those that a URL may name.
var ports = []string{"", "443", "8443"}

// Rules say which URLs may be called.
type Rules struct {
	// AllowLoopback lets URLs of this machine itself in too, http and any port included: for development alone.
	AllowLoopback bool
}

// Check is the rule that a URL breaks, "" for none. It looks at the text alone: what its host means is for the call.
func (r Rules) Check(text string) (broken string) {
	_, broken = r.parse(text)
	return broken
}

// parse reads a URL as strictly as anybody who will read it after us: whatever two readers could read differently is
// refused.
func (r Rules) parse(text string) (_ *url.URL, broken string) {
	if broken := checkText(text); broken != "" {
		return nil, broken
	}
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Opaque != "", u.Host == "":
		return nil, "must be a URL such as https://example.com/hooks"
	case u.User != nil:
		return nil, "must hold neither a user nor a password"
	case strings.Contains(u.Host, "%"):
		return nil, "must have a host without escapes"
	case strings.HasSuffix(u.Host, ":"):
		return nil, "must name a port after the colon"
	}
	if local(u.Hostname()) && r.AllowLoopback {
		return u, checkLocal(u)
	}
	return u, checkAbroad(u)
}

// checkText refuses what does not belong into a URL as it is sent.
func checkText(text string) (broken string) {
	switch {
	case text == "":
		return "must not be empty"
	case len(text) > URLMax:
		return "must have at most " + strconv.Itoa(URLMax) + " characters"
	case strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c > '~' }):
		return "must be printable ASCII without spaces; other hosts are written in Punycode, other paths escaped"
	case strings.ContainsAny(text, `\#`):
		return "must hold neither a backslash nor a fragment"
	}
	return ""
}

// checkLocal is the rule that a URL of this machine breaks where those are allowed.
func checkLocal(u *url.URL) (broken string) {
	if u.Scheme != "https" && u.Scheme != "http" {
		return "must begin with https:// or http://"
	}
	if n, err := strconv.Atoi(u.Port()); u.Port() != "" && (err != nil || n < 1 || n > 65535) {
		return "must name a port from 1 to 65535"
	}
	return ""
}

func checkAbroad(u *url.URL) (broken string) {
	switch {
	case u.Scheme != "https":
		return "must begin with https://"
	case !slices.Contains(ports, u.Port()):
		return "must name no port but 443 or 8443"
	}
	return checkHost(u.Hostname())
}

// notPublic is the rule that a host inside breaks.
const notPublic = "must name a host in the open Internet"

func checkHost(host string) (broken string) {
	if address, err := netip.ParseAddr(host); err == nil {
		if !Public(address) {
			return notPublic
		}
		return ""
	}
	if !isName(host) {
		return "must have a host name such as example.com"
	}
	lower := strings.ToLower(host)
	for _, inside := range insides {
		if strings.HasSuffix(lower, inside) {
			return notPublic
		}
	}
	return ""
}

// insides end names that mean nothing in the open Internet, or something else on every network.
var insides = []string{
	".localhost", ".local", ".localdomain", ".internal", ".intranet", ".lan", ".home", ".corp", ".private", ".arpa",
	".onion",
}

// isName tells whether a host is a name of two labels or more of letters, digits and hyphens, of which the last is no
// number: some readers take "127.1" and "0x7f.1" for addresses.
func isName(host string) bool {
	labels := strings.Split(host, ".")
	if len(host) > 253 || len(labels) < 2 {
		return false
	}
	for _, label := range labels {
		bad := strings.ContainsFunc(label, func(c rune) bool { return !isAlphanumeric(c) && c != '-' })
		if bad || label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	last := labels[len(labels)-1]
	return !(last[0] >= '0' && last[0] <= '9')
}

func isAlphanumeric(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// local tells whether a host is this machine by its name or address.
func local(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.Zone() == "" && address.Unmap().IsLoopback()
}

// mayDial tells whether an address may be called for a host: for this machine's own names its own addresses, for all
// others the open Internet.
func (r Rules) mayDial(host string, address netip.Addr) bool {
	if r.AllowLoopback && local(host) {
		return address.Zone() == "" && address.Unmap().IsLoopback()
	}
	return Public(address)
}
