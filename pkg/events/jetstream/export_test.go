package jetstream

import "time"

// SetAckWait has the server wait less long for a word about an event, so that a test need not wait that long.
func (b *Bus) SetAckWait(d time.Duration) { b.ackWait = d }
