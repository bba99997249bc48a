package jetstream

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"farthing/pkg/events"
)

// delivery is one event on its way from the server to a handler.
type delivery struct {
	conn     *nats.Conn
	reply    string // Where words about it go.
	sequence uint64 // In its stream.
	tries    int    // This one included.
	event    events.Event
	bad      error // Why there is no event in it.
}

// newDelivery reads what the server sent. What holds no event is a delivery too: it must go to the dead letters.
func newDelivery(conn *nats.Conn, m *nats.Msg) (*delivery, error) {
	meta, err := m.Metadata()
	if err != nil {
		return nil, fmt.Errorf("reading what the server says of an event: %w", err)
	}
	d := &delivery{
		conn: conn, reply: m.Reply, sequence: meta.Sequence.Stream,
		tries: int(min(meta.NumDelivered, 1<<30)),
	}
	d.event, d.bad = events.ReadEnvelope(m.Data)
	if d.bad == nil {
		d.bad = events.Check(d.event)
	}
	if d.bad != nil {
		d.event = unreadable(m, d.sequence)
	}
	return d, nil
}

// unreadable is an event that holds what somebody sent who is not a bus.
func unreadable(m *nats.Msg, sequence uint64) events.Event {
	_, kind, _ := strings.Cut(m.Subject, "events.")
	return events.Event{ID: fmt.Sprint("unreadable_", sequence), Type: kind, Body: m.Data}
}

// acknowledge says that the server may forget it. If the word is lost the event is delivered again.
func (d *delivery) acknowledge() error { return d.conn.Publish(d.reply, []byte("+ACK")) }

// inProgress says that it is still in good hands.
func (d *delivery) inProgress() error { return d.conn.Publish(d.reply, []byte("+WPI")) }

// giveBack has it delivered again, to anybody, at once.
func (d *delivery) giveBack() error { return d.conn.Publish(d.reply, []byte("-NAK")) }

// giveBackFor has it delivered again after a while.
func (d *delivery) giveBackFor(delay time.Duration) error {
	body, err := json.Marshal(struct {
		Delay time.Duration `json:"delay"`
	}{delay})
	if err != nil {
		return err
	}
	return d.conn.Publish(d.reply, append([]byte("-NAK "), body...))
}
