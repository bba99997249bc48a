package logic

import (
	"fmt"
	"slices"
	"time"

	"farthing/pkg/day"
	balanceproto "farthing/service.balance/proto"
)

// Hold is what is left of one hold after some of its changes. The zero value is a hold that is yet to be made.
type Hold struct {
	Remaining int64  // Minor units that are still set aside.
	Parts     []Part // They together, by the day on which they were set aside.

	// Of the hold's first entry.
	ID, TransactionID string
	ControlSet        string
	Cash              bool
}

// Part is what was set aside on one day, in minor units, and how much of it is cash.
type Part struct {
	Day         day.Day
	Minor, Cash int64
}

// order is what is taken from a hold first. Cash that was handed out does not come back: what is given back is of the
// goods, as far as there are any, and what is collected of the cash.
type order bool

const (
	goodsFirst order = false
	cashFirst  order = true
)

// holdOf is the hold that an entry with this id is of.
func holdOf(id string) string {
	hold, _ := balanceproto.HoldOf(id)
	return hold
}

// after is the hold after an entry of its own. It fails on one that cannot be.
func (h Hold) after(e Entry, london *time.Location) (Hold, error) {
	if e.Kind == Void || e.Kind == Declined {
		return h, nil
	}
	if h.ID == "" {
		h.ID, h.TransactionID, h.ControlSet, h.Cash = holdOf(e.ID), e.TransactionID, e.ControlSet, e.Cash
	}
	if e.HeldChange > 0 {
		cash := Control{Cash: e.Cash, Cashback: e.Cashback}.cashOf(e.HeldChange)
		return h.plus(Part{day.Of(e.At, london), e.HeldChange, cash}), nil
	}
	if -e.HeldChange > h.Remaining {
		return h, fmt.Errorf("%s takes %d of the %d minor units that are left", e.ID, -e.HeldChange, h.Remaining)
	}
	rest, _ := h.minus(-e.HeldChange, order(e.Kind == Cleared))
	return rest, nil
}

func (h Hold) plus(part Part) Hold {
	h.Remaining += part.Minor
	h.Parts = append(slices.Clone(h.Parts), part)
	return h
}

// minus takes from a hold what was added last, and tells from which days.
func (h Hold) minus(minor int64, first order) (rest Hold, taken []Part) {
	h.Remaining -= minor
	h.Parts = slices.Clone(h.Parts)
	for minor > 0 && len(h.Parts) > 0 {
		last := &h.Parts[len(h.Parts)-1]
		some := min(minor, last.Minor)
		cash := max(some-(last.Minor-last.Cash), 0)
		if first == cashFirst {
			cash = min(some, last.Cash)
		}
		taken = append(taken, Part{last.Day, some, cash})
		minor, last.Cash = minor-some, last.Cash-cash
		if last.Minor -= some; last.Minor == 0 {
			h.Parts = h.Parts[:len(h.Parts)-1]
		}
	}
	return h, taken
}
