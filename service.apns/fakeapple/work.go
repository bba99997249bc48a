package fakeapple

import "sync"

// work counts connections and requests, so that Serve can wait for them; http.Server.Close does not. A WaitGroup would
// not do: a request may still begin while Serve waits.
type work struct {
	mu    sync.Mutex
	n     int           // Guarded by mu, as are the fields below.
	ended chan struct{} // Not nil once somebody waits; closed when nothing is left.
}

// begin counts one more, or says that it is too late for that.
func (w *work) begin() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended != nil {
		return false
	}
	w.n++
	return true
}

func (w *work) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n--
	if w.n == 0 && w.ended != nil {
		close(w.ended)
	}
}

// wait lets nothing begin any more and returns when all has ended. It is called once.
func (w *work) wait() {
	w.mu.Lock()
	ended := make(chan struct{})
	w.ended = ended
	if w.n == 0 {
		close(ended)
	}
	w.mu.Unlock()
	<-ended
}
