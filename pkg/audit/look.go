package audit

import (
	"context"
	"time"
)

// looks is how often something is looked at before it is a fault.
const looks = 4

// Persisting is what a look finds of accounts, the first thing of each, and finds again three times more, a second
// apart: what differs between services may be on its way, and a clock that was put forward meanwhile makes it look
// older than it is. Wait is clock.Wait, but in tests.
func Persisting(
	ctx context.Context, accounts []string, look func(context.Context, []string) ([]Fault, error),
	wait func(context.Context, time.Duration) error,
) ([]Fault, error) {
	for n := 1; len(accounts) > 0; n++ {
		found, err := look(ctx, accounts)
		if err != nil || n == looks {
			return found, err
		}
		if accounts = accountsOf(found); len(accounts) == 0 {
			break
		}
		if err := wait(ctx, time.Second); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func accountsOf(faults []Fault) []string {
	accounts := make([]string, len(faults))
	for i, f := range faults {
		accounts[i] = f.Account
	}
	return accounts
}
