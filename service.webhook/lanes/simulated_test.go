package lanes

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// running are lanes that run until the test's bubble ends.
func running(t *testing.T, o Options) *Lanes {
	t.Helper()
	l := New(o)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() { l.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		all.Wait()
	})
	return l
}

func bounds() Options { return Options{Each: 2, All: 8, Queue: 4, Waiting: 100} }

func slow(ctx context.Context, _ *Circuit) {
	select {
	case <-time.After(10 * time.Second):
	case <-ctx.Done():
	}
}

func TestASlowLaneDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t, bounds())
		for n := range 4 {
			l.Submit("slow", fmt.Sprint("slow", n), slow)
		}
		start := time.Now()
		done := make(chan time.Duration, 20)
		for n := range 20 {
			l.Submit(fmt.Sprint("quick", n), fmt.Sprint("quick", n), func(context.Context, *Circuit) {
				done <- time.Since(start)
			})
		}
		for range 20 {
			if took := <-done; took > 0 {
				t.Errorf("it took %v", took)
			}
		}
	})
}

func TestNoMoreIsUnderWayThanMayBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t, bounds())
		var here, most, everywhere, mostEverywhere atomic.Int64
		note := func(at, top *atomic.Int64) func() {
			top.Store(max(top.Load(), at.Add(1)))
			return func() { at.Add(-1) }
		}
		for n := range 6 {
			l.Submit("one", fmt.Sprint("one", n), func(ctx context.Context, c *Circuit) {
				defer note(&here, &most)()
				slow(ctx, c)
			})
			synctest.Wait()
		}
		for n := range 20 {
			l.Submit(fmt.Sprint("lane", n), fmt.Sprint("work", n), func(ctx context.Context, c *Circuit) {
				defer note(&everywhere, &mostEverywhere)()
				slow(ctx, c)
			})
		}
		time.Sleep(time.Hour)
		if most.Load() != 2 || mostEverywhere.Load() > 8 || here.Load()+everywhere.Load() != 0 {
			t.Errorf("at most %d in a lane, %d in all; %d left", most.Load(), mostEverywhere.Load(), here.Load())
		}
	})
}

func TestTooMuchIsNotTakenAndNothingTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t, Options{Each: 1, All: 8, Queue: 2, Waiting: 3})
		var done atomic.Int64
		work := func(ctx context.Context, c *Circuit) {
			slow(ctx, c)
			done.Add(1)
		}
		for _, c := range []struct {
			lane, name string
			taken      bool
		}{
			{"a", "1", true}, {"a", "1", true}, {"a", "2", true}, {"a", "3", true}, {"a", "2", true}, {"a", "4", false},
			{"b", "5", true}, {"b", "6", true}, {"b", "7", false}, {"c", "8", false},
		} {
			if taken := l.Submit(c.lane, c.name, work); taken != c.taken {
				t.Errorf("%s in %s: %v", c.name, c.lane, taken)
			}
			synctest.Wait() // What can be begun is.
		}
		time.Sleep(time.Hour)
		if done.Load() != 5 {
			t.Errorf("%d were done", done.Load())
		}
		if !l.Submit("a", "1", work) {
			t.Error("what was done is not taken again")
		}
	})
}

func TestALaneThatFailsRestsAndIsTriedOnceAfterThat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := running(t, Options{Each: 4, All: 100, Queue: 100, Waiting: 100})
		var permitted atomic.Int64
		works := false
		try := func(n int) (permits int64) {
			permitted.Store(0)
			for i := range n {
				l.Submit("dead", fmt.Sprint(i), func(_ context.Context, c *Circuit) {
					if !c.Permits() {
						return
					}
					permitted.Add(1)
					if works {
						c.Succeeded()
					} else {
						c.Failed()
					}
				})
				synctest.Wait()
			}
			return permitted.Load()
		}
		if got := try(20); got != failuresMax {
			t.Errorf("%d attempts before it rests", got)
		}
		if got := try(20); got != 0 {
			t.Errorf("%d attempts while it rests", got)
		}
		time.Sleep(rest)
		if got := try(20); got != 1 {
			t.Errorf("%d attempts after its rest", got)
		}
		works = true
		time.Sleep(rest)
		if got := try(20); got != 20 {
			t.Errorf("%d attempts once it is back", got)
		}
	})
}

func TestTheEndWaitsAMomentForWhatIsUnderWayAndForgetsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			takes   time.Duration
			left    time.Duration
			endured bool
		}{"quick": {time.Second, time.Second, true}, "slow": {time.Minute, drainFor, false}} {
			l := New(Options{Each: 1, All: 1, Queue: 10, Waiting: 10})
			ctx, cancel := context.WithCancel(t.Context())
			var all sync.WaitGroup
			all.Go(func() { l.Run(ctx) })
			var done, cut atomic.Int64
			for n := range 3 {
				l.Submit("a", fmt.Sprint(n), func(ctx context.Context, _ *Circuit) {
					select {
					case <-time.After(c.takes):
						done.Add(1)
					case <-ctx.Done():
						cut.Add(1)
					}
				})
			}
			synctest.Wait()
			start := time.Now()
			cancel()
			all.Wait()
			if took := time.Since(start); took != c.left || done.Load() != map[bool]int64{true: 1}[c.endured] ||
				done.Load()+cut.Load() != 1 {
				t.Errorf("%s: it took %v, %d done, %d cut", name, took, done.Load(), cut.Load())
			}
		}
	})
}
