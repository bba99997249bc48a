package events

import (
	"hash/fnv"
	"strconv"
	"time"

	"farthing/pkg/errs"
)

const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = time.Minute
)

// UnderWay is how long what follows from an event may take: longer than one is tried, by default.
const UnderWay = 15 * time.Minute

// RetryAfter is how long an event waits after its n-th failed try, n from 1: about 100 ms, then three times as long
// each time, at most a minute: a customer whose event failed in an outage waits no longer than that after its end. The
// default sixteen tries outlast a peer's restart (some ten minutes in all). The event's id spreads it by a third either
// way: events that failed together do not come back together.
func RetryAfter(eventID string, tries int) time.Duration {
	wait := firstRetry
	for range tries - 1 {
		wait = min(3*wait, lastRetry)
	}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(eventID))
	_, _ = hash.Write([]byte(strconv.Itoa(tries)))
	spread := time.Duration(hash.Sum32()%1000) * (2 * wait / 3) / 1000
	return (wait - wait/3 + spread).Truncate(time.Millisecond)
}

// Reason is what a dead letter says of the error that killed it: the coded part, without the cause.
func Reason(err error) string { return errs.Of(err).WithoutCause().Error() }
