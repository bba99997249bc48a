package scenario

import (
	"context"
	"errors"
	"fmt"

	"farthing/cmd/farthing/cardedge"
	"farthing/cmd/farthing/cardline"
	"farthing/service.card-api/iso8583"
)

// authoriseOver asks in ISO 8583, under ids that the payment keeps.
func (p *play) authoriseOver(ctx context.Context, over string, of *payment) (cardedge.Answer, error) {
	if of.asked.Network == nil {
		network, err := p.newNetwork(ctx)
		if err != nil {
			return cardedge.Answer{}, err
		}
		of.asked.Network, of.asked.ProcessorID = &network, ""
	}
	compose := cardline.Authorisation
	if of.sale {
		compose = cardline.Sale
	}
	m, err := compose(of.asked)
	if err != nil {
		return cardedge.Answer{}, err
	}
	return p.tellLine(ctx, over, m)
}

// followOver says a follow-up in ISO 8583.
func (p *play) followOver(ctx context.Context, m message, asked cardedge.FollowUp, of *payment) (answer, error) {
	var original *cardline.Original
	if of.asked.Network != nil {
		original = &cardline.Original{MTI: mtiOf(of), Network: *of.asked.Network, Amount: of.asked.Amount}
	}
	network, err := p.newNetwork(ctx)
	if err != nil {
		return answer{}, err
	}
	asked.Network, asked.ProcessorID = &network, ""
	composed, err := cardline.FollowUp(m.route, asked, original)
	if err != nil {
		return answer{}, err
	}
	got, err := p.tellLine(ctx, m.Over, composed)
	if err == nil && m.Repeat {
		got, err = p.tellLine(ctx, m.Over, composed)
	}
	if err != nil {
		return answer{}, err
	}
	began := *of
	began.authorisationID, began.transactionID = got.AuthorisationID, got.TransactionID
	if m.As != "" {
		p.payments[m.As] = &began
	}
	return answer{of: &began, outcome: got.Outcome, reason: got.DeclineReason}, nil
}

func mtiOf(of *payment) string {
	if of.sale {
		return "0200"
	}
	return "0100"
}

func (p *play) newNetwork(ctx context.Context) (cardedge.Network, error) {
	is, err := p.time(ctx)
	return cardedge.NewNetwork(is.Now), err
}

// tellLine sends one message on a line of its own.
func (p *play) tellLine(ctx context.Context, over string, m iso8583.Message) (answer cardedge.Answer, err error) {
	encoding, known := iso8583.ParseEncoding(over)
	if !known {
		return cardedge.Answer{}, fmt.Errorf("over must be ascii or binary, not %q", over)
	}
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	line, err := cardline.Dial(ctx, p.ISO8583, encoding)
	if err != nil {
		return cardedge.Answer{}, err
	}
	defer func() { err = errors.Join(err, line.Close()) }()
	reply, err := line.Ask(ctx, m)
	if err != nil {
		return cardedge.Answer{}, err
	}
	return cardline.AnswerOf(reply)
}
