package scenario

import (
	"cmp"
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"farthing/cmd/farthing/cardedge"
)

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

	Cashback Pounds `yaml:"cashback"` // Of the amount, the cash beside the purchase.
	Local    *Local `yaml:"local"`
	Over     string `yaml:"over"` // Not by HTTP, but in ISO 8583, in the encoding "ascii" or "binary".
	Sale     bool   `yaml:"sale"` // In ISO 8583, authorised and collected at once.
	Verified `yaml:",inline"`
}

// Verified is what was found of what was presented with the card.
type Verified struct {
	Expiry     string `yaml:"expiry"` // "2029-11".
	CVV        string `yaml:"cvv"`
	Cryptogram string `yaml:"cryptogram"`
	Address    string `yaml:"address"`
	PIN        string `yaml:"pin"`
}

// edge is nil if nothing was presented.
func (v Verified) edge() *cardedge.Verification {
	if v == (Verified{}) {
		return nil
	}
	return &cardedge.Verification{
		Expiry: v.Expiry, CVV: v.CVV, Cryptogram: v.Cryptogram, Address: v.Address, PIN: v.PIN,
	}
}

// String is the swipe in a line.
func (s *Swipe) String() string {
	switch {
	case s.Repeat != "":
		return "repeat " + s.Repeat
	case s.Cashback != 0:
		return fmt.Sprintf("swipe %v at %s, %v of it in cash", s.Amount, s.At, s.Cashback)
	case s.Local != nil:
		return fmt.Sprintf("swipe %v at %s, for %s %s", s.Amount, s.At, s.Local.Currency, s.Local.Amount)
	}
	return fmt.Sprintf("swipe %v at %s", s.Amount, s.At)
}

func (s *Swipe) do(ctx context.Context, p *play) (answer, error) {
	if s.Repeat != "" {
		of, err := p.named(s.Repeat)
		if err != nil {
			return answer{}, err
		}
		return p.authorise(ctx, of, s.Over)
	}
	of := p.begin(cmp.Or(s.As, fmt.Sprintf("swipe-%d", p.sent+1)))
	if s.OnOld {
		of.card = p.old
	}
	var err error
	of.sale = s.Sale
	of.asked, err = s.authorisation(p.idOf(of.name), of.card)
	if err != nil {
		return answer{}, err
	}
	return p.authorise(ctx, of, s.Over)
}

func (s *Swipe) authorisation(processorID, card string) (cardedge.Authorisation, error) {
	asked := cardedge.Authorisation{
		ProcessorID: processorID, CardID: card, Descriptor: s.At, MCC: s.MCC, Amount: *s.Amount.edge(),
		Advice: s.Advice, Partial: s.Partial, EntryMode: s.Entry, Country: s.Country, Cash: s.Cash,
		Rate: s.Local.rate(), Verification: s.Verified.edge(),
	}
	if s.Cashback != 0 {
		asked.Cashback = s.Cashback.edge()
	}
	var err error
	asked.LocalAmount, err = s.Local.edge()
	return asked, err
}

func (p *play) authorise(ctx context.Context, of *payment, over string) (answer, error) {
	ask := p.edge().Authorise
	if over != "" {
		ask = func(ctx context.Context, _ cardedge.Authorisation) (cardedge.Answer, error) {
			return p.authoriseOver(ctx, over, of)
		}
	}
	got, err := untilAnswered(ctx, ask, of.asked)
	if err != nil {
		return answer{}, err
	}
	of.authorisationID, of.transactionID = got.AuthorisationID, got.TransactionID
	came := answer{of: of, outcome: got.Outcome, reason: got.DeclineReason}
	if got.Amount != nil {
		came.approved = got.Amount.Minor
	}
	if got.Cashback != nil {
		came.cashback = got.Cashback.Minor
	}
	return came, nil
}

// Race is many swipes at once, all alike.
type Race struct {
	Swipe    `yaml:",inline"`
	Times    int `yaml:"times"`
	Approved int `yaml:"approved"` // How many must be.
}

// String is the race in a line.
func (r *Race) String() string { return fmt.Sprintf("%d times at once: %v", r.Times, &r.Swipe) }

// do swipes at once, and wants so many approved as it says.
func (r *Race) do(ctx context.Context, p *play) (answer, error) {
	came := make([]answer, r.Times)
	all, ctx := errgroup.WithContext(ctx)
	for i := range came {
		of := p.begin(fmt.Sprintf("%s-%d", cmp.Or(r.As, "race"), i+1))
		var err error
		if of.asked, err = r.authorisation(p.idOf(of.name), p.card); err != nil {
			return answer{}, err
		}
		all.Go(func() (err error) {
			came[i], err = p.authorise(ctx, of, r.Over)
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return answer{}, err
	}
	approved := 0
	for _, each := range came {
		if each.outcome == "approved" {
			approved++
		}
	}
	if approved != r.Approved {
		return answer{}, fmt.Errorf("%d were approved, want %d", approved, r.Approved)
	}
	return answer{outcome: fmt.Sprintf("%d approved, %d declined", approved, r.Times-approved)}, nil
}
