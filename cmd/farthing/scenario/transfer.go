package scenario

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	paymentproto "farthing/service.payment/proto"
)

// Who pays in, and where everybody else banks, unless the story says so.
const (
	employer       = "Analytical Engines Ltd"
	employerNumber = "18151210"
	otherBank      = "040004"
)

// PayIn is money that comes in from another bank.
type PayIn struct {
	As        string `yaml:"as"`
	Amount    Pounds `yaml:"amount"`
	From      string `yaml:"from"`
	Reference string `yaml:"reference"`
	Repeat    bool   `yaml:"repeat"`
}

// String is it in a line.
func (i *PayIn) String() string {
	return fmt.Sprintf("%v comes in from %s", i.Amount, cmp.Or(i.From, employer))
}

func (i *PayIn) do(ctx context.Context, p *play) (answer, error) {
	return p.transfer(ctx, paymentproto.PayInPath, i.As, i.Repeat, paymentproto.Paying{
		Name: cmp.Or(i.From, employer), SortCode: otherBank, AccountNumber: employerNumber, Reference: i.Reference,
		Amount: int64(i.Amount),
	})
}

// Pay is a payment to an account: a payee's, or one that is named. What happens to it at another bank hangs on how the
// number ends; service.payment's README says how.
type Pay struct {
	As        string `yaml:"as"`
	Amount    Pounds `yaml:"amount"`
	Reference string `yaml:"reference"`
	Repeat    bool   `yaml:"repeat"`
	To        string `yaml:"to"` // A payee.
	Party     `yaml:",inline"`
}

// Party is an account at another bank.
type Party struct {
	Name   string `yaml:"name"`
	Number Digits `yaml:"number"`
}

// String is it in a line.
func (y *Pay) String() string { return fmt.Sprintf("pay %v to %s", y.Amount, cmp.Or(y.To, y.Name)) }

func (y *Pay) do(ctx context.Context, p *play) (answer, error) {
	paying, err := p.paying(y.To, y.Party)
	if err != nil {
		return answer{}, err
	}
	paying.Amount, paying.Reference = int64(y.Amount), y.Reference
	return p.transfer(ctx, paymentproto.PaymentsPath, y.As, y.Repeat, paying)
}

// paying is whom to pay: the payee with a name, or whoever is told.
func (p *play) paying(to string, party Party) (paymentproto.Paying, error) {
	if to != "" {
		payee, err := p.made("payee", to)
		return paymentproto.Paying{PayeeID: payee}, err
	}
	return paymentproto.Paying{Name: party.Name, SortCode: otherBank, AccountNumber: string(party.Number)}, nil
}

func (p *play) transfer(
	ctx context.Context, path, as string, repeat bool, paying paymentproto.Paying,
) (answer, error) {
	paying.AccountID, paying.Currency = p.person.AccountID, currency
	paying.DedupeID = cmp.Or(p.idOfNamed(as), p.nextID())
	var paid paymentproto.PaymentView
	err := p.admin(ctx, http.MethodPost, path, paying, &paid)
	if err == nil && repeat {
		err = p.admin(ctx, http.MethodPost, path, paying, &paid)
	}
	if err != nil {
		return answer{}, err
	}
	of := &payment{name: as, transferID: paid.ID, transactionID: paid.TransactionID}
	if as != "" {
		p.payments[as] = of
	}
	return answer{of: of, outcome: paid.State, reason: paid.Reason}, nil
}

// Payee is somebody whom the customer is going to pay again.
type Payee struct {
	As    string `yaml:"as"`
	Party `yaml:",inline"`
}

// String is it in a line.
func (y *Payee) String() string { return "keep " + y.Name + " as a payee" }

func (y *Payee) view(user string) paymentproto.PayeeView {
	return paymentproto.PayeeView{UserID: user, Name: y.Name, SortCode: otherBank, AccountNumber: string(y.Number)}
}

func (y *Payee) do(ctx context.Context, p *play) (answer, error) {
	var made paymentproto.PayeeView
	err := p.admin(ctx, http.MethodPost, paymentproto.PayeesPath, y.view(p.person.UserID), &made)
	p.ids["payee "+y.As] = made.ID
	return answer{outcome: done}, err
}

// check is the confirmation of a payee, before it is one.
type check struct{ *Payee }

// String is it in a line.
func (c check) String() string { return "check the name " + c.Name }

// do answers how the name compares, and in place of a reason the name that the account has, if it is close.
func (c check) do(ctx context.Context, p *play) (answer, error) {
	var found paymentproto.NameCheckView
	err := p.admin(ctx, http.MethodPost, paymentproto.NameCheckPath, c.view(""), &found)
	return answer{outcome: found.Match, reason: found.Name}, err
}

// StandingOrder has something paid again and again.
type StandingOrder struct {
	As        string `yaml:"as"`
	Amount    Pounds `yaml:"amount"`
	Reference string `yaml:"reference"`
	Every     string `yaml:"every"` // "week"; otherwise a month.
	Day       int32  `yaml:"day"`   // Of the month; that of the first date if it is left out.
	First     string `yaml:"first"` // The next such day: "monday", "1st", "last".
	To        string `yaml:"to"`
	Party     `yaml:",inline"`
}

// String is it in a line.
func (o *StandingOrder) String() string {
	return fmt.Sprintf("order %v to %s every %s", o.Amount, cmp.Or(o.To, o.Name), cmp.Or(o.Every, "month"))
}

func (o *StandingOrder) do(ctx context.Context, p *play) (answer, error) {
	is, err := p.time(ctx)
	if err != nil {
		return answer{}, err
	}
	first, err := next(o.First+" 06:00", is.Now)
	if err != nil {
		return answer{}, err
	}
	asked, err := p.paying(o.To, o.Party)
	if err != nil {
		return answer{}, err
	}
	asked.AccountID, asked.Amount, asked.Currency = p.person.AccountID, int64(o.Amount), currency
	asked.Reference, asked.DedupeID = o.Reference, p.idOf(o.As)
	asked.Frequency, asked.Day = cmp.Or(o.Every, "month")+"ly", o.Day
	asked.FirstDate = first.Format(time.DateOnly)
	var made paymentproto.OrderView
	err = p.admin(ctx, http.MethodPost, paymentproto.StandingOrdersPath, asked, &made)
	p.ids["standing order "+o.As] = made.ID
	return answer{outcome: made.State}, err
}

// CancelOrder ends the standing order with this name.
type CancelOrder string

// String is it in a line.
func (c CancelOrder) String() string { return "cancel the standing order " + string(c) }

func (c CancelOrder) do(ctx context.Context, p *play) (answer, error) {
	id, err := p.made("standing order", string(c))
	if err != nil {
		return answer{}, err
	}
	var ended paymentproto.OrderView
	path := paymentproto.StandingOrdersPath + "/" + url.PathEscape(id)
	err = p.admin(ctx, http.MethodDelete, path, nil, &ended)
	return answer{outcome: ended.State}, err
}

// order is a standing order as it is now.
func (p *play) order(ctx context.Context, name string) (paymentproto.OrderView, error) {
	id, err := p.made("standing order", name)
	if err != nil {
		return paymentproto.OrderView{}, err
	}
	var found struct {
		Orders []paymentproto.OrderView `json:"standing_orders"`
	}
	query := url.Values{"account_id": {p.person.AccountID}}
	err = p.admin(ctx, http.MethodGet, paymentproto.StandingOrdersPath+"?"+query.Encode(), nil, &found)
	for _, each := range found.Orders {
		if each.ID == id {
			return each, err
		}
	}
	return paymentproto.OrderView{}, cmp.Or(err, fmt.Errorf("the standing order %q is not listed", name))
}
