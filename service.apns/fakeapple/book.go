package fakeapple

import (
	"container/list"
	"context"
	"encoding/json"
	"sync"
	"time"
)

// Delivery is one notification as its phone shows it.
type Delivery struct {
	Device     string          `json:"device_token"`
	ApnsID     string          `json:"apns_id"` // Of the latest push, if several were collapsed into it.
	CollapseID string          `json:"collapse_id,omitempty"`
	Topic      string          `json:"topic"`
	PushType   string          `json:"push_type"`
	Priority   int             `json:"priority"`
	Expiration time.Time       `json:"expiration,omitzero"`
	Payload    json.RawMessage `json:"payload"`
	ReceivedAt time.Time       `json:"received_at"`
	Times      int             `json:"times"` // How many pushes were collapsed into it: 1 if it never changed.
}

// Book is what the phones show: a bounded number of notifications for each device and in all, the oldest forgotten
// first, and a count of everything ever delivered. It is safe for concurrent use.
type Book struct {
	perDevice, max int

	mu      sync.Mutex
	total   int64                      // Guarded by mu, as are the fields below.
	order   *list.List                 // *Delivery, oldest first.
	devices map[string][]*list.Element // Oldest first: each is a part of order.
	waiters map[chan struct{}]int64    // Closed and removed when total reaches the number.
}

func newBook(perDevice, maximum int) *Book {
	return &Book{
		perDevice: perDevice, max: maximum,
		order: list.New(), devices: make(map[string][]*list.Element), waiters: make(map[chan struct{}]int64),
	}
}

// Total is how many pushes were accepted since the start, those collapsed or forgotten since included.
func (b *Book) Total() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.total
}

// Shown is what one phone shows, oldest first.
func (b *Book) Shown(device string) []Delivery {
	b.mu.Lock()
	defer b.mu.Unlock()
	shown := make([]Delivery, 0, len(b.devices[device]))
	for _, e := range b.devices[device] {
		shown = append(shown, *deliveryOf(e))
	}
	return shown
}

// deliveryOf is what an element of the order holds: nothing else is ever put there.
func deliveryOf(e *list.Element) *Delivery {
	d, _ := e.Value.(*Delivery)
	return d
}

// Latest is the last n notifications of all phones, oldest first. Zero is as many as there are.
func (b *Book) Latest(n int) []Delivery {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n <= 0 || n > b.order.Len() {
		n = b.order.Len()
	}
	latest := make([]Delivery, n)
	for e := b.order.Back(); n > 0; e = e.Prev() {
		n--
		latest[n] = *deliveryOf(e)
	}
	return latest
}

// Wait returns when Total has reached total, or with the context's error if that ends first.
func (b *Book) Wait(ctx context.Context, total int64) error {
	reached := b.reaches(total)
	select {
	case <-reached:
		return nil
	case <-ctx.Done():
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.waiters, reached)
		return context.Cause(ctx)
	}
}

func (b *Book) reaches(total int64) chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	reached := make(chan struct{})
	if b.total >= total {
		close(reached)
	} else {
		b.waiters[reached] = total
	}
	return reached
}

// add shows a delivery. One with the collapse id of another on the same phone takes its place, as the latest.
func (b *Book) add(d *Delivery) {
	b.mu.Lock()
	defer b.mu.Unlock()
	shown := b.devices[d.Device]
	if i := collapsed(shown, d.CollapseID); i >= 0 {
		d.Times += deliveryOf(shown[i]).Times
		b.order.Remove(shown[i])
		shown = append(shown[:i], shown[i+1:]...)
	}
	b.devices[d.Device] = append(shown, b.order.PushBack(d))
	if len(b.devices[d.Device]) > b.perDevice {
		b.forgetOldestOf(d.Device)
	}
	if b.order.Len() > b.max {
		b.forgetOldestOf(deliveryOf(b.order.Front()).Device)
	}
	b.count()
}

func collapsed(shown []*list.Element, collapseID string) int {
	if collapseID == "" {
		return -1
	}
	for i := len(shown) - 1; i >= 0; i-- { // A change is most often to a late one.
		if deliveryOf(shown[i]).CollapseID == collapseID {
			return i
		}
	}
	return -1
}

// forgetOldestOf keeps order and devices in step: the oldest of all is also the oldest of its device.
func (b *Book) forgetOldestOf(device string) {
	shown := b.devices[device]
	b.order.Remove(shown[0])
	if len(shown) == 1 {
		delete(b.devices, device)
		return
	}
	copy(shown, shown[1:]) // In place: a re-sliced front would never be given back.
	shown[len(shown)-1] = nil
	b.devices[device] = shown[:len(shown)-1]
}

func (b *Book) count() {
	b.total++
	for reached, total := range b.waiters {
		if b.total >= total {
			close(reached)
			delete(b.waiters, reached)
		}
	}
}
