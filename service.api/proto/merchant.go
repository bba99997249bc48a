package apiproto

import (
	"strings"

	transactionsproto "farthing/service.transactions/proto"
)

// Merchant is an expanded merchant as the API shows it.
type Merchant struct {
	ID              string            `json:"id"`
	GroupID         string            `json:"group_id"`
	Name            string            `json:"name"`
	Logo            string            `json:"logo"`
	Emoji           string            `json:"emoji"`
	Category        string            `json:"category"`
	Created         string            `json:"created"`
	Updated         string            `json:"updated"`
	Address         Address           `json:"address"`
	Online          bool              `json:"online"`
	ATM             bool              `json:"atm"`
	DisableFeedback bool              `json:"disable_feedback"`
	SuggestedTags   string            `json:"suggested_tags"`
	Metadata        map[string]string `json:"metadata"`
}

// Address is as much as a card network tells: the town. Where exactly is not known, which the API writes as zeros.
type Address struct {
	Address        string `json:"address"`
	City           string `json:"city"`
	Country        string `json:"country"`
	Latitude       int    `json:"latitude"`
	Longitude      int    `json:"longitude"`
	Postcode       string `json:"postcode"`
	Region         string `json:"region"`
	ShortFormatted string `json:"short_formatted"`
	Formatted      string `json:"formatted"`
	ZoomLevel      int    `json:"zoom_level"`
	Approximate    bool   `json:"approximate"`
}

// townZoom shows a town on a map.
const townZoom = 11

// merchantOf is a transaction's merchant: null until it is enriched, then its id, or all of it.
func merchantOf(m *transactionsproto.Merchant, expanded bool) any {
	switch {
	case m == nil:
		return nil
	case !expanded:
		return m.GetId()
	}
	// A catalogue has no times, but programs read one: the same for ever, and recognisably nobody's.
	unknown := Time(0)
	return Merchant{
		ID: m.GetId(), GroupID: m.GetGroupId(), Name: m.GetName(), Logo: m.GetLogoUrl(), Emoji: m.GetEmoji(),
		Category: m.GetCategory(), Created: unknown, Updated: unknown, Address: addressOf(m), Online: m.GetOnline(),
		ATM: m.GetAtm(), Metadata: map[string]string{},
	}
}

func addressOf(m *transactionsproto.Merchant) Address {
	a := Address{City: m.GetCity(), Country: m.GetCountry(), ZoomLevel: townZoom, Approximate: true}
	a.ShortFormatted = m.GetCity()
	a.Formatted = strings.Trim(m.GetCity()+", "+m.GetCountry(), ", ")
	return a
}
