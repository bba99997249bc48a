package bench

import (
	"context"
	"fmt"

	"farthing/cmd/farthing/bench/loop"
)

// Turn is the raw store and then swipes, right after each other.
type Turn struct {
	Store  *loop.Result `json:"store"`
	Swipes *Report      `json:"swipes"`
}

// Comparison is a bank beside the store that it stands on, measured in turns: machines that others use too are
// compared within one run or not at all. The rates are those of all turns together.
type Comparison struct {
	Engine string `json:"engine"` // "cassandra" or "pebble".
	Turns  []Turn `json:"turns"`

	StorePerSecond  float64 `json:"store_writes_per_second"`        // Conditional writes, by nobody but this command.
	SwipesPerSecond float64 `json:"approved_per_second_end_to_end"` // As Report.EndToEnd.
	Ratio           float64 `json:"swipes_by_store_writes"`         // Of the two.
	// WritesPerSwipe are the bank's own conditional writes by swipe; 0 if the bank does not count them.
	WritesPerSwipe float64 `json:"conditional_writes_per_swipe"`
}

// Against takes turns at measuring the store and the bank, the store first. It fails if one of them does nothing.
func Against(
	ctx context.Context, turns int, store func(context.Context) *loop.Result,
	swipes func(context.Context) (*Report, error),
) (*Comparison, error) {
	c := &Comparison{Turns: make([]Turn, turns)}
	for i := range c.Turns {
		raw := store(ctx)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if raw.Done == 0 {
			return nil, fmt.Errorf("the store wrote nothing; the first failure: %s", raw.FirstFailure)
		}
		report, err := swipes(ctx)
		if err != nil {
			return nil, err
		}
		c.Turns[i] = Turn{raw, report}
	}
	c.sum()
	return c, nil
}

func (c *Comparison) sum() {
	var stored, swiped, answered, written int64
	var storing, swiping float64
	for _, turn := range c.Turns {
		stored += turn.Store.Done
		storing += turn.Store.Seconds
		swiped += turn.Swipes.Approved
		swiping += turn.Swipes.Seconds + turn.Swipes.CatchUpMillis/1_000
		answered += turn.Swipes.Approved + turn.Swipes.Declined
		written += turn.Swipes.ConditionalWrites
	}
	c.StorePerSecond = float64(stored) / storing
	c.SwipesPerSecond = float64(swiped) / swiping
	c.Ratio = c.SwipesPerSecond / c.StorePerSecond
	c.WritesPerSwipe = float64(written) / float64(answered)
}
