package storage

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"farthing/pkg/store"
)

// Change is what made a version of a pot.
type Change struct {
	Version int64
	At      time.Time
	Moved   bool // Money came in or went out.
}

// Changes are what made the versions of a pot after one, oldest first, at most limit.
func (s *Pots) Changes(ctx context.Context, pot string, after int64, limit int) ([]Change, error) {
	rows, _, err := s.pots.In(pot).Range(int64(rowChanged)).Above(nameOf(after)).Limit(limit).List(ctx, store.Recent)
	if err != nil {
		return nil, fmt.Errorf("reading how %s changed: %w", pot, err)
	}
	changes := make([]Change, len(rows))
	for i, row := range rows {
		version, err := strconv.ParseInt(row.Name, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("reading how %s changed: %w", pot, err)
		}
		changes[i] = Change{version, row.At, row.Way != 0}
	}
	return changes, nil
}

// changeOf is the line of a change.
func changeOf(version int64, at time.Time) potRow {
	return potRow{Kind: rowChanged, Name: nameOf(version), At: at.Truncate(time.Millisecond)}
}

// nameOf is a version as its line is called: lines sort by it.
func nameOf(version int64) string { return fmt.Sprintf("%09d", version) }
