package scenario

import (
	"context"
	"fmt"
	"net/http"

	"farthing/client"
	"farthing/cmd/farthing/cardedge"
	cardsproto "farthing/service.cards/proto"
)

// Control is what the customer wants of the card from now on.
type Control struct {
	Payment       *Pounds  `yaml:"payment"`
	Day           *Pounds  `yaml:"day"`
	Week          *Pounds  `yaml:"week"`
	Month         *Pounds  `yaml:"month"`
	CashDay       *Pounds  `yaml:"cash_day"`
	Block         []string `yaml:"block"` // Kinds of merchants.
	BlockCountry  []string `yaml:"block_country"`
	NoOnline      bool     `yaml:"no_online"`
	NoContactless bool     `yaml:"no_contactless"`
	NoMagstripe   bool     `yaml:"no_magstripe"`
}

// String is it in a line.
func (c *Control) String() string { return "control the card" }

func (c *Control) do(ctx context.Context, p *play) (answer, error) {
	_, err := p.Doors.card(ctx, http.MethodPut, p.card, cardsproto.ControlsPath, cardsproto.ControlsView{
		Payment: minor(c.Payment), Day: minor(c.Day), Week: minor(c.Week), Month: minor(c.Month), CashDay: minor(c.CashDay),
		BlockedMerchants: append([]string{}, c.Block...), BlockedCountries: append([]string{}, c.BlockCountry...),
		OnlineBlocked: c.NoOnline, ContactlessBlocked: c.NoContactless, MagstripeBlocked: c.NoMagstripe,
	})
	return answer{outcome: done}, err
}

func minor(p *Pounds) *int64 { return (*int64)(p) }

// Handling is what is done with the card: "freeze", "thaw", "replace" or "reset_pin".
type Handling string

// String is it in a line.
func (h Handling) String() string {
	if h == "reset_pin" {
		return "reset the card's PIN tries"
	}
	return string(h) + " the card"
}

func (h Handling) do(ctx context.Context, p *play) (answer, error) {
	switch h {
	case "freeze", "thaw":
		status := client.CardStatusActive
		if h == "freeze" {
			status = client.CardStatusInactive
		}
		err := p.api().ToggleCard(ctx, client.ToggleCard{CardID: p.card, Status: status})
		return answer{outcome: done}, err
	case "replace":
		card, err := p.Doors.card(ctx, http.MethodPost, p.card, cardsproto.ReplacementPath, nil)
		p.old, p.card = p.card, card.ID
		return answer{outcome: done}, err
	case "reset_pin":
		_, err := p.Doors.card(ctx, http.MethodPost, p.card, cardsproto.PINResetPath, nil)
		return answer{outcome: done}, err
	}
	return answer{}, fmt.Errorf("a card can be frozen, thawed and replaced, and its PIN reset, and not %q", string(h))
}

// Inquiry asks what the card's account has, as a cash machine does.
type Inquiry struct {
	Verified `yaml:",inline"`
	Repeat   bool `yaml:"repeat"`
}

// String is it in a line.
func (i *Inquiry) String() string { return "ask a cash machine for the balance" }

func (i *Inquiry) do(ctx context.Context, p *play) (answer, error) {
	asked := cardedge.Inquiry{ProcessorID: p.nextID(), CardID: p.card, Verification: i.edge()}
	got, err := untilAnswered(ctx, p.edge().Inquire, asked)
	if err == nil && i.Repeat {
		got, err = untilAnswered(ctx, p.edge().Inquire, asked)
	}
	came := answer{outcome: got.Outcome, reason: got.DeclineReason}
	if got.Available != nil && got.Posted != nil {
		came.available, came.posted = got.Available.Minor, got.Posted.Minor
	}
	return came, err
}
