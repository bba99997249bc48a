package events

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	feedproto "farthing/service.feed/proto"
)

// cursor is what a stream has sent: all up to a change, but for those that were written late, and of these the ones
// that are named. Changes are looked for from ChangeLate before the last one on.
type cursor struct {
	last string
	seen map[string]bool // Marks of changes that are no older.
	at   map[string]time.Time
}

// seenMax bounds what a cursor names. With more within ten seconds a change may be sent again after a reconnection.
const seenMax = 64

// markChars are hexadecimal: that two of 64 have the same is one in 10^11.
const markChars = 12

// mark is a short name of a change.
func mark(change string) string {
	sum := sha256.Sum256([]byte(change))
	return hex.EncodeToString(sum[:markChars/2])
}

func cursorAt(t time.Time) *cursor {
	return &cursor{id.Lowest(feedproto.ChangePrefix, t), make(map[string]bool), make(map[string]time.Time)}
}

// from is where to look from.
func (c *cursor) from() string {
	last, _ := id.Time("", feedproto.ChangePrefix, c.last) // It was checked.
	return id.Lowest(feedproto.ChangePrefix, last.Add(-feedproto.ChangeLate))
}

// has tells whether a change has been sent.
func (c *cursor) has(change string) bool { return c.seen[mark(change)] }

// add notes that a change is being sent.
func (c *cursor) add(change string) {
	c.last = max(c.last, change)
	made, _ := id.Time("", feedproto.ChangePrefix, change)
	c.seen[mark(change)], c.at[mark(change)] = true, made
	last, _ := id.Time("", feedproto.ChangePrefix, c.last)
	for each, made := range c.at {
		if made.Before(last.Add(-feedproto.ChangeLate)) {
			delete(c.seen, each)
			delete(c.at, each)
		}
	}
}

// String is the cursor as a client keeps it and sends it back: the last change, and the marks, newest first.
func (c *cursor) String() string {
	marks := make([]string, 0, len(c.seen))
	for each := range c.seen {
		marks = append(marks, each)
	}
	slices.SortFunc(marks, func(a, b string) int {
		return strings.Compare(c.at[b].Format(time.RFC3339Nano)+b, c.at[a].Format(time.RFC3339Nano)+a)
	})
	return c.last + "-" + strings.Join(marks[:min(len(marks), seenMax)], "")
}

// parseCursor reads what String wrote: bad_request.bad_param.last_event_id otherwise.
func parseCursor(text string) (*cursor, error) {
	last, marks, ok := strings.Cut(text, "-")
	made, err := id.Time("last_event_id", feedproto.ChangePrefix, last)
	if !ok || err != nil || len(marks)%markChars != 0 || len(marks) > seenMax*markChars ||
		strings.ContainsFunc(marks, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) }) {
		return nil, errs.BadParam("last_event_id", "must be the id of an event of this stream")
	}
	c := &cursor{last, make(map[string]bool), make(map[string]time.Time)}
	for each := range slices.Chunk([]byte(marks), markChars) {
		c.seen[string(each)], c.at[string(each)] = true, made // Forgotten when the last of them would be.
	}
	return c, nil
}
