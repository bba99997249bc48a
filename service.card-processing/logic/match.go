package logic

import (
	"math"
	"strings"
	"unicode"

	cardprocessingproto "farthing/service.card-processing/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// Match is the hold of the pending payment that a collection is most likely of; empty if none is like it. Networks
// drop ids on the way: what remains is who was paid, and about how much. Of those that are equally like it the oldest
// is taken. The doubt is what somebody has to look at; nil if it is clear, or makes no difference to anybody.
func Match(f FollowUp, pending []*transactionsproto.Transaction) (string, *cardprocessingproto.Doubt) {
	best := 0
	var alike, others []*transactionsproto.Transaction
	for _, t := range pending {
		switch score := likeness(f, t); {
		case score > best:
			best, alike = score, []*transactionsproto.Transaction{t}
		case score == best && score > 0:
			alike = append(alike, t)
		case score == 0 && sameMerchant(f, t):
			others = append(others, t)
		}
	}
	switch {
	case best == 0 && len(others) > 0:
		return "", doubt(BeyondTolerance, others)
	case best == 0:
		return "", doubt(NoAuthorisation, nil)
	case len(alike) > 1 && best < identical:
		return alike[0].GetHoldId(), doubt(Ambiguous, alike)
	}
	return alike[0].GetHoldId(), nil
}

// candidatesMax is enough for anybody to look at.
const candidatesMax = 10

func doubt(
	reason cardprocessingproto.UnmatchedReason, candidates []*transactionsproto.Transaction,
) *cardprocessingproto.Doubt {
	d := &cardprocessingproto.Doubt{Reason: reason}
	for _, t := range candidates[:min(len(candidates), candidatesMax)] {
		d.Candidates = append(d.Candidates, AuthorisationID(t.GetHoldId()))
	}
	return d
}

func sameMerchant(f FollowUp, t *transactionsproto.Transaction) bool {
	return t.GetAmount().GetCurrency() == f.Amount.GetCurrency() &&
		merchantKey(t.GetDescriptor_()) == merchantKey(f.Descriptor)
}

// identical is the likeness of a payment of the same merchant and amount: of several it matters to nobody which.
const identical = 4

// likeness is 0 for payments that have nothing to do with each other.
func likeness(f FollowUp, t *transactionsproto.Transaction) int {
	if t.GetAmount().GetCurrency() != f.Amount.GetCurrency() {
		return 0
	}
	exact := -t.GetAmount().GetMinor() == f.Amount.GetMinor()
	sameName := merchantKey(t.GetDescriptor_()) == merchantKey(f.Descriptor)
	sameTrade := f.MCC != "" && t.GetMcc() == f.MCC
	switch {
	case sameName && exact:
		return identical
	case sameName && near(f, t):
		return 3
	case sameTrade && exact:
		return 2
	}
	return 0
}

// near tells whether a collection is within what merchants of this trade may collect above what was authorised, or at
// least half of it: less is more likely another visit.
func near(f FollowUp, t *transactionsproto.Transaction) bool {
	authorised, collected := -t.GetAmount().GetMinor(), f.Amount.GetMinor()
	return collected >= authorised/2 && collected <= withTolerance(authorised, t.GetMcc())
}

// withTolerance is the most that a merchant of a trade may collect of what was authorised.
func withTolerance(authorised int64, mcc string) int64 {
	percent := tolerance(mcc)
	more := authorised/100*percent + authorised%100*percent/100
	if more > math.MaxInt64-authorised {
		return math.MaxInt64
	}
	return authorised + more
}

// tolerance is per cent above the authorised amount: tips, and the rate that changed since.
func tolerance(mcc string) int64 {
	switch mcc {
	case "5812", "5813", "5814", "4121", "7230": // Restaurants, bars, fast food, taxis, barbers: they are tipped.
		return 20
	case "7011", "7512", "3351": // Hotels and car hire add what was used.
		return 15
	}
	return 5
}

// nameLength is how much of a descriptor tells who it is; behind it come places and numbers.
const nameLength = 10

// merchantKey is what two descriptors of one merchant have in common.
func merchantKey(descriptor string) string {
	key := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, descriptor)
	return key[:min(len(key), nameLength)]
}
