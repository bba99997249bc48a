// Package worklist keeps what is to be done by a time, or has been begun and may be left behind, where a sweeper finds
// it: listed under the hour, and struck off when it is done.
//
//	var dueTable = worklist.Table("due") // In the service's Schema.
//	due := worklist.New(dueTable, keyspace)
//
// An item is listed before the work that it stands for is begun, so that nothing is ever begun and not found. A Sweeper
// goes through a list again and again; it does not come back to an hour that it has left more than an hour behind, so
// an item must not be listed under a time that has long passed. Which hours of a day have items is kept too: a sweep
// over a week with nothing in it costs seven reads.
package worklist

import (
	"context"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"farthing/pkg/store"
)

// Row is one item of a list.
type Row struct {
	Shard int64     `store:"1,partition"`
	Hour  time.Time `store:"2,partition"`
	Item  string    `store:"3,clustering"`
}

// shards keep an hour's list from being one partition.
const shards = 4

// Table declares a list's table.
func Table(name string) store.Plain[Row] { return store.PlainTable[Row](name) }

// List is one list in a keyspace.
type List struct {
	keyspace *store.Keyspace
	rows     store.Plain[Row]

	mu    sync.Mutex         // Guards hours.
	hours map[time.Time]bool // That this process knows to be kept.
}

// New is the list of a table in a keyspace.
func New(table store.Plain[Row], k *store.Keyspace) *List {
	return &List{keyspace: k, rows: table.On(k), hours: make(map[time.Time]bool)}
}

// Add lists an item under a time. Repeating it is harmless.
func (l *List) Add(ctx context.Context, at time.Time, item string) error {
	if err := l.keepHour(ctx, at.UTC().Truncate(time.Hour)); err != nil {
		return err
	}
	return l.keyspace.Write(ctx, l.rows.Put(rowOf(at, item)))
}

// hoursMax are remembered; then all are forgotten.
const hoursMax = 1_000

// keepHour writes down that an hour has items, before it has any.
func (l *List) keepHour(ctx context.Context, hour time.Time) error {
	l.mu.Lock()
	known := l.hours[hour]
	l.mu.Unlock()
	if known {
		return nil
	}
	if err := l.keyspace.Write(ctx, l.rows.Put(hourRow(hour))); err != nil {
		return fmt.Errorf("keeping an hour of a list: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.hours) >= hoursMax {
		clear(l.hours)
	}
	l.hours[hour] = true
	return nil
}

// Remove strikes off an item that was listed under the same time. Repeating it is harmless.
func (l *List) Remove(ctx context.Context, at time.Time, item string) error {
	return l.keyspace.Write(ctx, l.rows.Delete(rowOf(at, item)))
}

// Item is something on a list.
type Item struct {
	Hour time.Time // A time to remove it under.
	Name string
}

// Each hands over the items listed in the hours from one time to another, both included, hour by hour, until one
// fails.
func (l *List) Each(ctx context.Context, from, to time.Time, take func(context.Context, Item) error) error {
	first := from.UTC().Truncate(time.Hour)
	for day := first.Truncate(oneDay); !day.After(to); day = day.Add(oneDay) {
		hours, err := l.hoursOf(ctx, day)
		if err != nil {
			return err
		}
		for _, hour := range hours {
			if hour.Before(first) || hour.After(to) {
				continue
			}
			for shard := range int64(shards) {
				if err := l.eachOf(ctx, shard, hour, take); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

const oneDay = 24 * time.Hour

// hoursOf are the hours of a day that have items, or had, in their order.
func (l *List) hoursOf(ctx context.Context, day time.Time) ([]time.Time, error) {
	rows, _, err := l.rows.In(int64(hoursShard), day).Range().List(ctx, store.Recent)
	if err != nil {
		return nil, fmt.Errorf("reading which hours of %v are listed: %w", day, err)
	}
	hours := make([]time.Time, len(rows))
	for i, row := range rows {
		if hours[i], err = time.Parse(time.RFC3339, row.Item); err != nil {
			return nil, fmt.Errorf("reading which hours of %v are listed: %w", day, err)
		}
	}
	return hours, nil
}

func (l *List) eachOf(ctx context.Context, shard int64, hour time.Time, take func(context.Context, Item) error) error {
	for token := ""; ; {
		rows, next, err := l.rows.In(shard, hour).Range().Resume(token).List(ctx, store.Recent)
		if err != nil {
			return fmt.Errorf("reading what is listed under %v: %w", hour, err)
		}
		for _, row := range rows {
			if err := take(ctx, Item{hour, row.Item}); err != nil {
				return err
			}
		}
		if token = next; token == "" {
			return nil
		}
	}
}

func rowOf(at time.Time, item string) Row {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(item)) // A hash never fails.
	return Row{Shard: int64(hash.Sum32() % shards), Hour: at.UTC().Truncate(time.Hour), Item: item}
}

// hoursShard has a partition for each day: its hours with items.
const hoursShard = -2

func hourRow(hour time.Time) Row {
	return Row{Shard: hoursShard, Hour: hour.Truncate(oneDay), Item: hour.Format(time.RFC3339)}
}
