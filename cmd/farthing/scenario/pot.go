package scenario

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"

	potproto "farthing/service.pot/proto"
)

// Pot is something done with a pot.
type Pot struct {
	Name   string `yaml:"name"`
	Do     string `yaml:"do"` // "create", "deposit", "withdraw" or "delete".
	Amount Pounds `yaml:"amount"`
	Goal   Pounds `yaml:"goal"`
	As     string `yaml:"as"` // The id of a move: one that was made is answered again.
}

// String is it in a line.
func (o *Pot) String() string {
	text := o.Do + " the pot " + o.Name
	if o.Amount != 0 {
		text += ", " + o.Amount.String()
	}
	return text
}

func (o *Pot) do(ctx context.Context, p *play) (answer, error) {
	method, path, body, err := o.request(p)
	if err != nil {
		return answer{}, err
	}
	var pot potproto.View
	if err := p.admin(ctx, method, path, body, &pot); err != nil {
		return answer{}, err
	}
	p.ids["pot "+o.Name] = pot.ID
	return answer{outcome: done}, nil
}

func (o *Pot) request(p *play) (method, path string, body any, err error) {
	id := cmp.Or(p.idOfNamed(o.As), p.nextID())
	if o.Do == "create" {
		return http.MethodPost, potproto.PotsPath, potproto.Making{
			CurrentAccountID: p.person.AccountID, Name: o.Name, Goal: int64(o.Goal), DedupeID: id,
		}, nil
	}
	pot, err := p.made("pot", o.Name)
	path, moving := potproto.PotsPath+"/"+url.PathEscape(pot), potproto.Moving{Amount: int64(o.Amount), DedupeID: id}
	switch {
	case err != nil:
		return "", "", nil, err
	case o.Do == "deposit":
		return http.MethodPut, path + potproto.DepositPath, moving, nil
	case o.Do == "withdraw":
		return http.MethodPut, path + potproto.WithdrawPath, moving, nil
	case o.Do == "delete":
		return http.MethodDelete, path, nil, nil
	}
	return "", "", nil, fmt.Errorf("a pot can be created, filled, emptied and deleted, and not %q", o.Do)
}

// pot is a pot as it is now.
func (p *play) pot(ctx context.Context, name string) (potproto.View, error) {
	id, err := p.made("pot", name)
	if err != nil {
		return potproto.View{}, err
	}
	var found struct {
		Pots []potproto.View `json:"pots"`
	}
	query := url.Values{"current_account_id": {p.person.AccountID}}
	err = p.admin(ctx, http.MethodGet, potproto.PotsPath+"?"+query.Encode(), nil, &found)
	for _, each := range found.Pots {
		if each.ID == id {
			return each, err
		}
	}
	return potproto.View{}, cmp.Or(err, fmt.Errorf("the pot %q is not listed", name))
}
