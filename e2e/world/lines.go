package world

import (
	"bytes"
	"sync"
)

// lines is text that can be read while it is written.
type lines struct {
	mu  sync.Mutex
	out bytes.Buffer // Guarded by mu.
}

// Write appends.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

// String is everything written so far.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.String()
}
