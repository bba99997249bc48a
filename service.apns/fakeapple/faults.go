package fakeapple

import (
	"slices"
	"sync"
	"time"

	"farthing/pkg/errs"
)

const maxFaults = 10_000

// Fault makes pushes fail on demand. Among several that fit a push the first injected is used up first.
type Fault struct {
	Device string    `json:"device_token,omitempty"` // Empty: any device.
	Reason Reason    `json:"reason"`
	Times  int       `json:"times,omitempty"` // How many pushes it spoils; zero is all, until the faults are cleared.
	Since  time.Time `json:"since,omitzero"`  // The timestamp of a 410; zero is the time of the answer.
}

func (f Fault) check() error {
	_, known := statuses[f.Reason]
	switch {
	case !known && f.Reason != Hang && f.Reason != LostAnswer:
		return errs.BadParam("reason", "must be one of Apple's reasons, hang or lost_answer")
	case f.Times < 0:
		return errs.BadParam("times", "must not be negative")
	}
	return nil
}

type faults struct {
	mu   sync.Mutex
	list []Fault // Guarded by mu. Short: tests want a few at a time.
}

func (f *faults) add(fault Fault) error {
	if err := fault.check(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.list) >= maxFaults {
		return errs.New(errs.RateLimited, "Too many faults: clear some first")
	}
	f.list = append(f.list, fault)
	return nil
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// take uses up one turn of the first fault that fits the device.
func (f *faults) take(device string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.list, func(fault Fault) bool { return fault.Device == "" || fault.Device == device })
	if i < 0 {
		return Fault{}, false
	}
	fault := f.list[i]
	switch fault.Times {
	case 0:
	case 1:
		f.list = slices.Delete(f.list, i, i+1)
	default:
		f.list[i].Times--
	}
	return fault, true
}
