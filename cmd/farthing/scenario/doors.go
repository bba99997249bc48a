package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/cardedge"
	"farthing/cmd/farthing/development"
	"farthing/cmd/farthing/web"
	"farthing/pkg/foundation"
	"farthing/service.apns/fakeapple"
	cardprocessingproto "farthing/service.card-processing/proto"
	cardsproto "farthing/service.cards/proto"
)

// Doors are the addresses of a bank in development.
type Doors struct {
	API, CardEdge, Admin string
	ISO8583              string // host:port.
	// Phone is what a phone shows; if nil, the admin door is asked.
	Phone func(device string) []fakeapple.Delivery
	// Patience is how long what comes about by itself may take; half a minute if zero.
	Patience time.Duration
}

func (d Doors) edge() cardedge.Client { return cardedge.Client{Address: d.CardEdge} }

// admin asks the admin door. Bodies are those of web.Send.
func (d Doors) admin(ctx context.Context, method, path string, body, into any) error {
	return web.Send(ctx, nil, method, d.Admin+path, body, into)
}

func (d Doors) person(ctx context.Context, name string, balance Pounds) (development.Person, error) {
	query := url.Values{"name": {name}, "minor": {strconv.FormatInt(int64(balance), 10)}}
	var made development.Person
	err := d.admin(ctx, http.MethodPost, development.PersonPath+"?"+query.Encode(), nil, &made)
	return made, err
}

func (d Doors) card(ctx context.Context, method, id, path string, body any) (cardsproto.CardView, error) {
	var card cardsproto.CardView
	err := d.admin(ctx, method, cardsproto.CardsPath+url.PathEscape(id)+path, body, &card)
	return card, err
}

func (d Doors) explanation(ctx context.Context, authorisation, card string) (cardprocessingproto.Explanation, error) {
	var found cardprocessingproto.Explanation
	err := d.admin(ctx, http.MethodGet, cardprocessingproto.ExplanationsPath+url.PathEscape(authorisation)+
		"?card_id="+url.QueryEscape(card), nil, &found)
	return found, err
}

func (d Doors) time(ctx context.Context) (foundation.Time, error) {
	var told foundation.Time
	err := d.admin(ctx, http.MethodGet, foundation.ClockPath, nil, &told)
	return told, err
}

func (d Doors) move(ctx context.Context, to bank.ClockMove) error {
	return d.admin(ctx, http.MethodPost, foundation.ClockPath, to, &foundation.Time{})
}

// notification is what a phone shows.
type notification struct {
	APS struct {
		Alert struct{ Title, Body string }
	}
	TransactionID string `json:"transaction_id"`
}

func (d Doors) phone(ctx context.Context, device string) ([]notification, error) {
	var shown []fakeapple.Delivery
	if d.Phone != nil {
		shown = d.Phone(device)
	} else if err := d.admin(ctx, http.MethodGet, bank.PhonesPath+url.PathEscape(device), nil, &shown); err != nil {
		return nil, err
	}
	read := make([]notification, len(shown))
	for i, each := range shown {
		if err := json.Unmarshal(each.Payload, &read[i]); err != nil {
			return nil, fmt.Errorf("reading a notification: %w", err)
		}
	}
	return read, nil
}
