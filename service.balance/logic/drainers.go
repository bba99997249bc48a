package logic

import "sync"

// drainersMax goroutines are kept for later drains.
const drainersMax = 256

// drainers run drains, each on a goroutine of its own, and keep some of these afterwards: a drain goes deep into the
// store, and to grow a fresh stack each time costs a twelfth of a hold's processor time. The zero value is ready.
type drainers struct {
	mu      sync.Mutex    // Guards idle and stopped.
	idle    []chan func() // Each a goroutine's that waits for a drain, the latest last.
	stopped bool

	all sync.WaitGroup
}

// do runs drain, and does not wait for it.
func (d *drainers) do(drain func()) {
	if next, ok := d.wake(); ok {
		next <- drain
		return
	}
	d.all.Go(func() { d.work(drain) })
}

// wake is the goroutine that has waited least, if any waits: its stack is the likeliest to be in the cache.
func (d *drainers) wake() (next chan<- func(), ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	last := len(d.idle) - 1
	if last < 0 {
		return nil, false
	}
	next = d.idle[last]
	d.idle = d.idle[:last]
	return next, true
}

// work runs a drain, and then whatever it is woken for.
func (d *drainers) work(drain func()) {
	next := make(chan func(), 1) // Whoever wakes it does not wait.
	for ok := true; ok; drain, ok = <-next {
		drain()
		if !d.rest(next) {
			return
		}
	}
}

// rest tells whether the goroutine is to wait for another drain.
func (d *drainers) rest(next chan func()) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped || len(d.idle) == drainersMax {
		return false
	}
	d.idle = append(d.idle, next)
	return true
}

// stop waits until all drains are done, and keeps no goroutine any more.
func (d *drainers) stop() {
	d.mu.Lock()
	d.stopped = true
	for _, next := range d.idle {
		close(next)
	}
	d.idle = nil
	d.mu.Unlock()
	d.all.Wait()
}
