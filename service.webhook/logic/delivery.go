package logic

import (
	"slices"
	"time"

	"farthing/pkg/id"
)

// IDPrefix begins the ids of deliveries, which are those of messages.
const IDPrefix = "msg"

// Delivery is one message to one webhook: what it tells of, and each time that it was to be sent.
type Delivery struct {
	ID      string // msg_…; its time is that of the event.
	Webhook string
	Event   string // "transaction.created".
	About   string // The id of what it tells of.
	Source  string // The event's id.
	Orders  []Order
}

// Order is a wish that the message be sent, and the attempts to do so. The first has no name; others are replays.
type Order struct {
	Name     string
	At       time.Time
	Due      time.Time // When its first attempt is anybody's, if whoever made it has not made that.
	Attempts []Attempt // Oldest first.
}

// Attempt is one call of the webhook's URL, or why there was none.
type Attempt struct {
	At      time.Time
	Problem string // Empty if it was answered 2xx.
	Status  int    // HTTP's; 0 if there was no answer.
	Took    time.Duration
	Next    time.Time // When it is tried again; zero if it is not.
}

// Delivered tells whether it was answered 2xx.
func (a Attempt) Delivered() bool { return a.Problem == "" }

// grace is how long whoever makes an order has for its first attempt, before it is anybody's who sweeps.
const grace = time.Minute

// NewDelivery is a message to a webhook of what an event tells, at a time. The same event makes the same message.
func NewDelivery(hook, event, about, source string, occurred, now time.Time) Delivery {
	return Delivery{
		ID: id.Derived(IDPrefix, occurred, hook+"/"+event+"/"+source), Webhook: hook, Event: event, About: about,
		Source: source, Orders: []Order{NewOrder("", now)},
	}
}

// NewOrder is the wish that a message be sent at a time, at once.
func NewOrder(name string, now time.Time) Order {
	return Order{Name: name, At: now, Due: now.Add(grace)}
}

// NextDue is when its next attempt is due; zero if it has come to an end.
func (o Order) NextDue() time.Time {
	if n := len(o.Attempts); n > 0 {
		return o.Attempts[n-1].Next
	}
	return o.Due
}

// ReplaysMax is how often one delivery may be asked for again.
const ReplaysMax = 20

// Order is the order of a name, and whether there is one.
func (d Delivery) Order(name string) (Order, bool) {
	i := slices.IndexFunc(d.Orders, func(o Order) bool { return o.Name == name })
	if i < 0 {
		return Order{}, false
	}
	return d.Orders[i], true
}

// Next is when an order is to be attempted next, and whether it is: not if it was carried out, given up, or overtaken
// by another one that was carried out after it was made.
func (d Delivery) Next(o Order) (time.Time, bool) {
	next := o.NextDue()
	if next.IsZero() || d.delivered().After(o.At) {
		return time.Time{}, false
	}
	return next, true
}

// delivered is when the message arrived for the last time, zero if it never did.
func (d Delivery) delivered() (last time.Time) {
	for _, o := range d.Orders {
		for _, a := range o.Attempts {
			if a.Delivered() && a.At.After(last) {
				last = a.At
			}
		}
	}
	return last
}

// Status is what became of a delivery.
type Status int

// What may become of it.
const (
	Pending   Status = iota // It is on its way, or will be tried again.
	Delivered               // Whoever asked last has it.
	Failed                  // It was given up.
)

// Status is what became of it, and when it is tried next if it is.
func (d Delivery) Status() (Status, time.Time) {
	var soonest time.Time
	for _, o := range d.Orders {
		if next, open := d.Next(o); open && (soonest.IsZero() || next.Before(soonest)) {
			soonest = next
		}
	}
	last := slices.MaxFunc(d.Orders, func(a, b Order) int { return a.At.Compare(b.At) })
	switch {
	case !soonest.IsZero():
		return Pending, soonest
	case d.delivered().Before(last.At):
		return Failed, time.Time{}
	default:
		return Delivered, time.Time{}
	}
}

// Tried is an attempt, and whether it was of a replay.
type Tried struct {
	Attempt

	Replay bool
}

// Attempts is all attempts, oldest first; of very many the last ones.
func (d Delivery) Attempts(limit int) []Tried {
	var all []Tried
	for _, o := range d.Orders {
		for _, a := range o.Attempts {
			all = append(all, Tried{a, o.Name != ""})
		}
	}
	slices.SortStableFunc(all, func(a, b Tried) int { return a.At.Compare(b.At) })
	return all[max(0, len(all)-limit):]
}
