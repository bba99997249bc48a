// Package worklist keeps what is to be done by a time, or has been begun and may be left behind, where a sweeper finds
// it: listed under the hour, and struck off when it is done.
//
//	var dueTable = worklist.Table("due") // In the service's Schema.
//	due := worklist.New(dueTable, keyspace)
//
// An item is listed before the work that it stands for is begun, so that nothing is ever begun and not found. A Sweeper
// goes through a list again and again.
package worklist

import (
	"context"
	"fmt"
	"hash/fnv"
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
}

// New is the list of a table in a keyspace.
func New(table store.Plain[Row], k *store.Keyspace) *List { return &List{k, table.On(k)} }

// Add lists an item under a time. Repeating it is harmless.
func (l *List) Add(ctx context.Context, at time.Time, item string) error {
	return l.keyspace.Write(ctx, l.rows.Put(rowOf(at, item)))
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
	for hour := from.UTC().Truncate(time.Hour); !hour.After(to); hour = hour.Add(time.Hour) {
		for shard := range int64(shards) {
			if err := l.eachOf(ctx, shard, hour, take); err != nil {
				return err
			}
		}
	}
	return nil
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
