package scenario

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"farthing/client"
	"farthing/cmd/farthing/cardedge"
	"farthing/cmd/farthing/development"
	"farthing/pkg/errs"
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
	is, err := doors.time(ctx)
	if err != nil {
		return err
	}
	run := strings.ToLower(rand.Text()[:8])
	person, err := doors.person(ctx, s.Name+" "+run, s.Balance)
	if err != nil {
		return fmt.Errorf("making the customer: %w", err)
	}
	p := &play{
		Doors: doors, run: run, person: person, card: person.CardID, began: is.Now,
		payments: make(map[string]*payment), ids: make(map[string]string),
	}
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
	began     time.Time
	card, old string // The one in use, and the one that it replaced.
	payments  map[string]*payment
	ids       map[string]string // Of pots, payees and standing orders, by name.
	sent      int
}

// payment is what is known of one outside the bank.
type payment struct {
	name, card      string
	asked           cardedge.Authorisation
	sale            bool
	authorisationID string
	transactionID   string

	refund     cardedge.FollowUp // The message, of a refund or of the promise of one.
	promised   bool
	transferID string // Of one from account to account.
}

// answer is what the bank said to a step.
type answer struct {
	of              *payment
	outcome, reason string
	approved        int64
	cashback        int64
	available       int64 // Of an inquiry, as posted.
	posted          int64
	report          Report
}

// deed is what happens in a step. String says it to whoever watches.
type deed interface {
	fmt.Stringer
	do(ctx context.Context, p *play) (answer, error)
}

// done is the outcome of what has no other.
const done = "done"

// refused is the outcome of what an operator asks for and may not have.
const refused = "refused"

// codeOf is the code with which the operator's doors or the public API have refused something; empty if they have not.
func codeOf(err error) string {
	if coded, ok := errors.AsType[*errs.Error](err); ok {
		return coded.Code
	}
	if answered, ok := errors.AsType[*client.Error](err); ok {
		return answered.Code
	}
	return ""
}

func (p *play) take(ctx context.Context, step Step) (Told, error) {
	told := Told{Say: strings.TrimSpace(step.Say), Did: "look"}
	var got answer
	for _, d := range step.deeds() { // At most one: it was read so.
		told.Did = d.String()
		var err error
		got, err = d.do(ctx, p)
		if code := codeOf(err); code != "" && step.Expect != nil && step.Expect.Outcome == refused {
			got, err = answer{of: got.of, outcome: refused, reason: code}, nil
		}
		if err != nil {
			return told, err
		}
	}
	told.Came = strings.TrimSpace(got.outcome + " " + strings.ReplaceAll(got.reason, "_", " "))
	var err error
	if step.Expect != nil {
		told.Proved, err = p.expect(ctx, *step.Expect, got)
	}
	return told, err
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

// idOf is what the outside world calls what the story calls so.
func (p *play) idOf(name string) string { return p.run + "-" + name }

// nextID is that of what has no name.
func (p *play) nextID() string {
	p.sent++
	return p.idOf(fmt.Sprintf("message-%d", p.sent))
}

// made is the bank's id of something that the story made.
func (p *play) made(what, name string) (string, error) {
	id, ok := p.ids[what+" "+name]
	if !ok {
		return "", fmt.Errorf("there is no %s %q yet", what, name)
	}
	return id, nil
}
