package handler

import (
	"context"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/store/worklist"
	"farthing/service.signup/logic"
	signupproto "farthing/service.signup/proto"
	"farthing/service.signup/storage"
)

// wake has an application gone on with as soon as somebody is free. If nobody is for long, the sweep does it.
func (h *Handler) wake(applicationID string) {
	select {
	case h.woken <- applicationID:
	default:
	}
}

// driveWoken goes on with applications that were woken, until ctx ends.
func (h *Handler) driveWoken(ctx context.Context) {
	for {
		select {
		case applicationID := <-h.woken:
			if err := h.driveOne(ctx, applicationID); err != nil && ctx.Err() == nil {
				h.log.WarnContext(ctx, "sign-up not finished yet", "application_id", applicationID, "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

func (h *Handler) driveOne(ctx context.Context, applicationID string) error {
	a, found, err := h.store.Find(ctx, applicationID)
	if err == nil && found {
		_, err = h.drive(ctx, a)
	}
	return err
}

// inFlight is longer than anything takes between its line on the list and its beginning, and shorter than a sweep comes
// back to an hour.
const inFlight = 90 * time.Minute

// driveDue goes on with an application whose time has come, and lists it under the next time; one about which nothing
// is to be done it takes off the list.
func (h *Handler) driveDue(ctx context.Context, item worklist.Item) error {
	a, found, err := h.store.Find(ctx, item.Name)
	if err != nil {
		return err
	}
	now, inReview := h.clock.Now(), a.State.GetState() == signupproto.State_STATE_REVIEW
	if (!found || inReview && a.State.GetTold()) && now.Sub(item.Hour) < inFlight {
		return nil // Whoever takes it, or decides it, may still be at it.
	}
	if found && !nextOf(a).After(now) {
		if a, err = h.drive(ctx, a); err != nil {
			return err
		}
	}
	if !found || logic.Done(a.State) {
		return h.store.Due.Remove(ctx, item.Hour, item.Name)
	}
	return h.later(ctx, item, nextOf(a))
}

// nextOf is when an application is gone on with.
func nextOf(a storage.Kept) time.Time { return time.UnixMilli(a.State.GetNextMs()) }

// later lists an item under another time, if that is another hour.
func (h *Handler) later(ctx context.Context, item worklist.Item, at time.Time) error {
	if at.UTC().Truncate(time.Hour).Equal(item.Hour.UTC()) {
		return nil
	}
	if err := h.store.Due.Add(ctx, at, item.Name); err != nil {
		return err
	}
	return h.store.Due.Remove(ctx, item.Hour, item.Name)
}

// drive takes an application from state to state until nothing is to be done, or it has to wait for the provider. What
// each step does is harmless to do again, and its state is written after it: whoever dies between is followed by the
// sweep.
func (h *Handler) drive(ctx context.Context, a storage.Kept) (storage.Kept, error) {
	for !logic.Done(a.State) {
		tried := a.State.GetTries()
		next, err := h.next(ctx, a)
		if err == nil {
			a, err = h.change(ctx, a, next, nil)
		}
		if err != nil || a.State.GetTries() > tried {
			return a, err
		}
	}
	return a, nil
}

// next is what becomes of an application about which something is to be done.
func (h *Handler) next(ctx context.Context, kept storage.Kept) (*signupproto.Application, error) {
	a := kept.State
	switch {
	case logic.Rests(a.GetState()):
		return logic.Told(a), h.tell(ctx, kept)
	case a.GetState() == signupproto.State_STATE_APPLIED:
		return logic.Go(a, signupproto.State_STATE_CHECKING, "", h.clock.Now())
	case a.GetPerson() == nil:
		return logic.Go(a, signupproto.State_STATE_REFUSED, logic.Forgotten, h.clock.Now())
	case a.GetState() == signupproto.State_STATE_CHECKING:
		return h.ask(ctx, a)
	}
	return h.open(ctx, a)
}

// change writes an application's next state, unless somebody else was faster, and answers the one that there is.
func (h *Handler) change(
	ctx context.Context, was storage.Kept, next *signupproto.Application, said *signupproto.Said,
) (storage.Kept, error) {
	now, changed, err := h.store.Change(ctx, was, next, said)
	if changed && next.GetState() != was.State.GetState() {
		h.counts.came(next)
	}
	return now, err
}

// askFor is how long a provider may take to answer.
const askFor = 10 * time.Second

// ask asks the provider who the applicant is. That it cannot be reached is nothing to say, too.
func (h *Handler) ask(ctx context.Context, a *signupproto.Application) (*signupproto.Application, error) {
	asking, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	verdict, err := h.provider.Check(asking, a)
	outcome := verdict.Outcome.String()
	if err != nil {
		// Its words may quote the person; the code does not.
		h.log.WarnContext(ctx, "applicant not checked", "application_id", a.GetId(), "code", errs.Of(err).Code)
		verdict, outcome = logic.Verdict{Outcome: logic.Unknown, Reason: "provider_silent"}, "failed"
	}
	h.counts.checks.WithLabelValues(outcome).Inc()
	return logic.Checked(a, verdict, h.clock.Now())
}
