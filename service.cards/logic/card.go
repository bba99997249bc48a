// Package logic is what a card is, and what may become of it.
package logic

import (
	"time"

	"farthing/pkg/errs"
	cardsproto "farthing/service.cards/proto"
)

// Status is whether a card may pay. Its numbers are those of cards.v1.Status, and are stored.
type Status int64

// The states of a card.
const (
	Active Status = 1
	Frozen Status = 2 // By its customer, who may undo it.
	Closed Status = 3 // For ever.
)

// Month is a month of a year, such as the one in which a card expires.
type Month struct {
	Year  int
	Month time.Month
}

// Card is all that anybody but the vault knows of a card.
type Card struct {
	ID       string // card_…
	Account  string
	User     string
	LastFour string
	Expires  Month // The last month in which it may pay.
	Status   Status
	Version  int64 // 1 when issued; each change adds 1.
	Created  time.Time

	ControlSet string // ctl_…: whose spending counts together.
	Controls   *cardsproto.Controls
}

// yearsValid is how long a card may pay.
const yearsValid = 3

// ExpiryOf is the last month in which a card may pay that is issued at a time.
func ExpiryOf(issued time.Time) Month {
	issued = issued.UTC()
	return Month{issued.Year() + yearsValid, issued.Month()}
}

// In is the card in a status, and whether that is a change. Out of closed no way leads:
// precondition_failed.card_closed.
func (c Card) In(status Status) (Card, bool, error) {
	if c.Status == status {
		return c, false, nil
	}
	if c.Status == Closed {
		return c, false, errs.New(errs.PreconditionFailed+".card_closed", "The card is closed")
	}
	c.Status = status
	c.Version++
	return c, true, nil
}
