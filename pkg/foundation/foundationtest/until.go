package foundationtest

import (
	"fmt"

	"farthing/pkg/errs"
)

// triesMax is more than any test needs in which one write fails.
const triesMax = 6

// Until repeats an act, as callers do, until it is answered for good: until it was done, or is refused for what it is.
func Until[R any](act func() (R, error)) (R, error) {
	var rsp R
	var err error
	for range triesMax {
		rsp, err = act()
		if !errs.Is(err, errs.Unavailable) && !errs.Is(err, errs.Timeout) && !errs.Is(err, errs.Internal) {
			return rsp, err
		}
	}
	return rsp, fmt.Errorf("%d times: %w", triesMax, err)
}
