package logic

import (
	"strings"
	"unicode"

	transactionsproto "farthing/service.transactions/proto"
)

// Match is the hold of the pending payment that a collection is most likely of; empty if none is like it. Networks
// drop ids on the way: what remains is who was paid, and about how much. Of equal ones the oldest is taken: it makes no
// difference to anybody.
func Match(f FollowUp, pending []*transactionsproto.Transaction) string {
	best, hold := 0, ""
	for _, t := range pending {
		if score := likeness(f, t); score > best {
			best, hold = score, t.GetHoldId()
		}
	}
	return hold
}

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
		return 4
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
	return collected >= authorised/2 && collected <= authorised+authorised*tolerance(t.GetMcc())/100
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
