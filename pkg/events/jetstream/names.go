package jetstream

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"farthing/pkg/events"
)

// The subjects of a stream: events.STREAM.WHAT for what is published, again.STREAM.DURABLE for what is replayed. Dead
// letters are dead.DURABLE.EVENT in a stream of their own. All have the prefix in front.

func (b *Bus) streamName(stream string) string   { return b.config.Prefix + stream }
func (b *Bus) durableName(durable string) string { return b.config.Prefix + durable }

// deadStream is the name of the stream of dead letters. No stream of events can have it: theirs hold no hyphen.
func (b *Bus) deadStream() string { return b.config.Prefix + "dead-letters" }

// subject is where an event of this checked type is published: its dot is a subject's too.
func (b *Bus) subject(kind string) string { return b.config.Prefix + "events." + kind }

func (b *Bus) againSubject(stream, durable string) string {
	return b.config.Prefix + "again." + stream + "." + durable
}

// deadSubject is a dead letter's. An event's id may hold anything, so a hash stands for it.
func (b *Bus) deadSubject(durable, eventID string) string {
	hash := sha256.Sum256([]byte(eventID))
	return b.config.Prefix + "dead." + durable + "." + hex.EncodeToString(hash[:16])
}

// isName tells whether a name could be a stream's or a subscription's.
func isName(name string) bool {
	stream, err := events.Stream(name + ".x")
	return err == nil && stream == name && !strings.Contains(name, ".")
}
