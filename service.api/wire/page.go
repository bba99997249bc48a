package wire

import (
	"fmt"
	"strings"
	"time"

	"farthing/pkg/edge"
	"farthing/pkg/id"
)

// How many things one answer lists.
const (
	LimitDefault = 30
	LimitMax     = 100
)

// Limit is the field limit: 1 to 100, and 30 if it was not sent.
func Limit(form *edge.Form) int32 {
	limit, sent := form.Int64("limit")
	switch {
	case !sent:
		return LimitDefault
	case limit < 1 || limit > LimitMax:
		form.Refuse("limit", fmt.Sprintf("must be from 1 to %d", LimitMax))
		return LimitDefault
	default:
		return int32(limit)
	}
}

// Since is where a list begins: at a time, inclusive, or after a thing, exclusive. The zero value is the beginning.
type Since struct {
	At      time.Time // Of AfterID, the time at which that thing was created.
	AfterID string
}

// SinceOf is the field since: a time, or an id of a kind.
func SinceOf(form *edge.Form, prefix string) Since {
	sent := form.String("since")
	if !strings.Contains(sent, "_") {
		at, _ := form.Time("since")
		return Since{At: at}
	}
	created, err := id.Time("since", prefix, sent)
	if err != nil {
		form.Refuse("since", "must be a time, or an id that starts with '"+prefix+"_'")
		return Since{}
	}
	return Since{At: created, AfterID: sent}
}
