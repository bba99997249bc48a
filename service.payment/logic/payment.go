package logic

import (
	"regexp"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	paymentproto "farthing/service.payment/proto"
)

// Follows tells whether a payment may go from one state to another. Out through the scheme:
//
//	accepted ── sent ── settled ── returning ── returned
//	    └── declined └── refusing ── refused
//
// In, or within the bank, it is settled at once, or declined.
func Follows(d paymentproto.Direction, from, to paymentproto.State) bool {
	out := d == paymentproto.Direction_DIRECTION_OUT
	switch from {
	case paymentproto.State_STATE_ACCEPTED:
		return to == paymentproto.State_STATE_DECLINED && d != paymentproto.Direction_DIRECTION_IN ||
			to == paymentproto.State_STATE_SENT && out || to == paymentproto.State_STATE_SETTLED && !out
	case paymentproto.State_STATE_SENT:
		return to == paymentproto.State_STATE_SETTLED || to == paymentproto.State_STATE_REFUSING
	case paymentproto.State_STATE_REFUSING:
		return to == paymentproto.State_STATE_REFUSED
	case paymentproto.State_STATE_SETTLED:
		return to == paymentproto.State_STATE_RETURNING && out
	case paymentproto.State_STATE_RETURNING:
		return to == paymentproto.State_STATE_RETURNED
	case paymentproto.State_STATE_UNSPECIFIED, paymentproto.State_STATE_DECLINED, paymentproto.State_STATE_REFUSED,
		paymentproto.State_STATE_RETURNED:
	}
	return false
}

// Rests tells whether a payment stays as it is until somebody from outside has to say something about it.
func Rests(s paymentproto.State) bool {
	switch s {
	case paymentproto.State_STATE_DECLINED, paymentproto.State_STATE_SETTLED, paymentproto.State_STATE_REFUSED,
		paymentproto.State_STATE_RETURNED:
		return true
	case paymentproto.State_STATE_UNSPECIFIED, paymentproto.State_STATE_ACCEPTED, paymentproto.State_STATE_SENT,
		paymentproto.State_STATE_REFUSING, paymentproto.State_STATE_RETURNING:
	}
	return false
}

// PaymentID is the id of a payment that an account's dedupe id stands for.
func PaymentID(account, dedupeID string) string { return id.Hash("payment", account+"/"+dedupeID) }

// OrderID is the id of a standing order that an account's dedupe id stands for.
func OrderID(account, dedupeID string) string { return id.Hash("order", account+"/"+dedupeID) }

// Step is a movement of a payment's money.
type Step string

// The steps.
const (
	Take   Step = "take"   // From whoever pays.
	Settle Step = "settle" // With the scheme.
	Refuse Step = "refuse" // Back, before it was settled.
	Return Step = "return" // Back, after it was.
)

// TransferID is the ledger's dedupe id of a step of a payment: each happens once.
func TransferID(p *paymentproto.Payment, s Step) string { return p.GetId() + "/" + string(s) }

// TransactionID is how a payment is recorded on the customer's account; of one within the bank also on the other.
func TransactionID(p *paymentproto.Payment, account string) string {
	return id.Derived("tx", time.UnixMilli(p.GetCreatedMs()), p.GetId()+"/"+account)
}

// ReturnID is how its return is recorded, which is a transaction of its own.
func ReturnID(p *paymentproto.Payment) string {
	return id.Derived("tx", time.UnixMilli(p.GetUpdatedMs()), p.GetId()+"/return")
}

var (
	sortCode      = regexp.MustCompile(`^[0-9]{6}$`)
	accountNumber = regexp.MustCompile(`^[0-9]{8}$`)
)

// CheckNumber fails, naming the field, on what is no sort code and account number. Whether they belong together by the
// clearings' weights is for the scheme to say.
func CheckNumber(field string, p Party) error {
	switch {
	case p.SortCode == "":
		return errs.MissingParam(field + ".sort_code")
	case !sortCode.MatchString(p.SortCode):
		return errs.BadParam(field+".sort_code", "must be six digits")
	case p.AccountNumber == "":
		return errs.MissingParam(field + ".account_number")
	case !accountNumber.MatchString(p.AccountNumber):
		return errs.BadParam(field+".account_number", "must be eight digits")
	}
	return nil
}

// PartyOf is a party as it was sent.
func PartyOf(p *paymentproto.Party) Party {
	return Party{Name: p.GetName(), SortCode: p.GetSortCode(), AccountNumber: p.GetAccountNumber()}
}

// ScheduleOf is when a standing order runs.
func ScheduleOf(o *paymentproto.StandingOrder) (Schedule, error) {
	s := Schedule{Frequency: Frequency(o.GetFrequency()), Day: int(o.GetDay())}
	var err error
	if s.First, err = ParseDate("first_date", o.GetFirstDate()); err != nil || o.GetLastDate() == "" {
		return s, err
	}
	s.Last, err = ParseDate("last_date", o.GetLastDate())
	return s, err
}
