package embedded

import (
	"context"
	"sync"
)

// ears are those who listen, by topic.
type ears struct {
	mu      sync.Mutex // Guards byTopic.
	byTopic map[string]map[*ear]bool
}

type ear struct{ take func(key string) }

// Nudge is events.Nudges': all listeners have taken the key when it returns.
func (b *Bus) Nudge(topic, key string) {
	b.ears.mu.Lock()
	defer b.ears.mu.Unlock()
	for each := range b.ears.byTopic[topic] {
		each.take(key)
	}
}

// Listen is events.Nudges'.
func (b *Bus) Listen(ctx context.Context, topic string, take func(key string)) error {
	b.ears.add(topic, &ear{take}, func() { <-ctx.Done() })
	return nil
}

// add keeps an ear for as long as a function runs.
func (e *ears) add(topic string, one *ear, while func()) {
	e.mu.Lock()
	if e.byTopic == nil {
		e.byTopic = make(map[string]map[*ear]bool)
	}
	if e.byTopic[topic] == nil {
		e.byTopic[topic] = make(map[*ear]bool)
	}
	e.byTopic[topic][one] = true
	e.mu.Unlock()
	while()
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.byTopic[topic], one)
}
