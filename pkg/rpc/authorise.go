package rpc

import (
	"slices"

	"farthing/pkg/errs"
)

// authorise lets in the callers whom the method's proto names, or anyone if it names none.
func (m *method) authorise(caller string) error {
	if len(m.callers) == 0 || slices.Contains(m.callers, caller) {
		return nil
	}
	return errs.Newf(NotACaller, "%s may not call %s", caller, m.name).With("caller", caller)
}
