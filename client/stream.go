package client

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"farthing/pkg/clock"
)

// The names of a stream's events.
const (
	EventReady              = "ready"               // StreamReady: the stream has begun, or begun again.
	EventTransactionCreated = "transaction.created" // Transaction, its merchant whole.
	EventTransactionUpdated = "transaction.updated" // Transaction.
	EventBalanceUpdated     = "balance.updated"     // AccountBalance.
	EventFeedItemCreated    = "feed_item.created"   // FeedItem.
	EventFeedItemUpdated    = "feed_item.updated"   // FeedItem.
	EventFeedItemDeleted    = "feed_item.deleted"   // FeedItemDeleted.
	EventEnd                = "end"                 // StreamEnd: the token has ended, and the stream with it.
)

const (
	// silenceMax is three of the beats that the bank sends when nothing happens: the connection is dead.
	silenceMax = 45 * time.Second
	// comeBackAfter is how soon a stream that broke off is begun again, and comeBackMax how long that may grow.
	comeBackAfter = time.Second
	comeBackMax   = 30 * time.Second
	// eventBytesMax is more than an event has.
	eventBytesMax = 1 << 20
)

// Event is one thing that a stream tells of, once at least.
type Event struct {
	Name string
	Data json.RawMessage
	// LastID is what to follow after, not to miss what came after this event.
	LastID string
}

// Decode reads the data into the type of the event's name.
func (e Event) Decode(into any) error {
	if err := json.Unmarshal(e.Data, into); err != nil {
		return fmt.Errorf("decoding the event %s: %w", e.Name, err)
	}
	return nil
}

// FollowParams are what is followed.
type FollowParams struct {
	AccountID AccountID
	// LastID is the LastID of the last event that was seen, at most seven days ago. Empty follows from now on.
	LastID string
}

// Follow hears what happens on an account until ctx ends, the token does (EventEnd, and a 401) or the bank refuses.
// When the connection breaks it comes back by itself and goes on where it was. What it yields with an error is the
// last.
func (c *Client) Follow(ctx context.Context, params FollowParams) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		wait, stopped := comeBackAfter, false
		heard := func(e Event) bool {
			wait = comeBackAfter
			stopped = !yield(e, nil)
			return !stopped
		}
		for {
			err := c.followOnce(ctx, params.AccountID, &params.LastID, heard)
			if stopped {
				return
			}
			if err := cmp.Or(ctx.Err(), final(err)); err != nil {
				yield(Event{}, err)
				return
			}
			if answered, ok := errors.AsType[*Error](err); ok {
				wait = max(wait, answered.RetryAfter)
			}
			_ = clock.Wait(ctx, wait) // Its error is the context's, which is looked at next.
			wait = min(2*wait, comeBackMax)
		}
	}
}

// lostError is a connection that broke, or never was.
type lostError struct{ error }

// final is err if there is no use in coming back.
func final(err error) error {
	if _, lost := errors.AsType[lostError](err); lost || err == nil {
		return nil
	}
	if answered, ok := errors.AsType[*Error](err); ok &&
		(answered.Status >= http.StatusInternalServerError || answered.Status == http.StatusTooManyRequests) {
		return nil
	}
	return err
}

// followOnce hears events until the connection ends, and keeps the last id.
func (c *Client) followOnce(ctx context.Context, account AccountID, lastID *string, hear func(Event) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	req, err := c.request(ctx, http.MethodGet, "/events", url.Values{"account_id": {account}}, http.NoBody)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "text/event-stream, application/json")
	if *lastID != "" {
		req.Header.Set("Last-Event-ID", *lastID)
	}
	alive := make(chan struct{}, 1)
	var watching sync.WaitGroup
	watching.Go(func() {
		watch(ctx, alive)
		cancel()
	})
	defer watching.Wait()
	defer cancel()
	rsp, err := c.http.Do(req)
	if err != nil {
		return lostError{withoutAddress(err)}
	}
	defer rsp.Body.Close()
	if rsp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(rsp.Body, answerBytesMax)) // What is missing is not understood.
		return failure(rsp, body)
	}
	return read(rsp.Body, alive, lastID, hear)
}

// watch returns when ctx ends, or nothing has been alive for too long.
func watch(ctx context.Context, alive <-chan struct{}) {
	for heard := true; heard && ctx.Err() == nil; {
		silence, stop := context.WithTimeout(ctx, silenceMax)
		select {
		case <-alive:
		case <-silence.Done():
			heard = false
		}
		stop()
	}
}

// read hears the events of a stream of server-sent events, and says at each line that it is alive.
func read(stream io.Reader, alive chan<- struct{}, lastID *string, hear func(Event) bool) error {
	lines := bufio.NewScanner(stream)
	lines.Buffer(nil, eventBytesMax)
	next := Event{LastID: *lastID}
	for lines.Scan() {
		select {
		case alive <- struct{}{}:
		default:
		}
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case field == "event":
			next.Name = value
		case field == "data":
			next.Data = append(next.Data, value...) // JSON may stand in several lines.
		case field == "id":
			next.LastID = value
		case lines.Text() == "":
			*lastID = next.LastID
			if next.Name != "" && !hear(next) {
				return nil
			}
			next = Event{LastID: *lastID}
		}
	}
	if err := lines.Err(); err != nil {
		return lostError{err}
	}
	return nil
}
