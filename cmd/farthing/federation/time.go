package federation

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/foundation"
)

// lookEvery is how often processes are asked for the time until they have it.
const lookEvery = 20 * time.Millisecond

// Await returns when the business time of every process that runs is so far ahead, or unavailable.clock if one still
// is not after 2 s. A process that starts meanwhile begins in the new time.
func Await(ctx context.Context, sources []Source, ahead time.Duration) error {
	f := &federation{client: newClient()}
	defer f.client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answers := askAll(ctx, sources, func(ctx context.Context, s Source) (struct{}, error) {
		return struct{}{}, f.await(ctx, s, ahead)
	})
	for _, a := range answers {
		if a.err != nil {
			return errs.Newf(errs.Unavailable+".clock", "%s has not moved its clock", a.source.Process).Because(a.err)
		}
	}
	return nil
}

func (f *federation) await(ctx context.Context, s Source, ahead time.Duration) error {
	for s.Admin != "" {
		var told foundation.Time
		err := f.get(ctx, s, foundation.ClockPath, func(rsp *http.Response) error {
			return json.NewDecoder(rsp.Body).Decode(&told)
		})
		if err != nil || told.Ahead >= ahead {
			return err
		}
		if err := clock.Wait(ctx, lookEvery); err != nil {
			return err
		}
	}
	return nil
}
