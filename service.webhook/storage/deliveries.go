package storage

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/seal"
	"farthing/pkg/seal/datakeys"
	"farthing/pkg/store"
	"farthing/pkg/store/worklist"
	"farthing/service.webhook/logic"
)

const (
	// KeptFor is how long deliveries are shown and may be sent again, in business time.
	KeptFor = 30 * 24 * time.Hour
	// forgetAfter is when the store may forget them, in real time: later than anybody may ask for them.
	forgetAfter = KeptFor + 7*24*time.Hour
)

// Deliveries is what was sent to webhooks, or is to be.
type Deliveries struct {
	keyspace   *store.Keyspace
	deliveries store.Plain[deliveryRow]
	bodies     store.Plain[bodyRow]
	days       store.Plain[dayRow]
	claims     store.Expiring[claimRow]
	keys       *datakeys.Keys
	due        *worklist.List
	known      *store.Once // Days of webhooks.
}

// NewDeliveries is the deliveries in a keyspace, whose customers' keys are wrapped under a ring.
func NewDeliveries(k *store.Keyspace, ring *seal.Keyring) *Deliveries {
	return &Deliveries{
		k, deliveriesTable.On(k), bodiesTable.On(k), daysTable.On(k), claimsTable.On(k),
		datakeys.New(dataKeysTable, k, ring), worklist.New(dueTable, k), &store.Once{},
	}
}

// Due lists the attempts that are to be made, each under its time: AttemptIn reads a line.
func (s *Deliveries) Due() *worklist.List { return s.due }

// Insert writes a new delivery with its body, and lists its first attempt before that. Repeating it is harmless.
func (s *Deliveries) Insert(ctx context.Context, d logic.Delivery, user string, body []byte) error {
	day, err := dayOf(d.ID)
	if err != nil {
		return err
	}
	key, err := s.keys.Ensure(ctx, user)
	if err != nil {
		return err
	}
	first := d.Orders[0]
	if err := s.list(ctx, AttemptOf(d, first)); err != nil {
		return err
	}
	puts, done := s.known.With(
		d.Webhook+strconv.FormatInt(day, 10), s.days.PutFor(forgetAfter, dayRow{d.Webhook, day}),
		s.deliveries.PutFor(forgetAfter, deliveryRow{
			Webhook: d.Webhook, Day: day, ID: d.ID, Event: d.Event, About: d.About, Source: d.Source, At: first.At,
			Next: first.Due,
		}),
		s.bodies.PutFor(forgetAfter, bodyRow{d.Webhook, day, d.ID, key.Seal(body, place(d.ID))}),
	)
	if err := s.keyspace.Write(ctx, puts...); err != nil {
		return fmt.Errorf("inserting %s: %w", d.ID, err)
	}
	done()
	return nil
}

// Order writes the wish that a delivery be sent again, and lists its first attempt before that. Repeating it is
// harmless.
func (s *Deliveries) Order(ctx context.Context, d logic.Delivery, o logic.Order) error {
	day, err := dayOf(d.ID)
	if err != nil {
		return err
	}
	if err := s.list(ctx, AttemptOf(d, o)); err != nil {
		return err
	}
	err = s.keyspace.Write(ctx, s.deliveries.PutFor(forgetAfter, deliveryRow{
		Webhook: d.Webhook, Day: day, ID: d.ID, Name: o.Name, At: o.At, Next: o.Due,
	}))
	if err != nil {
		return fmt.Errorf("ordering %s: %w", d.ID, err)
	}
	return nil
}

// Tried writes an attempt of an order, lists the next one, if there is one, before that, and strikes this one off after
// it. Repeating it is harmless.
func (s *Deliveries) Tried(ctx context.Context, d logic.Delivery, o logic.Order, a logic.Attempt) error {
	day, err := dayOf(d.ID)
	if err != nil {
		return err
	}
	after := o
	after.Attempts = append(slices.Clone(o.Attempts), a)
	if !a.Next.IsZero() {
		if err := s.list(ctx, AttemptOf(d, after)); err != nil {
			return err
		}
	}
	err = s.keyspace.Write(ctx, s.deliveries.PutFor(forgetAfter, deliveryRow{
		Webhook: d.Webhook, Day: day, ID: d.ID, Name: o.Name, Step: int64(len(after.Attempts)), At: a.At, Next: a.Next,
		Problem: a.Problem, Status: int64(a.Status), TookMs: a.Took.Milliseconds(),
	}))
	if err != nil {
		return fmt.Errorf("writing an attempt of %s: %w", d.ID, err)
	}
	return s.Strike(ctx, AttemptOf(d, o))
}

// Find is one delivery of a webhook, and whether there is one.
func (s *Deliveries) Find(ctx context.Context, hook, deliveryID string) (logic.Delivery, bool, error) {
	day, err := dayOf(deliveryID)
	if err != nil {
		return logic.Delivery{}, false, nil //nolint:nilerr // What is no id is no delivery's.
	}
	var rows []deliveryRow
	for token := ""; ; {
		page, next, err := s.deliveries.In(hook, day).Range(deliveryID).Resume(token).List(ctx, store.Recent)
		if err != nil {
			return logic.Delivery{}, false, fmt.Errorf("reading %s: %w", deliveryID, err)
		}
		rows = append(rows, page...)
		if token = next; token == "" {
			break
		}
	}
	d, found := deliveryOf(rows)
	return d, found, nil
}

// Body is what a delivery says: not_found.body if it was forgotten, or its customer was.
func (s *Deliveries) Body(ctx context.Context, d logic.Delivery, user string) ([]byte, error) {
	day, err := dayOf(d.ID)
	if err != nil {
		return nil, err
	}
	row, found, err := s.bodies.In(d.Webhook, day).Find(ctx, store.Recent, d.ID)
	if err != nil {
		return nil, fmt.Errorf("reading the body of %s: %w", d.ID, err)
	}
	if !found {
		return nil, errs.Missing("body")
	}
	key, err := s.keys.Key(ctx, user)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.Missing("body")
	}
	if err != nil {
		return nil, err
	}
	return key.Open(row.Body, place(d.ID))
}

// place binds a sealed body to its delivery, so that it opens in no other.
func place(delivery string) []byte { return []byte("webhook.body/" + delivery) }

// deliveryOf is a delivery of its rows: an order's come together, by their steps.
func deliveryOf(rows []deliveryRow) (d logic.Delivery, found bool) {
	for _, row := range rows {
		if row.Step == 0 {
			if row.Name == "" {
				d.ID, d.Webhook, d.Event, d.About, d.Source = row.ID, row.Webhook, row.Event, row.About, row.Source
				found = true
			}
			d.Orders = append(d.Orders, logic.Order{Name: row.Name, At: row.At, Due: row.Next})
			continue
		}
		if n := len(d.Orders); n > 0 && d.Orders[n-1].Name == row.Name {
			d.Orders[n-1].Attempts = append(d.Orders[n-1].Attempts, logic.Attempt{
				At: row.At, Problem: row.Problem, Status: int(row.Status), Next: row.Next,
				Took: time.Duration(row.TookMs) * time.Millisecond,
			})
		}
	}
	return d, found
}

// dayOf is the day of a delivery's time.
func dayOf(deliveryID string) (int64, error) {
	at, err := id.Time("delivery_id", logic.IDPrefix, deliveryID)
	return dayAt(at), err
}

func dayAt(at time.Time) int64 {
	year, month, day := at.UTC().Date()
	return int64(year)*10_000 + int64(month)*100 + int64(day)
}
