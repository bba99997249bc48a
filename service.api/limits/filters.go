package limits

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/failsafe-go/failsafe-go/bulkhead"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/service.api/caller"
)

// waitMax is how long a request waits for a slot: who waits longer at a full door would wait for ever.
const waitMax = 100 * time.Millisecond

// Overload lets so many requests be under way and refuses the rest early, with unavailable.overload, so that those
// which are let in are answered in time and card payments are, too.
func (l *Limits) Overload(req edge.Request, svc edge.Service) edge.Response {
	slots := l.slots
	if slices.Contains(l.files, req.Route()) {
		slots = l.fileSlots
	}
	if !slots.TryAcquirePermit() {
		switch err := slots.AcquirePermitWithMaxWait(req.Context(), waitMax); {
		case errors.Is(err, bulkhead.ErrFull):
			l.refused.WithLabelValues("overload").Inc()
			return edge.Error(errs.New(errs.Unavailable+".overload", "Too many requests are under way; nothing was done").
				With(edge.RetryAfterParam, "1"))
		case err != nil:
			return edge.Error(fmt.Errorf("waiting for a slot: %w", err))
		}
	}
	defer slots.ReleasePermit()
	return svc(req)
}

// Address refuses an address that asks too often, whoever it says it is, with rate_limited.address.
func (l *Limits) Address(req edge.Request, svc edge.Service) edge.Response {
	from := l.addressOf(req.Remote(), req.HeaderList("X-Forwarded-For"))
	left := l.addresses.take(from, l.clock.Now())
	if !left.allowed {
		return l.tooMany("address", left)
	}
	return svc(req)
}

// Token refuses a program that asks too often in a customer's name, with rate_limited.token, and says in each answer
// what is left. A route that needs no token is limited by address alone.
func (l *Limits) Token(req edge.Request, svc edge.Service) edge.Response {
	c := caller.Of(req)
	if c.UserID == "" {
		return svc(req)
	}
	left := l.tokens.take(c.ClientID+"/"+c.UserID, l.clock.Now())
	if !left.allowed {
		return l.withStanding(l.tooMany("token", left), left)
	}
	return l.withStanding(svc(req), left)
}

// withStanding has the headers in their common, still unsettled form (draft-ietf-httpapi-ratelimit-headers-07).
func (l *Limits) withStanding(rsp edge.Response, left standing) edge.Response {
	header := make(http.Header, len(rsp.Header)+3)
	maps.Copy(header, rsp.Header)
	header.Set("RateLimit-Limit", strconv.Itoa(l.tokens.burst))
	header.Set("RateLimit-Remaining", strconv.Itoa(left.remaining))
	header.Set("RateLimit-Reset", seconds(left.reset))
	rsp.Header = header
	return rsp
}

func (l *Limits) tooMany(limit string, left standing) edge.Response {
	l.refused.WithLabelValues(limit).Inc()
	return edge.Error(errs.New(errs.RateLimited+"."+limit, "There are too many requests; ask again later").
		With(edge.RetryAfterParam, seconds(left.reset)))
}

// seconds are whole ones, and enough.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}
