package apiproto

import (
	"fmt"

	cardsproto "farthing/service.cards/proto"
)

// The states in which the API shows a card. Lists leave closed ones out: programs would offer to unfreeze them.
const (
	CardActive   = "ACTIVE"
	CardInactive = "INACTIVE" // Frozen.
	CardClosed   = "CLOSED"
)

// Card is one as the API shows it.
type Card struct {
	ID             string `json:"id"`
	ProcessorToken string `json:"processor_token"` // What the card edge takes as card_id.
	Processor      string `json:"processor"`
	AccountID      string `json:"account_id"`
	LastDigits     string `json:"last_digits"`
	Name           string `json:"name"`
	Expires        string `json:"expires"` // "11/2018".
	Status         string `json:"status"`
	Created        string `json:"created"`
}

// CardOf is a card as the API shows it, with the name on it.
func CardOf(c *cardsproto.Card, name string) Card {
	return Card{
		ID: c.GetId(), ProcessorToken: c.GetId(), Processor: "farthing", AccountID: c.GetAccountId(),
		LastDigits: c.GetLastFour(), Name: name,
		Expires: fmt.Sprintf("%02d/%04d", c.GetExpiresMonth(), c.GetExpiresYear()),
		Status:  cardStatus(c.GetStatus()), Created: Time(c.GetCreatedMs()),
	}
}

func cardStatus(s cardsproto.Status) string {
	switch s {
	case cardsproto.Status_STATUS_ACTIVE:
		return CardActive
	case cardsproto.Status_STATUS_CLOSED:
		return CardClosed
	default:
		return CardInactive
	}
}
