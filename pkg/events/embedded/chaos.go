package embedded

import (
	"container/heap"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"farthing/pkg/clock"
)

// Chaos has the bus do all that its promise allows: deliver events again, and in another order. It is for tests, which
// show by it that consumers are idempotent and take the highest version.
type Chaos struct {
	Seed           uint64        // One seed, one sequence of decisions for each subscription.
	RepeatPercent  int           // So many events are delivered twice.
	ReorderPercent int           // So many are held back a while, so that others overtake them.
	Within         time.Duration // How long at most; 20 ms by default.
}

// mischief is chaos for one subscription. Its durable's lock guards it.
type mischief struct {
	Chaos
	random *rand.Rand
}

func newMischief(c *Chaos, name string) *mischief {
	if c == nil {
		return nil
	}
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(name))
	m := &mischief{Chaos: *c, random: rand.New(rand.NewPCG(c.Seed, hash.Sum64()))} //nolint:gosec // A seed is the point.
	if m.Within == 0 {
		m.Within = 20 * time.Millisecond
	}
	return m
}

// disturb may plan a repeat of a delivery, and may hold the delivery itself back; it tells whether it has.
func (m *mischief) disturb(d *durable, next *delivery) (held bool) {
	if m.random.IntN(100) < m.RepeatPercent {
		m.delay(d, &delivery{seq: next.seq, event: next.event, ghost: true})
	}
	if m.random.IntN(100) >= m.ReorderPercent {
		return false
	}
	m.delay(d, next)
	return true
}

func (m *mischief) delay(d *durable, next *delivery) {
	due := clock.Real{}.Now().Add(time.Duration(m.random.Int64N(int64(m.Within))).Truncate(time.Millisecond))
	heap.Push(&d.later, waiting{due: due, seq: next.seq, held: next})
}
