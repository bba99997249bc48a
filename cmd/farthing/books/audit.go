package books

import (
	"context"
	"slices"
	"time"

	"farthing/pkg/audit"
	"farthing/pkg/clock"
)

// Audit reads all books, and then again what money is added up in, for as long as something that will yet be finished
// may be why it does not add up. The faults are the parts' own, and those of the sums that stayed wrong. The bank may
// be in use meanwhile.
func (b Books) Audit(ctx context.Context) (Reading, []audit.Fault, error) {
	first, err := b.Read(ctx)
	if err != nil {
		return Reading{}, nil, err
	}
	gaps, err := b.standing(ctx, first)
	return first, append(first.Faults(), Faults(gaps)...), err
}

// atLeast is how often sums are added up again before they are wrong: money is on its way between two accounts now and
// then.
const atLeast = 3

// waits are how long nothing is added up again. What a crash leaves behind is taken up within a minute, and given up
// for a break after two.
func waits() []time.Duration {
	return []time.Duration{
		time.Second, time.Second, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second,
		32 * time.Second, time.Minute,
	}
}

// standing are the gaps of a reading that are there, as wide, in each later one. The later ones end when nothing is
// under way any more that was all the while: what began since then explains no gap that was there before.
func (b Books) standing(ctx context.Context, first Reading) ([]Gap, error) {
	gaps, underWay := first.Gaps(), first.underWay()
	silent := Books{Ask: b.Ask}
	for n, wait := range waits() {
		if len(gaps) == 0 || n >= atLeast && len(underWay) == 0 {
			break
		}
		b.show("sums again, for what may be under way:", int64(n+1), false)
		if err := clock.Wait(ctx, wait); err != nil {
			return nil, err
		}
		var now Reading
		if err := silent.read(ctx, now.sums()); err != nil {
			return nil, err
		}
		gaps = both(gaps, now.Gaps(), Gap.isAsWide)
		underWay = both(underWay, now.underWay(), func(a, b string) bool { return a == b })
	}
	return gaps, nil
}

// underWay is what has moved a part of its money and will move the rest, by id.
func (r *Reading) underWay() []string {
	return slices.Concat(r.Journals.UnderWay, r.Payments.UnderWay)
}

// both are the later ones that are among the earlier.
func both[T any](earlier, later []T, same func(T, T) bool) []T {
	return slices.DeleteFunc(later, func(l T) bool {
		return !slices.ContainsFunc(earlier, func(e T) bool { return same(e, l) })
	})
}
