// Package scenario plays stories of a card's life on a bank that runs: each is documentation, demonstration and test at
// once. A story is a YAML file; scenarios/README.md says what may stand in one.
package scenario

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/goccy/go-yaml"

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

	Swipe     *Swipe    `yaml:"swipe"`
	Race      *Race     `yaml:"race"`
	Increment *FollowUp `yaml:"increment"`
	Advise    *FollowUp `yaml:"advise"`
	Reverse   *FollowUp `yaml:"reverse"`
	Clear     *FollowUp `yaml:"clear"`
	Refund    *FollowUp `yaml:"refund"`
	Control   *Control  `yaml:"control"`
	Card      string    `yaml:"card"`    // "freeze", "thaw" or "replace".
	Advance   string    `yaml:"advance"` // By so much: "8d".
	Until     string    `yaml:"until"`   // To the next such time in London: "04:00", "monday 04:00", "1st 04:00".

	Expect *Expect `yaml:"expect"`
}

// Swipe is an authorisation. Its name is what later steps call the payment.
type Swipe struct {
	As      string `yaml:"as"`
	Repeat  string `yaml:"repeat"` // The same message once more, of the payment with this name.
	Amount  Pounds `yaml:"amount"`
	At      string `yaml:"at"` // What the card network calls the merchant.
	MCC     string `yaml:"mcc"`
	Entry   string `yaml:"entry"` // "chip", "contactless", "magstripe" or "online".
	Country string `yaml:"country"`
	Cash    bool   `yaml:"cash"`
	Partial bool   `yaml:"partial"` // The terminal can do with less.
	Advice  bool   `yaml:"advice"`  // The scheme stood in, and has approved it.
	OnOld   bool   `yaml:"on_old"`  // With the card that was replaced.
}

// Race is many swipes at once, all alike.
type Race struct {
	Swipe    `yaml:",inline"`
	Times    int `yaml:"times"`
	Approved int `yaml:"approved"` // How many must be.
}

// FollowUp is what a merchant says of a payment after its authorisation, or of one that never had any.
type FollowUp struct {
	Of          string `yaml:"of"` // The payment, by name; none for one that the bank has to find, or that begins here.
	As          string `yaml:"as"` // The name of one that begins here.
	Repeat      bool   `yaml:"repeat"`
	Amount      Pounds `yaml:"amount"`
	At          string `yaml:"at"`
	MCC         string `yaml:"mcc"`
	MoreFollows bool   `yaml:"more_follows"`
}

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

// Expect is what must be so. What is not set is not looked at.
type Expect struct {
	Of     string `yaml:"of"`      // Which payment; the step's own if not set.
	SameAs string `yaml:"same_as"` // It is the payment with this name.

	// Of the answer.
	Outcome   string  `yaml:"outcome"`
	Reason    string  `yaml:"reason"`
	Approved  *Pounds `yaml:"approved"`
	DecidedBy string  `yaml:"decided_by"` // The check that the explanation ends with.

	// Of the payment, as the card edge shows it.
	Status   string  `yaml:"status"`
	Held     *Pounds `yaml:"held"`
	Cleared  *Pounds `yaml:"cleared"`
	Refunded *Pounds `yaml:"refunded"`

	// Of what the customer sees.
	Balance      *Pounds   `yaml:"balance"`
	SpentToday   *Pounds   `yaml:"spent_today"`
	Amount       *Pounds   `yaml:"amount"` // Of the transaction: negative when money goes out.
	Pending      *bool     `yaml:"pending"`
	Merchant     string    `yaml:"merchant"`
	Feed         *FeedItem `yaml:"feed"`
	Pushed       string    `yaml:"pushed"`       // What the phone says of it.
	Transactions *int      `yaml:"transactions"` // How many the customer has.
}

// FeedItem is what an item of the feed must say.
type FeedItem struct {
	Title  string  `yaml:"title"`
	Body   string  `yaml:"body"`
	Amount *Pounds `yaml:"amount"`
}

// Pounds is an amount in pence, written with two decimals.
type Pounds int64

// UnmarshalYAML reads an amount.
func (p *Pounds) UnmarshalYAML(text []byte) error {
	amount, err := money.Parse("amount", strings.Trim(strings.TrimSpace(string(text)), `'"`), currency)
	*p = Pounds(amount.Minor)
	return err
}

// String is the amount as people write it.
func (p Pounds) String() string { return money.Amount{Minor: int64(p), Currency: currency}.Grouped() }

// currency is that of every customer.
const currency = "GBP"

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

func (s Step) check() error {
	things := 0
	for _, set := range []bool{
		s.Swipe != nil, s.Race != nil, s.Increment != nil, s.Advise != nil, s.Reverse != nil, s.Clear != nil,
		s.Refund != nil, s.Control != nil, s.Card != "", s.Advance != "", s.Until != "",
	} {
		if set {
			things++
		}
	}
	switch {
	case things > 1:
		return errors.New("only one thing may happen in it")
	case things == 0 && s.Expect == nil:
		return errors.New("nothing happens in it, and nothing is expected")
	}
	return nil
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
