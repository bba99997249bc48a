package logic

import (
	"time"

	"farthing/pkg/money"
	transactionsproto "farthing/service.transactions/proto"
)

// Outcome is what became of telling phones of something. It is stored, and a metric's label.
type Outcome string

// The outcomes.
const (
	Waiting      Outcome = ""          // There is more to do.
	Delivered    Outcome = "delivered" // Apple has accepted it: of several phones, for one at least.
	Rejected     Outcome = "rejected"  // Apple can never deliver it.
	Unregistered Outcome = "unregistered"
	Quiet        Outcome = "quiet" // Nobody is to be woken for it.
	TooLate      Outcome = "stale"
	Off          Outcome = "off" // There is no key for Apple.
)

// Push is what a customer's phones were told of one version of a transaction.
type Push struct {
	Account     string
	Transaction string
	Version     int64
	Amount      money.Amount
	ChangedAt   time.Time // The transaction, in business time.
	Outcome     Outcome
	Phones      map[string]Phone // By their ids, while it is Waiting: those that were asked about.
}

// Phone is how far one of a customer's phones is.
type Phone struct {
	Outcome   Outcome
	NotBefore time.Time // While it is Waiting: when Apple wants to be asked again, in real time.
}

// PushOf is the push of a transaction that no phone was told of yet.
func PushOf(t *transactionsproto.Transaction) Push {
	return Push{
		Account: t.GetAccountId(), Transaction: t.GetId(), Version: t.GetVersion(),
		Amount:    money.Amount{Minor: t.GetAmount().GetMinor(), Currency: t.GetAmount().GetCurrency()},
		ChangedAt: time.UnixMilli(t.GetUpdatedMs()).UTC(), Phones: make(map[string]Phone),
	}
}

// End says that there is nothing more to do, for this reason: unless a phone was told before.
func (p *Push) End(reason Outcome) {
	p.Outcome = reason
	for _, phone := range p.Phones {
		if phone.Outcome == Delivered {
			p.Outcome = Delivered
		}
	}
	p.Phones = nil
}

// EndTold is End of a push whose every phone has an outcome.
func (p *Push) EndTold() {
	reason := Unregistered
	for _, phone := range p.Phones {
		if phone.Outcome == Rejected {
			reason = Rejected
		}
	}
	p.End(reason)
}
