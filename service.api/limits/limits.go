// Package limits keeps callers of the public API from taking more than their part, and the API from taking the whole
// machine: card payments run on it, too.
package limits

import (
	"cmp"
	"net/netip"
	"strings"

	"github.com/failsafe-go/failsafe-go/bulkhead"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
)

// Config says how much is let through. Each process counts for itself: with two replicas it is twice as much.
type Config struct {
	TokenRate      int    `setting:"API_TOKEN_RATE"`      // Requests a second with one token; 500 by default.
	TokenBurst     int    `setting:"API_TOKEN_BURST"`     // At once after a pause; six seconds' worth by default.
	AddressRate    int    `setting:"API_ADDRESS_RATE"`    // Requests a second from one address; 2,000 by default.
	AddressBurst   int    `setting:"API_ADDRESS_BURST"`   // At once after a pause; six seconds' worth by default.
	AtOnce         int    `setting:"API_AT_ONCE"`         // Requests under way; 128 by default.
	FilesAtOnce    int    `setting:"API_FILES_AT_ONCE"`   // Of those that carry files, besides; 32 by default.
	TrustedProxies string `setting:"API_TRUSTED_PROXIES"` // Their networks, with commas between, as 10.0.0.0/8.
}

// What a Config has that says nothing.
const (
	tokenRate   = 500
	addressRate = 2_000
	burst       = 6 // Seconds.
	atOnce      = 128
	filesAtOnce = 32
)

// Limits are the filters of the door, in the order in which a request meets them: Overload, Address, Token.
type Limits struct {
	tokens, addresses *buckets
	slots             bulkhead.Bulkhead[any]
	fileSlots         bulkhead.Bulkhead[any]
	files             []string // Their routes.
	proxies           []netip.Prefix
	clock             clock.Clock // Real time.
	refused           *prometheus.CounterVec
}

// New makes the filters of a configuration, by real time. Routes that carry files have slots of their own: their other
// end may take its time. It fails on a number below zero, or a network that is none.
func New(c Config, real clock.Clock, registry prometheus.Registerer, files ...string) (*Limits, error) {
	for _, n := range []int{c.TokenRate, c.TokenBurst, c.AddressRate, c.AddressBurst, c.AtOnce, c.FilesAtOnce} {
		if n < 0 {
			return nil, errs.New(errs.BadRequest, "a limit of the public API must be more than zero")
		}
	}
	proxies, err := networks(c.TrustedProxies)
	if err != nil {
		return nil, err
	}
	c.TokenRate, c.AddressRate = cmp.Or(c.TokenRate, tokenRate), cmp.Or(c.AddressRate, addressRate)
	return &Limits{
		tokens:    newBuckets(c.TokenRate, cmp.Or(c.TokenBurst, burst*c.TokenRate)),
		addresses: newBuckets(c.AddressRate, cmp.Or(c.AddressBurst, burst*c.AddressRate)),
		slots:     bulkhead.New[any](uint(cmp.Or(c.AtOnce, atOnce))),
		fileSlots: bulkhead.New[any](uint(cmp.Or(c.FilesAtOnce, filesAtOnce))),
		files:     files,
		proxies:   proxies,
		clock:     real,
		refused: promauto.With(registry).NewCounterVec(prometheus.CounterOpts{
			Name: "api_requests_refused_total", Help: "Requests that were one too many, by the limit that they met.",
		}, []string{"limit"}),
	}, nil
}

func networks(list string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, each := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		network, err := netip.ParsePrefix(each)
		if err != nil {
			return nil, errs.Newf(errs.BadRequest, "API_TRUSTED_PROXIES: %q is no network, as 10.0.0.0/8 is", each)
		}
		all = append(all, network)
	}
	return all, nil
}
