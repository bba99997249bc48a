package handler

import (
	"sync"
	"time"
)

// attempts remembers what became of the pushes of events that will be delivered again, because one of a customer's
// phones could not be told: the others need not buzz again. It is memory only. After a restart they are told once
// more, under the same apns-id and collapse id, so that their phones show one notification all the same.
type attempts struct {
	mu     sync.Mutex // Guards byPush.
	byPush map[string]attempt
}

// attempt is the last one at a push.
type attempt struct {
	settled   bool      // Delivered, or never to be.
	notBefore time.Time // Otherwise, when Apple wants to be asked again, in real time.
	at        time.Time
}

// attemptsMax bounds the memory; attemptsKeptFor is longer than any push is worth sending.
const (
	attemptsMax     = 10_000
	attemptsKeptFor = 2 * time.Hour
)

func (a *attempts) of(apnsID string) attempt {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.byPush[apnsID]
}

// remember keeps the attempts at one event's pushes, or forgets what it would have no room for.
func (a *attempts) remember(tried map[string]attempt, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byPush == nil || len(a.byPush)+len(tried) > attemptsMax {
		a.expire(now)
	}
	for apnsID, each := range tried {
		if len(a.byPush) < attemptsMax {
			each.at = now
			a.byPush[apnsID] = each
		}
	}
}

// forget ends the memory of an event that will not be delivered again.
func (a *attempts) forget(tried map[string]attempt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for apnsID := range tried {
		delete(a.byPush, apnsID)
	}
}

// expire makes room. a.mu is held.
func (a *attempts) expire(now time.Time) {
	kept := make(map[string]attempt)
	for apnsID, each := range a.byPush {
		if now.Sub(each.at) < attemptsKeptFor {
			kept[apnsID] = each
		}
	}
	a.byPush = kept
}
