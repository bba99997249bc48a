package books

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"farthing/pkg/audit"
	"farthing/pkg/clock"
	balanceproto "farthing/service.balance/proto"
)

// reading is how much less than nothing all accounts have, and the journal that is under way.
type reading struct {
	missing int64
	journal string
}

// saying are books that say this at each reading, the last of it ever after, and how often they were read.
func saying(readings []reading) (b Books, read *int) {
	read = new(int)
	now := func() reading { return readings[min(*read, len(readings))-1] }
	return Books{Ask: func(_ context.Context, path string) (page audit.Page, err error) {
		switch where, _, _ := strings.Cut(path, "?"); where {
		case balanceproto.AuditAccountsPath:
			*read++
			page.Posted = map[string]int64{"GBP": -now().missing}
		case balanceproto.AuditJournalsPath:
			if id := now().journal; id != "" {
				page.UnderWay = []string{id}
			}
		}
		return page, nil
	}}, read
}

func TestASumIsWrongOnceNothingUnderWayExplainsIt(t *testing.T) {
	busy := []reading{{22, "a"}, {22, "b"}, {22, "c"}, {22, "d"}, {22, "e"}}
	behind := func(then reading) []reading { return append(slices.Repeat([]reading{{22, "a"}}, 6), then) }
	for name, c := range map[string]struct {
		readings []reading
		read     int
		took     time.Duration
		faults   bool
	}{
		"it adds up":                    {[]reading{{0, "a"}}, 1, 0, false},
		"it was on its way":             {[]reading{{22, ""}, {0, ""}}, 2, time.Second, false},
		"others are on their way":       {[]reading{{22, ""}, {7, ""}}, 2, time.Second, false},
		"it stays so":                   {[]reading{{22, ""}}, 4, 3 * time.Second, true},
		"others come and go":            {busy, 4, 3 * time.Second, true},
		"it is finished after a while":  {behind(reading{0, ""}), 7, 17 * time.Second, false},
		"it is finished, and not why":   {behind(reading{22, ""}), 7, 17 * time.Second, true},
		"it is never finished any more": {[]reading{{22, "a"}}, 10, 125 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, read := saying(c.readings)
				watch := clock.Start()
				_, faults, err := b.Audit(t.Context())
				if err != nil || *read != c.read || watch.Elapsed() != c.took || (len(faults) > 0) != c.faults {
					t.Errorf("got %v, %v after %d readings in %v, want faults %v after %d in %v", faults, err, *read,
						watch.Elapsed(), c.faults, c.read, c.took)
				}
			})
		})
	}
}
