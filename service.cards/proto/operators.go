// Package cardsproto is what service.cards answers, to its peers and to operators.
package cardsproto

import "strings"

// CardsPath is where the admin door shows and changes cards, before their id.
const CardsPath = "/cards/"

// What follows the id.
const (
	ControlsPath    = "/controls"
	ReplacementPath = "/replacement"
	PINResetPath    = "/pin-reset"
)

// CardView is a card as operators see it. Amounts are minor units.
type CardView struct {
	ID           string       `json:"id"`
	AccountID    string       `json:"account_id"`
	Status       string       `json:"status"` // "active", "frozen" or "closed".
	LastFour     string       `json:"last_four"`
	ControlSetID string       `json:"control_set_id"`
	PINTriesLeft int          `json:"pin_tries_left"` // 0: it is blocked until it is reset.
	Controls     ControlsView `json:"controls"`
}

// ControlsView is a card's controls. A limit that is null is none.
type ControlsView struct {
	Payment            *int64   `json:"payment"`
	Day                *int64   `json:"day"`
	Week               *int64   `json:"week"`
	Month              *int64   `json:"month"`
	CashDay            *int64   `json:"cash_day"`
	BlockedMerchants   []string `json:"blocked_merchants"`
	BlockedCountries   []string `json:"blocked_countries"`
	OnlineBlocked      bool     `json:"online_blocked"`
	ContactlessBlocked bool     `json:"contactless_blocked"`
	MagstripeBlocked   bool     `json:"magstripe_blocked"`
}

// ViewOf is a card as operators see it.
func ViewOf(c *Card) CardView {
	controls := c.GetControls()
	if controls == nil {
		controls = &Controls{}
	}
	return CardView{
		ID: c.GetId(), AccountID: c.GetAccountId(), LastFour: c.GetLastFour(), ControlSetID: c.GetControlSetId(),
		Status: strings.ToLower(strings.TrimPrefix(c.GetStatus().String(), "STATUS_")),
		Controls: ControlsView{
			Payment: controls.PaymentMinor, Day: controls.DayMinor, Week: controls.WeekMinor, Month: controls.MonthMinor,
			CashDay:          controls.CashDayMinor,
			BlockedMerchants: append([]string{}, controls.GetBlockedMerchants()...),
			BlockedCountries: append([]string{}, controls.GetBlockedCountries()...),
			OnlineBlocked:    controls.GetOnlineBlocked(), ContactlessBlocked: controls.GetContactlessBlocked(),
			MagstripeBlocked: controls.GetMagstripeBlocked(),
		},
	}
}

// Controls is what operators have sent.
func (v ControlsView) Controls() *Controls {
	return &Controls{
		PaymentMinor: v.Payment, DayMinor: v.Day, WeekMinor: v.Week, MonthMinor: v.Month, CashDayMinor: v.CashDay,
		BlockedMerchants: v.BlockedMerchants, BlockedCountries: v.BlockedCountries, OnlineBlocked: v.OnlineBlocked,
		ContactlessBlocked: v.ContactlessBlocked, MagstripeBlocked: v.MagstripeBlocked,
	}
}
