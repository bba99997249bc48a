package logic

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	cardsproto "farthing/service.cards/proto"
)

// MerchantGroups are what a customer can block, each some merchant category codes (ISO 18245).
func MerchantGroups() map[string][]string {
	return map[string][]string{
		"gambling": {"7995", "7800", "7801", "7802", "9406"},
		"adult":    {"5967", "7273"},
		"alcohol":  {"5921", "5813"},
		"crypto":   {"6051"},
	}
}

// BlockedMCCs are the category codes of the merchants that controls block.
func BlockedMCCs(c *cardsproto.Controls) []string {
	if len(c.GetBlockedMerchants()) == 0 {
		return nil
	}
	var blocked []string
	groups := MerchantGroups()
	for _, group := range c.GetBlockedMerchants() {
		blocked = append(blocked, groups[group]...)
	}
	return blocked
}

const countriesMax = 250

// CheckControls refuses what can never be a card's controls, naming the field and the rule.
func CheckControls(c *cardsproto.Controls) error {
	for field, limit := range map[string]*int64{
		"payment_minor": c.PaymentMinor, "day_minor": c.DayMinor, "week_minor": c.WeekMinor, "month_minor": c.MonthMinor,
		"cash_day_minor": c.CashDayMinor,
	} {
		if limit != nil && *limit < 0 {
			return errs.BadParam("controls."+field, "must not be negative")
		}
	}
	groups := MerchantGroups()
	for _, group := range c.GetBlockedMerchants() {
		if groups[group] == nil {
			return errs.BadParam("controls.blocked_merchants", "must be gambling, adult, alcohol or crypto")
		}
	}
	if len(c.GetBlockedCountries()) > countriesMax {
		return errs.BadParam("controls.blocked_countries", "must be at most 250")
	}
	for _, country := range c.GetBlockedCountries() {
		if len(country) != 2 || strings.Trim(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return errs.BadParam("controls.blocked_countries", "must be two capital letters each, ISO 3166-1 alpha-2")
		}
	}
	return nil
}

// Under is the card under other controls, and whether that is a change.
func (c Card) Under(controls *cardsproto.Controls) (Card, bool, error) {
	if c.Status == Closed {
		return c, false, errs.New(errs.PreconditionFailed+".card_closed", "The card is closed")
	}
	wanted := proto.CloneOf(controls)
	slices.Sort(wanted.BlockedMerchants)
	slices.Sort(wanted.BlockedCountries)
	if proto.Equal(c.Controls, wanted) {
		return c, false, nil
	}
	c.Controls = wanted
	c.Version++
	return c, true, nil
}

// setPrefix begins the id of a control set: that of the first card that has it.
const setPrefix = "ctl"

// ControlSetOf is the control set that begins with a card.
func ControlSetOf(cardID string) string {
	_, rest, _ := strings.Cut(cardID, "_")
	return setPrefix + "_" + rest
}
