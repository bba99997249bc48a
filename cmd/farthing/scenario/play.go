package scenario

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/sync/errgroup"

	"farthing/cmd/farthing/bank"
	"farthing/cmd/farthing/cardedge"
	"farthing/cmd/farthing/development"
	cardsproto "farthing/service.cards/proto"
)

// Told is what a step came to, for whoever watches.
type Told struct {
	Say    string `json:"say,omitempty"`
	Did    string `json:"did"`
	Came   string `json:"came,omitempty"`
	Proved int    `json:"proved"` // How many things were expected, and so.
}

// Play plays a story on a bank, with a customer of its own, and reports each step. It fails with the first thing that
// is not as expected. Business time only moves on: stories are played one after another.
func Play(ctx context.Context, doors Doors, s *Scenario, report func(Told)) error {
	run := strings.ToLower(rand.Text()[:8])
	person, err := doors.person(ctx, s.Name+" "+run, s.Balance)
	if err != nil {
		return fmt.Errorf("making the customer: %w", err)
	}
	p := &play{Doors: doors, run: run, person: person, card: person.CardID, payments: make(map[string]*payment)}
	for i, step := range s.Steps {
		told, err := p.take(ctx, step)
		if err != nil {
			return fmt.Errorf("step %d (%s): %w", i+1, told.Did, err)
		}
		report(told)
	}
	return nil
}

// play is a story under way.
type play struct {
	Doors

	run       string
	person    development.Person
	card, old string // The one in use, and the one that it replaced.
	payments  map[string]*payment
	sent      int
}

// payment is what the merchant knows of one.
type payment struct {
	name, card      string
	asked           cardedge.Authorisation
	authorisationID string
	transactionID   string
}

// answer is what the bank said to a step.
type answer struct {
	of              *payment
	outcome, reason string
	approved        int64
}

func (p *play) take(ctx context.Context, step Step) (Told, error) {
	told := Told{Say: strings.TrimSpace(step.Say)}
	var got answer
	var err error
	told.Did, got, err = p.act(ctx, step)
	if err != nil {
		return told, err
	}
	told.Came = strings.TrimSpace(got.outcome + " " + strings.ReplaceAll(got.reason, "_", " "))
	if step.Expect != nil {
		told.Proved, err = p.expect(ctx, *step.Expect, got)
	}
	return told, err
}

func (p *play) act(ctx context.Context, step Step) (string, answer, error) {
	switch {
	case step.Swipe != nil:
		got, err := p.swipe(ctx, *step.Swipe)
		return step.Swipe.String(), got, err
	case step.Race != nil:
		got, err := p.race(ctx, *step.Race)
		return fmt.Sprintf("%d times at once: %s", step.Race.Times, step.Race.Swipe), got, err
	case step.Control != nil:
		return "control the card", answer{}, p.control(ctx, *step.Control)
	case step.Card != "":
		return step.Card + " the card", answer{}, p.handleCard(ctx, step.Card)
	case step.Advance != "":
		return "advance the clock by " + step.Advance, answer{}, p.advance(ctx, step.Advance)
	case step.Until != "":
		return "advance the clock to " + step.Until, answer{}, p.advanceUntil(ctx, step.Until)
	}
	for route, said := range map[string]*FollowUp{
		"increments": step.Increment, "advices": step.Advise, "reversals": step.Reverse, "clearings": step.Clear,
		"refunds": step.Refund,
	} {
		if said != nil {
			got, err := p.follow(ctx, route, *said)
			return strings.TrimSuffix(route, "s") + said.String(), got, err
		}
	}
	return "look", answer{}, nil
}

// String is the swipe in a line.
func (s Swipe) String() string {
	if s.Repeat != "" {
		return "repeat " + s.Repeat
	}
	return fmt.Sprintf("swipe %v at %s", s.Amount, s.At)
}

// String is what is said in a line, after what kind of thing it is.
func (f FollowUp) String() string {
	text := ""
	if f.Of != "" {
		text = " of " + f.Of
	} else if f.At != "" {
		text = " at " + f.At
	}
	if f.Amount != 0 {
		text += ", " + f.Amount.String()
	}
	return text
}

func (p *play) swipe(ctx context.Context, s Swipe) (answer, error) {
	if s.Repeat != "" {
		of, err := p.named(s.Repeat)
		if err != nil {
			return answer{}, err
		}
		return p.authorise(ctx, of)
	}
	of := p.begin(cmp.Or(s.As, fmt.Sprintf("swipe-%d", p.sent+1)))
	if s.OnOld {
		of.card = p.old
	}
	of.asked = cardedge.Authorisation{
		ProcessorID: p.idOf(of.name), CardID: of.card, Descriptor: s.At, MCC: s.MCC,
		Amount: cardedge.Amount{Minor: int64(s.Amount), Currency: currency},
		Advice: s.Advice, Partial: s.Partial, EntryMode: s.Entry, Country: s.Country, Cash: s.Cash,
	}
	return p.authorise(ctx, of)
}

// begin is a payment with a name, new unless a message of it came first.
func (p *play) begin(name string) *payment {
	if p.payments[name] == nil {
		p.payments[name] = &payment{name: name, card: p.card}
	}
	p.sent++
	return p.payments[name]
}

func (p *play) named(name string) (*payment, error) {
	if p.payments[name] == nil {
		return nil, fmt.Errorf("there is no payment %q yet", name)
	}
	return p.payments[name], nil
}

func (p *play) idOf(name string) string { return p.run + "-" + name }

func (p *play) authorise(ctx context.Context, of *payment) (answer, error) {
	got, err := p.edge().Authorise(ctx, of.asked)
	if err != nil {
		return answer{}, err
	}
	of.authorisationID, of.transactionID = got.AuthorisationID, got.TransactionID
	came := answer{of: of, outcome: got.Outcome, reason: got.DeclineReason}
	if got.Amount != nil {
		came.approved = got.Amount.Minor
	}
	return came, nil
}

// race swipes at once, and wants so many approved as it says.
func (p *play) race(ctx context.Context, r Race) (answer, error) {
	came := make([]answer, r.Times)
	all, ctx := errgroup.WithContext(ctx)
	payments := make([]*payment, r.Times)
	for i := range payments {
		payments[i] = p.begin(fmt.Sprintf("%s-%d", cmp.Or(r.As, "race"), i+1))
		payments[i].asked = cardedge.Authorisation{
			ProcessorID: p.idOf(payments[i].name), CardID: p.card, Descriptor: r.At, MCC: r.MCC,
			Amount: cardedge.Amount{Minor: int64(r.Amount), Currency: currency}, Cash: r.Cash,
		}
		all.Go(func() (err error) {
			came[i], err = p.authorise(ctx, payments[i])
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

func (p *play) follow(ctx context.Context, route string, f FollowUp) (answer, error) {
	p.sent++
	of := &payment{name: f.As, card: p.card}
	asked := cardedge.FollowUp{
		ProcessorID: p.idOf(fmt.Sprintf("message-%d", p.sent)), Descriptor: f.At, MCC: f.MCC, MoreFollows: f.MoreFollows,
	}
	if f.Of != "" {
		of = p.begin(f.Of)
		asked.Original = &cardedge.Original{ProcessorID: p.idOf(of.name)}
		if of.asked.ProcessorID == "" && of.authorisationID != "" { // It began without an authorisation.
			asked.Original = &cardedge.Original{AuthorisationID: of.authorisationID}
		}
		if asked.Descriptor == "" && (route == "clearings" || route == "refunds") {
			asked.Descriptor, asked.MCC = of.asked.Descriptor, of.asked.MCC
		}
	}
	if f.Amount != 0 {
		asked.Amount = &cardedge.Amount{Minor: int64(f.Amount), Currency: currency}
	}
	asked.CardID = of.card
	got, err := p.edge().Follow(ctx, route, asked)
	if err == nil && f.Repeat {
		got, err = p.edge().Follow(ctx, route, asked)
	}
	if err != nil {
		return answer{}, err
	}
	of.authorisationID, of.transactionID = got.Payment.AuthorisationID, got.Payment.TransactionID
	if f.As != "" {
		p.payments[f.As] = of
	}
	if got.Event.TransactionID != "" { // What is expected of this step is expected of what it began.
		began := *of
		began.transactionID = got.Event.TransactionID
		of = &began
	}
	return answer{of: of, outcome: got.Outcome, reason: got.DeclineReason}, nil
}

func (p *play) control(ctx context.Context, c Control) error {
	_, err := p.Doors.card(ctx, http.MethodPut, p.card, cardsproto.ControlsPath, cardsproto.ControlsView{
		Payment: minor(c.Payment), Day: minor(c.Day), Week: minor(c.Week), Month: minor(c.Month), CashDay: minor(c.CashDay),
		BlockedMerchants: append([]string{}, c.Block...), BlockedCountries: append([]string{}, c.BlockCountry...),
		OnlineBlocked: c.NoOnline, ContactlessBlocked: c.NoContactless, MagstripeBlocked: c.NoMagstripe,
	})
	return err
}

func minor(p *Pounds) *int64 { return (*int64)(p) }

func (p *play) handleCard(ctx context.Context, what string) error {
	switch what {
	case "freeze", "thaw":
		status := map[string]string{"freeze": "INACTIVE", "thaw": "ACTIVE"}[what]
		form := url.Values{"card_id": {p.card}, "status": {status}}
		body := strings.NewReader(form.Encode())
		return ask(ctx, http.MethodPut, p.API+"/card/toggle", body, p.person.AccessToken, &struct{}{})
	case "replace":
		card, err := p.Doors.card(ctx, http.MethodPost, p.card, cardsproto.ReplacementPath, nil)
		p.old, p.card = p.card, card.ID
		return err
	}
	return fmt.Errorf("a card can be frozen, thawed and replaced, and not %q", what)
}

func (p *play) advance(ctx context.Context, by string) error {
	d, err := ParseDuration(by)
	if err != nil {
		return err
	}
	is, err := p.time(ctx)
	if err != nil {
		return err
	}
	return p.move(ctx, bank.ClockMove{Ahead: is.Ahead + d})
}

func (p *play) advanceUntil(ctx context.Context, text string) error {
	is, err := p.time(ctx)
	if err != nil {
		return err
	}
	then, err := next(text, is.Now)
	if err != nil {
		return err
	}
	return p.move(ctx, bank.ClockMove{Ahead: is.Ahead + then.Sub(is.Now)})
}
