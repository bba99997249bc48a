package logic

import (
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	moneyproto "farthing/pkg/money/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// FollowUp is a message about a payment, after its authorisation.
type FollowUp struct {
	Message     *cardprocessingproto.Message
	Original    *cardprocessingproto.Original
	Amount      *moneyproto.Money
	LocalAmount *moneyproto.Money
	Rate        string
	Descriptor  string
	MCC         string
	MoreFollows bool
	OnlyHeld    bool

	// The refund that it is about, and the authorisation of that; nil for none.
	Refund, RefundAuthorisation *cardprocessingproto.Named
}

// CheckReverse refuses what can never be a reversal, naming the field and the rule.
func CheckReverse(f FollowUp, now time.Time) error {
	return firstOf(
		func() error { return checkMessage(f.Message, now) },
		func() error { return checkOriginal(f.Original, true, now) },
		func() error { return checkOptional("amount", f.Amount) },
	)
}

// CheckIncrement is CheckReverse for an increment and for an advice.
func CheckIncrement(f FollowUp, now time.Time) error {
	return firstOf(
		func() error { return checkMessage(f.Message, now) },
		func() error { return checkOriginal(f.Original, true, now) },
		func() error { return checkAmount("amount", f.Amount) },
	)
}

// CheckMoved is CheckReverse for a collection and for a refund.
func CheckMoved(f FollowUp, now time.Time) error {
	return firstOf(
		func() error { return checkMessage(f.Message, now) },
		func() error { return checkOriginal(f.Original, false, now) },
		func() error { return checkAmount("amount", f.Amount) },
		func() error { return checkOptional("local_amount", f.LocalAmount) },
		func() error {
			_, err := RateOf(f.Amount, f.LocalAmount, f.Rate)
			return err
		},
		func() error { return checkText("descriptor", f.Descriptor, descriptorMax) },
		func() error { return checkMCC(f.MCC) },
		func() error { return checkNamed("refund_authorisation", f.RefundAuthorisation, now) },
	)
}

// CheckReverseRefund is CheckReverse for the reversal of a refund.
func CheckReverseRefund(f FollowUp, now time.Time) error {
	return firstOf(
		func() error { return checkMessage(f.Message, now) },
		func() error { return checkOriginal(f.Original, false, now) },
		func() error { return checkNamed("refund", f.Refund, now) },
		func() error { return checkNamed("refund_authorisation", f.RefundAuthorisation, now) },
		func() error {
			if f.Refund == nil && f.RefundAuthorisation == nil {
				return errs.MissingParam("refund")
			}
			return nil
		},
	)
}

func checkNamed(field string, named *cardprocessingproto.Named, now time.Time) error {
	if named == nil {
		return nil
	}
	return checkIdentity(field+".", named, now)
}

// CheckInquiry is CheckReverse for a balance inquiry.
func CheckInquiry(req *cardprocessingproto.InquireBalanceRequest, now time.Time) error {
	return firstOf(
		func() error { return checkMessage(req.GetMessage(), now) },
		func() error { return checkMCC(req.GetMcc()) },
		func() error { return checkCountry(req.GetCountry()) },
		func() error { return CheckVerification(req.GetVerification()) },
	)
}

func firstOf(checks ...func() error) error {
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func checkMessage(m *cardprocessingproto.Message, now time.Time) error {
	if m == nil {
		return errs.MissingParam("processor_id")
	}
	if err := checkIdentity("", m, now); err != nil {
		return err
	}
	return checkCard(m)
}

func checkOriginal(o *cardprocessingproto.Original, needed bool, now time.Time) error {
	switch ways := countWays(o); {
	case ways > 1:
		return errs.BadParam("original", "must name the authorisation in one way only")
	case ways == 0 && (needed || o != nil):
		return errs.MissingParam("original")
	case ways == 0:
		return nil
	}
	if o.GetAuthorisationId() != "" {
		return id.Check("original.authorisation_id", AuthorisationPrefix, o.GetAuthorisationId())
	}
	return checkIdentity("original.", o, now)
}

func countWays(o *cardprocessingproto.Original) int {
	ways := 0
	for _, way := range []bool{o.GetAuthorisationId() != "", o.GetProcessorId() != "", o.GetNetwork() != nil} {
		if way {
			ways++
		}
	}
	return ways
}

func checkOptional(field string, amount *moneyproto.Money) error {
	if amount == nil {
		return nil
	}
	return checkAmount(field, amount)
}
