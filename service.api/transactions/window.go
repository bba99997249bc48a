package transactions

import (
	"time"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/service.api/caller"
	"farthing/service.api/wire"
	transactionsproto "farthing/service.transactions/proto"
)

// windowMax is how far apart two times may be: 8,760 hours, also in a leap year.
const windowMax = 365 * 24 * time.Hour

// windowOf is what the fields account_id, since, before and limit select. A since after before is
// bad_request.bad_time_range, two times more than a year apart are bad_request.invalid_time_range. An id may be older
// than that: a program pages from whichever id it has last. A beginning at which the caller may not read is
// forbidden.verification_required; without any it is where the caller may.
func windowOf(form *edge.Form, c caller.Caller) (*transactionsproto.ListRequest, error) {
	accountID := form.Required("account_id")
	since := wire.SinceOf(form, "tx")
	before, bounded := form.Time("before")
	limit := wire.Limit(form)
	if err := form.Err(); err != nil {
		return nil, err
	}
	asked := &transactionsproto.ListRequest{AccountId: accountID, SinceId: since.AfterID, Limit: limit}
	if bounded {
		if err := checkRange(since, before); err != nil {
			return nil, err
		}
		asked.BeforeMs = max(wire.MillisAfter(before), 1) // Nothing is older, and 0 would be no bound.
	}
	begins, err := beginning(c, since.At, before)
	if since.AfterID == "" && !begins.IsZero() {
		asked.SinceMs = max(wire.MillisAfter(begins), 0) // Nothing is older than 1970, and 0 is no bound.
	}
	return asked, err
}

// beginning is when a window begins that is asked for from since to before, each the zero time for no bound.
func beginning(c caller.Caller, since, before time.Time) (time.Time, error) {
	switch {
	case !since.IsZero():
		return since, c.CheckHistory(since)
	case !before.IsZero(): // All that is asked for is older.
		return c.Earliest(), c.CheckHistory(before)
	default:
		return c.Earliest(), nil
	}
}

func checkRange(since wire.Since, before time.Time) error {
	switch {
	case since.At.IsZero():
		return nil
	case since.At.After(before):
		return errs.New(errs.BadRequest+".bad_time_range", "The field 'since' must not be later than 'before'").
			With("field", "since")
	case since.AfterID == "" && before.Sub(since.At) > windowMax:
		return errs.New(errs.BadRequest+".invalid_time_range",
			"The fields 'since' and 'before' must be at most 8760 hours apart").With("field", "since")
	default:
		return nil
	}
}
