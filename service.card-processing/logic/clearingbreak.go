package logic

import (
	"fmt"
	"slices"
	"time"

	moneyproto "farthing/pkg/money/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// Short names of breaks.
const (
	breakMissing       = cardprocessingproto.BreakKind_BREAK_KIND_MISSING
	breakDuplicate     = cardprocessingproto.BreakKind_BREAK_KIND_DUPLICATE
	breakWrongAmount   = cardprocessingproto.BreakKind_BREAK_KIND_WRONG_AMOUNT
	breakWrongCurrency = cardprocessingproto.BreakKind_BREAK_KIND_WRONG_CURRENCY
	breakRefused       = cardprocessingproto.BreakKind_BREAK_KIND_REFUSED
)

// EndOf is when a business date ends, at midnight in UTC.
func EndOf(date string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading a business date: %w", err)
	}
	return day.AddDate(0, 0, 1), nil
}

// DueOf is a payment of which money is held and of which nothing was collected; nil if it is not so. One of which the
// scheme has said something that is on suspense is not due: it was not left out. It is again once that was sent back,
// or was of another payment.
func DueOf(p *cardprocessingproto.Payment) *cardprocessingproto.Payment {
	if p.GetHeldMinor() == 0 || p.GetClearedMinor() > 0 || p.GetPending() != nil ||
		slices.ContainsFunc(p.GetUnmatched(), stays) {
		return nil
	}
	return p
}

// stays tells whether something unmatched is, or may still be, this payment's collection.
func stays(u *cardprocessingproto.Unmatched) bool {
	if u.GetState() != cardprocessingproto.UnmatchedState_UNMATCHED_STATE_RESOLVED {
		return true
	}
	kind := u.GetResolution().GetKind()
	return kind != cardprocessingproto.ResolutionKind_RESOLUTION_KIND_RETURNED &&
		kind != cardprocessingproto.ResolutionKind_RESOLUTION_KIND_ATTACHED
}

// MissingOf is what was authorised and a file does not have.
func MissingOf(p *cardprocessingproto.Payment) *cardprocessingproto.Break {
	return &cardprocessingproto.Break{
		Kind: breakMissing, AuthorisationId: p.GetId(),
		Amount: &moneyproto.Money{Minor: p.GetHeldMinor(), Currency: p.GetCurrency()},
	}
}

// Repeated is a record that came before in its file.
func Repeated(line Line) *cardprocessingproto.ClearingOutcome {
	return broken(breakOf(line, breakDuplicate, "the record is in the file twice"))
}

// Refused is a record that was not posted: its id, or that of its original, stands for something else.
func Refused(line Line, code string) *cardprocessingproto.ClearingOutcome {
	return broken(breakOf(line, breakRefused, code))
}

func broken(b *cardprocessingproto.Break) *cardprocessingproto.ClearingOutcome {
	return &cardprocessingproto.ClearingOutcome{Breaks: []*cardprocessingproto.Break{b}}
}

func breakOf(line Line, kind cardprocessingproto.BreakKind, detail string) *cardprocessingproto.Break {
	return &cardprocessingproto.Break{
		Kind: kind, Line: line.Number, RecordId: line.RecordID, Amount: line.Amount.proto(), Detail: detail,
	}
}

// Became is what became of a record that is an event of a payment now. What another file or a message had posted before
// is that one's affair.
func Became(
	line Line, p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent, digest string,
) *cardprocessingproto.ClearingOutcome {
	if e.GetClearingFile() != digest {
		return &cardprocessingproto.ClearingOutcome{AlreadyPosted: 1}
	}
	o := &cardprocessingproto.ClearingOutcome{Posted: 1}
	u := e.GetUnmatched()
	if u == nil {
		return o
	}
	kind := map[cardprocessingproto.UnmatchedReason]cardprocessingproto.BreakKind{
		Duplicate: breakDuplicate, BeyondTolerance: breakWrongAmount, WrongCurrency: breakWrongCurrency,
	}[u.GetDoubt().GetReason()]
	if kind == 0 {
		o.Unmatched = 1
		return o
	}
	b := breakOf(line, kind, detailOf(p, u))
	b.AuthorisationId, b.UnmatchedId = p.GetId(), u.GetId()
	o.Breaks = append(o.Breaks, b)
	return o
}

func detailOf(p *cardprocessingproto.Payment, u *cardprocessingproto.Unmatched) string {
	switch u.GetDoubt().GetReason() {
	case BeyondTolerance:
		return fmt.Sprintf("%d minor units were authorised", p.GetAuthorisedMinor())
	case WrongCurrency:
		return "the account is in " + p.GetCurrency()
	default:
		return "the same was collected before"
	}
}

// Together is what became of some records.
func Together(each []*cardprocessingproto.ClearingOutcome) *cardprocessingproto.ClearingOutcome {
	all := &cardprocessingproto.ClearingOutcome{}
	for _, o := range each {
		all.Posted += o.GetPosted()
		all.AlreadyPosted += o.GetAlreadyPosted()
		all.Unmatched += o.GetUnmatched()
		all.Breaks = append(all.Breaks, o.GetBreaks()...)
	}
	return all
}
