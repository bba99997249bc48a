package outbox

import (
	"context"

	"farthing/pkg/store"
)

// Kept is how many events of a place are in its keyspace's outbox.
func Kept(ctx context.Context, ks *store.Keyspace, place Place) (int, error) {
	rows, _, err := eventRows.On(ks).In(place.Key, place.Bucket).Range().List(ctx, store.Recent)
	return len(rows), err
}
