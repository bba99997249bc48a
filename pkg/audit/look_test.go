package audit_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"farthing/pkg/audit"
)

func TestWhatDiffersIsAFaultOnlyIfItStaysSo(t *testing.T) {
	for name, c := range map[string]struct {
		differ [][]string // At each look; the last stays.
		faults []string
		waits  int
	}{
		"nothing differs":        {[][]string{nil}, nil, 0},
		"one that stays":         {[][]string{{"acc_2"}}, []string{"acc_2"}, 3},
		"one that comes":         {[][]string{{"acc_2"}, {"acc_2"}, nil}, nil, 2},
		"one stays, another not": {[][]string{{"acc_1", "acc_3"}, {"acc_3"}}, []string{"acc_3"}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			waits := 0
			look := func(_ context.Context, accounts []string) (found []audit.Fault, _ error) {
				for _, account := range c.differ[min(waits, len(c.differ)-1)] {
					if !slices.Contains(accounts, account) {
						t.Errorf("%s is not looked at any more", account)
					}
					found = append(found, audit.Fault{Account: account})
				}
				return found, nil
			}
			wait := func(context.Context, time.Duration) error { waits++; return nil }
			faults, err := audit.Persisting(t.Context(), []string{"acc_1", "acc_2", "acc_3"}, look, wait)
			var accounts []string
			for _, f := range faults {
				accounts = append(accounts, f.Account)
			}
			if err != nil || !slices.Equal(accounts, c.faults) || waits != c.waits {
				t.Errorf("found %v, %v after %d waits, want %v after %d", accounts, err, waits, c.faults, c.waits)
			}
		})
	}
}

func TestALookThatFailsFindsNothing(t *testing.T) {
	away := errors.New("away")
	look := func(context.Context, []string) ([]audit.Fault, error) { return nil, away }
	if _, err := audit.Persisting(t.Context(), []string{"acc_1"}, look, nil); !errors.Is(err, away) {
		t.Errorf("got %v", err)
	}
}
