package logic

import (
	"sync"
	"testing"
	"testing/synctest"
)

func TestDrainsRunAtOnceAndTheirGoroutinesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d drainers
		var ran sync.WaitGroup
		gate := make(chan struct{})
		for range 3 { // None ends before all have begun.
			ran.Add(1)
			d.do(func() { ran.Done(); <-gate })
		}
		ran.Wait()
		close(gate)
		synctest.Wait()
		if len(d.idle) != 3 {
			t.Fatalf("%d goroutines are kept, want 3", len(d.idle))
		}
		again := false
		d.do(func() { again = true })
		synctest.Wait()
		if !again || len(d.idle) != 3 {
			t.Errorf("a later drain ran %t, and %d goroutines are kept, want 3", again, len(d.idle))
		}
		d.stop() // What was kept ends, or the bubble would not.
	})
}

func TestStoppingWaitsForDrainsAndKeepsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d drainers
		gate, done := make(chan struct{}), false
		d.do(func() { <-gate; done = true })
		go func() { synctest.Wait(); close(gate) }()
		d.stop()
		if !done {
			t.Error("stopped before a drain was done")
		}
		late := false
		d.do(func() { late = true })
		synctest.Wait()
		if !late || len(d.idle) != 0 {
			t.Errorf("a late drain ran %t, and %d goroutines are kept, want none", late, len(d.idle))
		}
	})
}

func TestNoMoreGoroutinesAreKeptThanTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d drainers
		gate := make(chan struct{})
		for range drainersMax + 10 {
			d.do(func() { <-gate })
		}
		close(gate)
		synctest.Wait()
		if len(d.idle) != drainersMax {
			t.Errorf("%d goroutines are kept, want %d", len(d.idle), drainersMax)
		}
		d.stop()
	})
}
