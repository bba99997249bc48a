package caller

import (
	"time"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
)

// Strong customer authentication: after an approval in person a program may do everything for a while, and from then on
// only what is not sensitive. A refresh is no approval.
const (
	freshFor   = 5 * time.Minute
	historyMax = 90 * 24 * time.Hour
)

// IsFresh tells whether the customer has just approved what the program does.
func (c Caller) IsFresh() bool { return c.At.Sub(c.Approved) < freshFor }

// Earliest is from when on the caller may read what happened; the zero time for all of it. What happened at that very
// moment is too old.
func (c Caller) Earliest() time.Time {
	if c.IsFresh() {
		return time.Time{}
	}
	return c.At.Add(-historyMax)
}

// CheckHistory is nil if the caller may read what happened at a time: forbidden.verification_required otherwise.
func (c Caller) CheckHistory(at time.Time) error {
	if earliest := c.Earliest(); !earliest.IsZero() && !at.After(earliest) {
		return needsVerification()
	}
	return nil
}

// NeedsApproval lets a request pass only if the customer has just approved: forbidden.verification_required.
func NeedsApproval(req edge.Request, svc edge.Service) edge.Response {
	if !Of(req).IsFresh() {
		return edge.Error(needsVerification())
	}
	return svc(req)
}

func needsVerification() error {
	return errs.New(errs.Forbidden+".verification_required", "The customer must approve this again, by logging in")
}
