package cardprocessingproto

import "time"

// StandInsPath is where the admin door shows what was approved in the ledger's place.
const StandInsPath = "/stand-ins"

// StandIns is the policy, and what it approved of late, for operators.
type StandIns struct {
	Rules    []string      `json:"rules"` // All of which a payment must satisfy, in words.
	StandIns []StandInView `json:"stand_ins"`
}

// StandInView is a payment that was approved in the ledger's place. Amounts are minor units.
type StandInView struct {
	AuthorisationID string    `json:"authorisation_id"`
	CardID          string    `json:"card_id"`
	Amount          int64     `json:"amount"`
	Currency        string    `json:"currency"`
	At              time.Time `json:"at"`
	// PostedAs is the authorisation under which the ledger has it: another one if it had declined this one. "" as long as
	// it is still to be posted.
	PostedAs string `json:"posted_as"`
}
