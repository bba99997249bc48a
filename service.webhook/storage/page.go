package storage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"farthing/pkg/store"
	"farthing/service.webhook/logic"
)

// Window selects deliveries of a webhook by their ids, which sort by time.
type Window struct {
	Webhook     string
	AboveID     string // Only greater ids.
	BelowID     string // Only smaller ids.
	OldestFirst bool   // Newest first otherwise.
	Limit       int
}

// Page is the window's deliveries. Both bounds are ids, or as id.Lowest makes them.
func (s *Deliveries) Page(ctx context.Context, w Window) ([]logic.Delivery, error) {
	days, err := s.daysIn(ctx, w)
	if err != nil {
		return nil, err
	}
	var found []logic.Delivery
	for _, day := range days {
		if found, err = s.pageOf(ctx, w, day.Day, found); err != nil {
			return nil, fmt.Errorf("listing deliveries of %d: %w", day.Day, err)
		}
		if len(found) == w.Limit {
			break
		}
	}
	return found, nil
}

// daysIn are the days of the window that hold anything, in its order.
func (s *Deliveries) daysIn(ctx context.Context, w Window) ([]dayRow, error) {
	above, err := dayOf(w.AboveID)
	if err != nil {
		return nil, err
	}
	below, err := dayOf(w.BelowID)
	if err != nil {
		return nil, err
	}
	rows, _, err := s.days.In(w.Webhook).Range().From(above).To(below).List(ctx, store.Recent)
	if err != nil {
		return nil, fmt.Errorf("listing the days of %s: %w", w.Webhook, err)
	}
	if w.OldestFirst {
		slices.Reverse(rows)
	}
	return rows, nil
}

// pageRows are read at once: a few deliveries with all their attempts.
const pageRows = 256

// pageOf adds a day's deliveries to those found, until there are enough or no more.
func (s *Deliveries) pageOf(
	ctx context.Context, w Window, day int64, found []logic.Delivery,
) ([]logic.Delivery, error) {
	pages := s.deliveries.In(w.Webhook, day).Range().Above(w.AboveID).Below(w.BelowID).Limit(pageRows)
	if w.OldestFirst {
		pages = pages.Backwards()
	}
	var rows []deliveryRow // Of the delivery that is being read.
	end := func() {
		if w.OldestFirst {
			slices.Reverse(rows)
		}
		if d, ok := deliveryOf(rows); ok && len(found) < w.Limit {
			found = append(found, d)
		}
		rows = nil
	}
	for token := ""; ; {
		page, next, err := pages.Resume(token).List(ctx, store.Recent)
		if err != nil {
			return nil, err
		}
		for _, row := range page {
			if len(rows) > 0 && rows[0].ID != row.ID {
				end()
			}
			rows = append(rows, row)
		}
		if token = next; token == "" || len(found) >= w.Limit {
			break
		}
	}
	end()
	return found, nil
}

// Since is how far back deliveries are kept at a time.
func Since(now time.Time) time.Time { return now.Add(-KeptFor) }
