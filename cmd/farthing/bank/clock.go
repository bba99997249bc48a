package bank

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/foundation"
)

func clockFile(home string) string { return filepath.Join(home, "clock") }

// Clock is business time as the bank in a folder has it: the machine's, unless an operator has moved it.
func (f Folder) Clock() (*clock.Business, error) {
	ahead, err := clock.File(clockFile(f.life())).Read()
	return clock.Ahead(ahead), err
}

func (b *Bank) tellTime(context.Context) error { return b.readClock(b.options.Folder.life()) }

// readClock has business time be as far ahead as it was left in a life.
func (b *Bank) readClock(home string) error {
	ahead, err := clock.File(clockFile(home)).Read()
	b.clock = clock.Ahead(ahead)
	return err
}

// ClockMove is what an operator asks of business time.
type ClockMove struct {
	Ahead time.Duration `json:"ahead_ns"` // Of the machine's time.
}

const (
	moveBytesMax = 1 << 10
	// farthest is how far a clock can be moved at once: whoever asks for more has mistyped it, and there is no way back.
	farthest = 10 * 365 * 24 * time.Hour
)

// reachedAtOnce is of a bank that has one process: this one.
func reachedAtOnce(context.Context, time.Duration) error { return nil }

// moveClock moves business time as far ahead as a ClockMove says, for ever, and answers the foundation.Time when every
// process has it: reached waits for them. A repeat is harmless; less than it was is bad_request.ahead_ns.
func (b *Bank) moveClock(reached func(context.Context, time.Duration) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var move ClockMove
		err := json.NewDecoder(http.MaxBytesReader(w, req.Body, moveBytesMax)).Decode(&move)
		if err != nil {
			err = errs.BadParam("ahead_ns", "must be a whole number of nanoseconds")
		} else {
			err = b.advance(req.Context(), move.Ahead, reached)
		}
		foundation.Reply(w, foundation.TimeOf(b.clock), err)
	})
}

func (b *Bank) advance(
	ctx context.Context, ahead time.Duration, reached func(context.Context, time.Duration) error,
) error {
	b.moving.Lock()
	defer b.moving.Unlock()
	switch was := b.clock.Offset(); {
	case ahead < was:
		return errs.BadParam("ahead_ns", "must not be less than it is: business time only runs forward")
	case ahead > was+farthest:
		return errs.BadParam("ahead_ns", "must be at most ten years more than it is")
	}
	// It is on the disk before anything happens in the new time: no later start goes back behind that.
	if err := writeFile(clockFile(b.options.Folder.life()), []byte(ahead.String()+"\n")); err != nil {
		return fmt.Errorf("keeping the time: %w", err)
	}
	b.clock.Observe(ahead)
	if err := reached(ctx, ahead); err != nil {
		return err
	}
	if renewed, err := b.renewTokens(ctx); err != nil || !renewed {
		return err
	}
	return b.Notice.leave(b.options.Folder)
}
