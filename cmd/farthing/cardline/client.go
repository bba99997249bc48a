package cardline

import (
	"context"
	"errors"
	"time"

	"farthing/cmd/farthing/cardedge"
	"farthing/service.card-api/iso8583"
)

// Client asks as cardedge.Client does, over a line of its own for each message.
type Client struct {
	Address  string // "127.0.0.1:8084".
	Encoding iso8583.Encoding
}

// patience is a little more than the bank takes for any answer.
const patience = 2 * time.Second

// Authorise asks for an authorisation. It fails with a coded error if the bank refuses to decide.
func (c Client) Authorise(ctx context.Context, asked cardedge.Authorisation) (answer cardedge.Answer, err error) {
	m, err := Authorisation(asked)
	if err != nil {
		return cardedge.Answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	line, err := Dial(ctx, c.Address, c.Encoding)
	if err != nil {
		return cardedge.Answer{}, err
	}
	defer func() { err = errors.Join(err, line.Close()) }()
	reply, err := line.Ask(ctx, m)
	if err != nil {
		return cardedge.Answer{}, err
	}
	return AnswerOf(reply)
}
