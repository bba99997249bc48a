// Package scenario plays stories of an account's life on a bank that runs: each is documentation, demonstration and
// test at once. A story is a YAML file; scenarios/README.md says what may stand in one.
package scenario

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/goccy/go-yaml"

	"farthing/cmd/farthing/cardedge"
	"farthing/pkg/money"
)

// Scenario is one story, with a customer of its own.
type Scenario struct {
	Name    string `yaml:"-"` // Of its file.
	Title   string `yaml:"title"`
	Story   string `yaml:"story"`
	Balance Pounds `yaml:"balance"` // What the customer begins with.
	Steps   []Step `yaml:"steps"`
}

// Step is one thing that happens, and what is then so. Exactly one of the things is set, or nothing but Expect.
type Step struct {
	Say string `yaml:"say"` // Why, for whoever reads along.

	Swipe          *Swipe    `yaml:"swipe"`
	Race           *Race     `yaml:"race"`
	Increment      *FollowUp `yaml:"increment"`
	Advise         *FollowUp `yaml:"advise"`
	Reverse        *FollowUp `yaml:"reverse"`
	Clear          *FollowUp `yaml:"clear"`
	Refund         *FollowUp `yaml:"refund"`
	PromiseRefund  *FollowUp `yaml:"promise_refund"`
	TakeBackRefund *TakeBack `yaml:"take_back_refund"`

	Control *Control `yaml:"control"`
	Card    Handling `yaml:"card"`
	Inquire *Inquiry `yaml:"inquire"`

	Settle  *Settle  `yaml:"settle"`
	Resolve *Resolve `yaml:"resolve"`
	Dispute *Dispute `yaml:"dispute"`

	PayIn         *PayIn         `yaml:"pay_in"`
	Pay           *Pay           `yaml:"pay"`
	CheckPayee    *Payee         `yaml:"check_payee"`
	Payee         *Payee         `yaml:"payee"`
	StandingOrder *StandingOrder `yaml:"standing_order"`
	CancelOrder   CancelOrder    `yaml:"cancel_order"`
	Pot           *Pot           `yaml:"pot"`

	Advance Advance `yaml:"advance"`
	Until   Until   `yaml:"until"`

	Expect *Expect `yaml:"expect"`
}

// deeds are the things that happen in it.
func (s Step) deeds() []deed {
	var set []deed
	add(&set, s.Swipe)
	add(&set, s.Race)
	for route, said := range map[string]*FollowUp{
		"increments": s.Increment, "advices": s.Advise, "reversals": s.Reverse, clearings: s.Clear, refunds: s.Refund,
		promises: s.PromiseRefund,
	} {
		if said != nil {
			set = append(set, message{route, said})
		}
	}
	add(&set, s.TakeBackRefund)
	add(&set, s.Control)
	add(&set, s.Card)
	add(&set, s.Inquire)
	add(&set, s.Settle)
	add(&set, s.Resolve)
	add(&set, s.Dispute)
	add(&set, s.PayIn)
	add(&set, s.Pay)
	if s.CheckPayee != nil {
		set = append(set, check{s.CheckPayee})
	}
	add(&set, s.Payee)
	add(&set, s.StandingOrder)
	add(&set, s.CancelOrder)
	add(&set, s.Pot)
	add(&set, s.Advance)
	add(&set, s.Until)
	return set
}

// add adds what is set.
func add[D interface {
	comparable
	deed
}](set *[]deed, d D) {
	var none D
	if d != none {
		*set = append(*set, d)
	}
}

func (s Step) check() error {
	switch n := len(s.deeds()); {
	case n > 1:
		return errors.New("only one thing may happen in it")
	case n == 0 && s.Expect == nil:
		return errors.New("nothing happens in it, and nothing is expected")
	}
	return nil
}

// Pounds is an amount in pence, written with two decimals.
type Pounds int64

// UnmarshalYAML reads an amount.
func (p *Pounds) UnmarshalYAML(text []byte) error {
	amount, err := money.Parse("amount", unquoted(text), currency)
	*p = Pounds(amount.Minor)
	return err
}

// String is the amount as people write it.
func (p Pounds) String() string { return money.Amount{Minor: int64(p), Currency: currency}.Grouped() }

// edge is the amount as networks have it.
func (p Pounds) edge() *cardedge.Amount { return &cardedge.Amount{Minor: int64(p), Currency: currency} }

// currency is that of every customer.
const currency = "GBP"

// Digits are kept as they are written: 040004 is a sort code, and 12.00 no number.
type Digits string

// UnmarshalYAML keeps them.
func (d *Digits) UnmarshalYAML(text []byte) error {
	*d = Digits(unquoted(text))
	return nil
}

func unquoted(text []byte) string { return strings.Trim(strings.TrimSpace(string(text)), `'"`) }

// Local is what a merchant charges in another currency.
type Local struct {
	Amount   Digits `yaml:"amount"`
	Currency string `yaml:"currency"`
	Rate     Digits `yaml:"rate"` // What one unit of it is in pounds: 0.8512. Nobody says, if it is left out.
}

// edge is the amount as networks have it, nil for none.
func (l *Local) edge() (*cardedge.Amount, error) {
	if l == nil {
		return nil, nil //nolint:nilnil // At home.
	}
	amount, err := money.Parse("local", string(l.Amount), l.Currency)
	return &cardedge.Amount{Minor: amount.Minor, Currency: amount.Currency}, err
}

func (l *Local) rate() string {
	if l == nil {
		return ""
	}
	return string(l.Rate)
}

// Parse reads a story. What it does not know is refused by line and name.
func Parse(name string, text []byte) (*Scenario, error) {
	s := &Scenario{Name: name}
	if err := yaml.UnmarshalWithOptions(text, s, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if s.Title == "" || s.Story == "" || len(s.Steps) == 0 {
		return nil, fmt.Errorf("%s: it must have a title, a story and steps", name)
	}
	for i, step := range s.Steps {
		if err := step.check(); err != nil {
			return nil, fmt.Errorf("%s: step %d: %w", name, i+1, err)
		}
	}
	return s, nil
}

// All are the stories in a folder, by name.
func All(folder fs.FS) ([]*Scenario, error) {
	files, err := fs.Glob(folder, "*.yaml")
	if err != nil {
		return nil, err
	}
	all := make([]*Scenario, len(files))
	for i, file := range files {
		text, err := fs.ReadFile(folder, file)
		if err != nil {
			return nil, err
		}
		if all[i], err = Parse(strings.TrimSuffix(path.Base(file), ".yaml"), text); err != nil {
			return nil, err
		}
	}
	return all, nil
}
