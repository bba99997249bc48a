package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"farthing/cmd/farthing/clearing"
	"farthing/pkg/clock"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// Settle is the end of a business day: a clearing file of what is due from this story's cards, the oldest first, into
// which so many breaks of each kind are planted, each into a record of its own, in this order.
type Settle struct {
	Missing       int    `yaml:"missing"`
	Duplicate     int    `yaml:"duplicate"`
	WrongAmount   int    `yaml:"wrong_amount"`
	WrongCurrency int    `yaml:"wrong_currency"`
	UnknownCard   int    `yaml:"unknown_card"`
	Stray         string `yaml:"stray"` // The name of what is collected from a card that is nobody's.
}

// Report is what a file came to. What is missing is counted only of this story's payments.
type Report struct {
	Posted        int64 `yaml:"posted"`
	Unmatched     int64 `yaml:"unmatched"`
	Missing       int64 `yaml:"missing"`
	Duplicate     int64 `yaml:"duplicate"`
	WrongAmount   int64 `yaml:"wrong_amount"`
	WrongCurrency int64 `yaml:"wrong_currency"`
	Refused       int64 `yaml:"refused"`
}

// String is it in a line.
func (s *Settle) String() string {
	planted := s.Missing + s.Duplicate + s.WrongAmount + s.WrongCurrency + s.UnknownCard
	return fmt.Sprintf("take the day's clearing file, with %d breaks", planted)
}

func (s *Settle) do(ctx context.Context, p *play) (answer, error) {
	file, err := s.file(ctx, p)
	if err != nil {
		return answer{}, err
	}
	report, err := clearing.Ingest(ctx, p.admin, file, func(cardprocessingproto.ClearingReport) {})
	if err != nil {
		return answer{}, err
	}
	came := answer{outcome: report.State, report: Report{
		Posted: report.Posted, Unmatched: report.Unmatched, Missing: p.missing(report), Duplicate: report.Breaks.Duplicate,
		WrongAmount: report.Breaks.WrongAmount, WrongCurrency: report.Breaks.WrongCurrency, Refused: report.Breaks.Refused,
	}}
	if s.Stray != "" {
		return came, p.nameStray(ctx, s.Stray)
	}
	return came, nil
}

// file is the clearing file.
func (s *Settle) file(ctx context.Context, p *play) ([]byte, error) {
	is, err := p.time(ctx)
	if err != nil {
		return nil, err
	}
	due, err := p.due(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(due, func(a, b cardprocessingproto.Due) int { return a.HeldAt.Compare(b.HeldAt) })
	return clearing.Generate(p.nextID(), is.Now.UTC().Format(time.DateOnly), due, clearing.Breaks{
		Missing: s.Missing, Duplicate: s.Duplicate, WrongAmount: s.WrongAmount, WrongCurrency: s.WrongCurrency,
		UnknownCard: s.UnknownCard,
	})
}

// due is what is due from this story's cards, once all is: a moment after the clock was moved it may not be listed yet.
func (p *play) due(ctx context.Context) ([]cardprocessingproto.Due, error) {
	uncollected, err := p.uncollected(ctx)
	if err != nil {
		return nil, err
	}
	look, cancel := context.WithTimeout(ctx, cmp.Or(p.Patience, soon))
	defer cancel()
	for wait := lookFirst; ; wait = min(2*wait, lookLast) {
		due, err := clearing.Due(look, p.admin)
		due = slices.DeleteFunc(due, func(d cardprocessingproto.Due) bool { return d.CardID != p.card && d.CardID != p.old })
		if err != nil || len(due) >= uncollected || clock.Wait(look, wait) != nil {
			return due, err
		}
	}
}

// uncollected is of how many payments money is held and nothing was collected.
func (p *play) uncollected(ctx context.Context) (int, error) {
	n := 0
	for _, of := range p.payments {
		if of.asked.CardID == "" || of.transactionID == "" {
			continue
		}
		found, err := p.edge().Payment(ctx, of.authorisationID, of.card)
		if err != nil {
			return 0, err
		}
		if found.Held > 0 && found.Cleared == 0 {
			n++
		}
	}
	return n, nil
}

// missing is how many of this story's payments a file does not have.
func (p *play) missing(r cardprocessingproto.ClearingReport) int64 {
	n := int64(0)
	for _, b := range r.List {
		for _, of := range p.payments {
			if b.Kind == "missing" && b.AuthorisationID == of.authorisationID {
				n++
			}
		}
	}
	return n
}

// nameStray gives the newest collection of nobody's card a name.
func (p *play) nameStray(ctx context.Context, name string) error {
	found, err := p.unmatched(ctx, "open", func(u cardprocessingproto.UnmatchedView) bool {
		return u.Reason == "unknown_card"
	})
	if err != nil {
		return err
	}
	if found == nil {
		return errors.New("nothing was collected from a card that is nobody's")
	}
	p.begin(name).authorisationID = found.AuthorisationID
	return nil
}

// unmatched is the newest thing in a state of which something is true, nil for none.
func (p *play) unmatched(
	ctx context.Context, state string, is func(cardprocessingproto.UnmatchedView) bool,
) (*cardprocessingproto.UnmatchedView, error) {
	var found cardprocessingproto.UnmatchedList
	query := url.Values{"state": {state}, "limit": {"500"}}
	err := p.admin(ctx, http.MethodGet, cardprocessingproto.UnmatchedPath+"?"+query.Encode(), nil, &found)
	if i := slices.IndexFunc(found.Unmatched, is); i >= 0 {
		return &found.Unmatched[i], err
	}
	return nil, err
}

// unmatchedOf is what is in the queue of a payment, open or not; nil for nothing.
func (p *play) unmatchedOf(ctx context.Context, of *payment) (*cardprocessingproto.UnmatchedView, error) {
	is := func(u cardprocessingproto.UnmatchedView) bool { return u.AuthorisationID == of.authorisationID }
	if found, err := p.unmatched(ctx, "open", is); found != nil || err != nil {
		return found, err
	}
	return p.unmatched(ctx, "closed", is)
}

// Resolve decides what becomes of what matched nothing.
type Resolve struct {
	Of     string `yaml:"of"`
	Decide string `yaml:"decide"` // "accepted", "attached", "returned" or "written_off".
	To     string `yaml:"to"`     // The payment that it is attached to.
}

// String is it in a line.
func (r *Resolve) String() string { return fmt.Sprintf("decide of %s: %s", r.Of, r.Decide) }

func (r *Resolve) do(ctx context.Context, p *play) (answer, error) {
	of, err := p.named(r.Of)
	if err != nil {
		return answer{}, err
	}
	found, err := p.unmatchedOf(ctx, of)
	if err != nil || found == nil {
		return answer{}, cmp.Or(err, fmt.Errorf("nothing of %q is unmatched", r.Of))
	}
	decision := cardprocessingproto.Decision{Kind: r.Decide, By: teller, Note: "as the story has it"}
	if found.Reason == "unknown_card" && r.Decide == "accepted" {
		decision.CardID = p.card // The one that was meant.
	}
	if r.To != "" {
		to, err := p.named(r.To)
		if err != nil {
			return answer{}, err
		}
		decision.TransactionID = to.transactionID
	}
	path := cardprocessingproto.UnmatchedPath + "/" + found.ID + cardprocessingproto.ResolutionPath
	var resolved cardprocessingproto.UnmatchedView
	err = p.admin(ctx, http.MethodPost, path, decision, &resolved)
	return answer{of: of, outcome: resolved.State}, err
}

// teller is who decides.
const teller = "storyteller"
