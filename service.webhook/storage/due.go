package storage

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/store/worklist"
	"farthing/service.webhook/logic"
)

// Attempt names one attempt to be made.
type Attempt struct {
	Due      time.Time
	Webhook  string
	Delivery string
	Order    string // Its name.
	Step     int    // How many there were before.
}

// AttemptOf is the next attempt of an order.
func AttemptOf(d logic.Delivery, o logic.Order) Attempt {
	return Attempt{o.NextDue(), d.Webhook, d.ID, o.Name, len(o.Attempts)}
}

const attemptSeparator = "/"

// Name is the attempt by itself, whenever it is due.
func (a Attempt) Name() string {
	return strings.Join([]string{a.Webhook, a.Delivery, a.Order, strconv.Itoa(a.Step)}, attemptSeparator)
}

// line is the attempt as it is listed.
func (a Attempt) line() string {
	return strconv.FormatInt(a.Due.UnixMilli(), 10) + attemptSeparator + a.Name()
}

// AttemptIn is the attempt of a line on the list.
func AttemptIn(item worklist.Item) (Attempt, error) {
	parts := strings.Split(item.Name, attemptSeparator)
	if len(parts) != 5 {
		return Attempt{}, errs.Newf(errs.Internal, "%q names no attempt", item.Name)
	}
	due, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return Attempt{}, errs.Newf(errs.Internal, "%q names no attempt", item.Name)
	}
	step, err := strconv.Atoi(parts[4])
	if err != nil {
		return Attempt{}, errs.Newf(errs.Internal, "%q names no attempt", item.Name)
	}
	return Attempt{time.UnixMilli(due).UTC(), parts[1], parts[2], parts[3], step}, nil
}

func (s *Deliveries) list(ctx context.Context, a Attempt) error {
	if err := s.due.Add(ctx, a.Due, a.line()); err != nil {
		return fmt.Errorf("listing %s: %w", a.Delivery, err)
	}
	return nil
}

// Strike takes an attempt off the list: it was made, or is not to be made any more. Repeating it is harmless.
func (s *Deliveries) Strike(ctx context.Context, a Attempt) error {
	return s.due.Remove(ctx, a.Due, a.line())
}

const (
	// claimFor is longer than an attempt takes, by real time: whoever has claimed one so long ago has died.
	claimFor = 2 * time.Minute
	// claimKept is when the store may forget a claim.
	claimKept = 24 * time.Hour
)

// Claim makes an attempt the caller's, at a real time, and tells whether it is: false while somebody else is at it.
func (s *Deliveries) Claim(ctx context.Context, a Attempt, now time.Time) (bool, error) {
	mine := claimRow{Attempt: a.Name(), At: now}
	answer, err := s.claims.Insert(ctx, claimKept, mine)
	if err == nil && !answer.OK && len(answer.Present) == 1 {
		claimed := answer.Present[0].At
		if now.Sub(claimed) < claimFor {
			return false, nil
		}
		answer, err = s.claims.Replace(ctx, claimKept, mine, "at", claimed)
	}
	if err != nil {
		return false, fmt.Errorf("claiming an attempt of %s: %w", a.Delivery, err)
	}
	return answer.OK, nil
}
