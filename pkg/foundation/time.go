package foundation

import (
	"net/http"
	"time"

	"farthing/pkg/clock"
)

// ClockPath is where an admin door tells the Time.
const ClockPath = "/clock"

// Time is what a process takes for the time.
type Time struct {
	Now   time.Time     `json:"now"`      // Of business, UTC.
	Ahead time.Duration `json:"ahead_ns"` // Of the machine's time.
}

// TimeOf is what a clock says now.
func TimeOf(c *clock.Business) Time { return Time{c.Now(), c.Offset()} }

func (p *Process) serveTime(w http.ResponseWriter, _ *http.Request) {
	Reply(w, TimeOf(p.options.Clock), nil)
}
