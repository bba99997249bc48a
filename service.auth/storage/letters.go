package storage

import (
	"context"
	"time"

	"farthing/pkg/store"
)

// Letters is which events people were mailed about.
type Letters struct {
	rows store.Expiring[letterRow]
}

// NewLetters is the letters in a keyspace.
func NewLetters(k *store.Keyspace) *Letters { return &Letters{lettersTable.On(k)} }

// Keep keeps that somebody was mailed about an event. Repeating it is harmless.
func (s *Letters) Keep(ctx context.Context, eventID string, at time.Time) error {
	_, err := s.rows.Insert(ctx, lettersKept, letterRow{Event: eventID, MailedAt: at})
	return wrapped("keeping that a mail was sent", err)
}

// Kept tells whether somebody was mailed about an event.
func (s *Letters) Kept(ctx context.Context, eventID string) (bool, error) {
	_, found, err := s.rows.In(eventID).Find(ctx, store.Recent)
	return found, wrapped("finding whether a mail was sent", err)
}
