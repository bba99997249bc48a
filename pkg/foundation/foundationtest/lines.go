package foundationtest

import (
	"bytes"
	"sync"
)

// Lines is text, such as a log, that can be read while many write it. The zero value is empty.
type Lines struct {
	mu  sync.Mutex
	out bytes.Buffer // Guarded by mu.
}

// Write appends.
func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

// String is everything written so far.
func (l *Lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.String()
}
