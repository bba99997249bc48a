package clock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// File is where a development bank keeps how far its business time is ahead, for all of its processes and for the next
// start: one duration as time.Duration writes it. Whoever writes it replaces it whole. An empty name is no file, and a
// file that is not there stands for 0.
type File string

// Read is what the file says now.
func (f File) Read() (time.Duration, error) {
	if f == "" {
		return 0, nil
	}
	text, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading how far business time is ahead: %w", err)
	}
	ahead, err := time.ParseDuration(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("reading how far business time is ahead: %w", err)
	}
	return ahead, nil
}

// followEvery is how long a process may be behind what the file says.
const followEvery = 100 * time.Millisecond

// Follow has a clock take over what the file says until the context ends. What cannot be read moves nothing.
func (f File) Follow(ctx context.Context, b *Business) {
	Every(ctx, followEvery, func(context.Context) {
		if ahead, err := f.Read(); err == nil {
			b.Observe(ahead)
		}
	})
}
