package newcomer

import (
	"fmt"

	"farthing/pkg/errs"
)

// insistences is how often a bank on a busy machine is asked.
const insistences = 5

// Insist asks again, under the same ids, for what was not done or what nobody knows the outcome of: a repeat must be
// harmless. What was refused for what it is stays refused.
func Insist(ask func() error) error {
	var err error
	for range insistences {
		if err = ask(); !errs.Is(err, errs.Timeout) && !errs.Is(err, errs.Unavailable) {
			return err
		}
	}
	return fmt.Errorf("asked %d times: %w", insistences, err)
}
