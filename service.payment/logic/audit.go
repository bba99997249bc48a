package logic

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	balanceproto "farthing/service.balance/proto"
	paymentproto "farthing/service.payment/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// Due is what a payment's state says of something that others keep.
type Due int

// What it says.
const (
	Never    Due = iota // It is not there.
	Maybe               // It is under way: there, or not yet.
	Must                // It is there, and done.
	Declined            // It was asked for, and there was not enough.
)

// Movement is what a payment's state says of one of its transfers. It is worked out from the state alone, apart from
// what drives payments, so that the one can contradict the other.
type Movement struct {
	Step     Step
	Due      Due
	From, To *balanceproto.Place
}

// MovementsOf are all of a payment's transfers that there can be.
func MovementsOf(p *paymentproto.Payment) []Movement {
	account := &balanceproto.Place{AccountId: p.GetAccountId()}
	scheme := own(balanceproto.OwnAccount_OWN_ACCOUNT_PAYMENT_SCHEME)
	nostro := own(balanceproto.OwnAccount_OWN_ACCOUNT_NOSTRO)
	given := account
	if p.GetSuspense() {
		given = own(balanceproto.OwnAccount_OWN_ACCOUNT_SUSPENSE)
	}
	take := Movement{Step: Take, From: account, To: scheme}
	switch p.GetDirection() {
	case paymentproto.Direction_DIRECTION_IN:
		take.From, take.To = nostro, given
	case paymentproto.Direction_DIRECTION_WITHIN:
		take.To = &balanceproto.Place{AccountId: p.GetOtherAccountId()}
	case paymentproto.Direction_DIRECTION_OUT, paymentproto.Direction_DIRECTION_UNSPECIFIED:
	}
	movements := []Movement{
		take,
		{Step: Settle, From: scheme, To: nostro},
		{Step: Refuse, From: scheme, To: given},
		{Step: Return, From: nostro, To: given},
	}
	due := dueOf(p)
	for n := range movements {
		movements[n].Due = due[movements[n].Step]
	}
	return movements
}

func own(account balanceproto.OwnAccount) *balanceproto.Place {
	return &balanceproto.Place{Own: account}
}

// dueOf is what a payment's state says of its steps; of one that is not in it, that it never was.
func dueOf(p *paymentproto.Payment) map[Step]Due {
	switch p.GetState() {
	case paymentproto.State_STATE_ACCEPTED:
		return map[Step]Due{Take: Maybe}
	case paymentproto.State_STATE_DECLINED:
		return map[Step]Due{Take: Declined}
	case paymentproto.State_STATE_SENT:
		return map[Step]Due{Take: Must, Settle: Maybe}
	case paymentproto.State_STATE_SETTLED:
		if p.GetDirection() != paymentproto.Direction_DIRECTION_OUT {
			return map[Step]Due{Take: Must}
		}
		return map[Step]Due{Take: Must, Settle: Must}
	case paymentproto.State_STATE_REFUSING:
		return map[Step]Due{Take: Must, Refuse: Maybe}
	case paymentproto.State_STATE_REFUSED:
		return map[Step]Due{Take: Must, Refuse: Must}
	case paymentproto.State_STATE_RETURNING:
		return map[Step]Due{Take: Must, Settle: Must, Return: Maybe}
	case paymentproto.State_STATE_RETURNED:
		return map[Step]Due{Take: Must, Settle: Must, Return: Must}
	case paymentproto.State_STATE_UNSPECIFIED:
	}
	return nil
}

// Contradicted is in which words the ledger's transfer, nil for none, is not what a payment says; empty if it is.
func (m Movement) Contradicted(p *paymentproto.Payment, t *balanceproto.GetTransferResponse) string {
	switch {
	case t == nil && (m.Due == Must || m.Due == Declined):
		return fmt.Sprintf("it is %v, and the ledger has no transfer to %s it", p.GetState(), m.Step)
	case t == nil:
		return ""
	case m.Due == Never:
		return fmt.Sprintf("it is %v, and the ledger has a transfer to %s it", p.GetState(), m.Step)
	case !proto.Equal(t.GetAmount(), p.GetAmount()):
		return fmt.Sprintf("it is of %d minor units of %s, and the transfer to %s it of %d of %s", p.GetAmount().GetMinor(),
			p.GetAmount().GetCurrency(), m.Step, t.GetAmount().GetMinor(), t.GetAmount().GetCurrency())
	case !proto.Equal(t.GetFrom(), m.From) || !proto.Equal(t.GetTo(), m.To):
		return fmt.Sprintf("the transfer to %s it goes from %s to %s, and must go from %s to %s", m.Step, nameOf(t.GetFrom()),
			nameOf(t.GetTo()), nameOf(m.From), nameOf(m.To))
	case m.Due == Must && t.GetState() != balanceproto.TransferState_TRANSFER_STATE_POSTED,
		m.Due == Declined && t.GetState() != balanceproto.TransferState_TRANSFER_STATE_DECLINED:
		return fmt.Sprintf("it is %v, and the ledger's transfer to %s it is %v", p.GetState(), m.Step, t.GetState())
	}
	return ""
}

// nameOf is a place as the audit calls it: "acc_…", "nostro".
func nameOf(place *balanceproto.Place) string {
	switch place.GetOwn() {
	case balanceproto.OwnAccount_OWN_ACCOUNT_NOSTRO:
		return "nostro"
	case balanceproto.OwnAccount_OWN_ACCOUNT_PAYMENT_SCHEME:
		return "settlement_payments"
	case balanceproto.OwnAccount_OWN_ACCOUNT_SUSPENSE:
		return "suspense"
	case balanceproto.OwnAccount_OWN_ACCOUNT_UNSPECIFIED:
		return place.GetAccountId()
	default:
		return place.GetOwn().String()
	}
}

// CountOwn adds what the bank's own accounts must have because of a movement, by name and currency. One that is under
// way counts as soon as the ledger has posted it.
func (m Movement) CountOwn(
	p *paymentproto.Payment, t *balanceproto.GetTransferResponse, sums map[string]int64,
) {
	underWay := m.Due == Maybe && t.GetState() == balanceproto.TransferState_TRANSFER_STATE_POSTED
	if m.Due != Must && !underWay {
		return
	}
	add := func(place *balanceproto.Place, minor int64) {
		if place.GetAccountId() == "" {
			sums[nameOf(place)+" "+p.GetAmount().GetCurrency()] += minor
		}
	}
	add(m.From, -p.GetAmount().GetMinor())
	add(m.To, p.GetAmount().GetMinor())
}

// Showing is a transaction as which a customer must see a payment, or its return.
type Showing struct {
	TransactionID string
	Account       string
	Due           Due
	Minor         int64 // Signed.
	// The status that it must have, and one that it may have already, though its amount is then another.
	Status transactionsproto.Status
	Next   transactionsproto.Status
}

// ShowingsOf are all transactions that there can be of a payment and of its return, which was recorded as given.
func ShowingsOf(p *paymentproto.Payment, returned string) []Showing {
	minor := p.GetAmount().GetMinor()
	s := Showing{
		TransactionID: p.GetTransactionId(), Account: p.GetAccountId(), Due: Must, Minor: -minor,
		Status: transactionsproto.Status_STATUS_SETTLED,
	}
	switch p.GetState() {
	case paymentproto.State_STATE_ACCEPTED, paymentproto.State_STATE_UNSPECIFIED:
		return nil
	case paymentproto.State_STATE_DECLINED:
		s.TransactionID, s.Due = TransactionID(p, p.GetAccountId()), Never
	case paymentproto.State_STATE_SENT:
		s.Status, s.Next = transactionsproto.Status_STATUS_PENDING, transactionsproto.Status_STATUS_SETTLED
	case paymentproto.State_STATE_REFUSING:
		s.Status, s.Next = transactionsproto.Status_STATUS_PENDING, transactionsproto.Status_STATUS_REVERSED
	case paymentproto.State_STATE_REFUSED:
		s.Status, s.Minor = transactionsproto.Status_STATUS_REVERSED, 0
	case paymentproto.State_STATE_SETTLED, paymentproto.State_STATE_RETURNING, paymentproto.State_STATE_RETURNED:
	}
	if p.GetDirection() == paymentproto.Direction_DIRECTION_IN {
		if s.Minor = minor; p.GetSuspense() { // It is nobody's yet.
			s.TransactionID, s.Due = TransactionID(p, p.GetAccountId()), Never
		}
	}
	showings := []Showing{s}
	other := s
	other.Minor = minor
	switch {
	case p.GetDirection() == paymentproto.Direction_DIRECTION_WITHIN:
		other.Account = p.GetOtherAccountId()
		other.TransactionID = TransactionID(p, other.Account)
		return append(showings, other)
	case p.GetState() == paymentproto.State_STATE_RETURNED && !p.GetSuspense():
		other.TransactionID = returned
		return append(showings, other)
	}
	return showings
}

// Contradicted is in which words the transaction, nil for none, is not what a payment says; empty if it is.
func (s Showing) Contradicted(p *paymentproto.Payment, t *transactionsproto.Transaction) string {
	switch {
	case s.Due == Never && t != nil:
		return fmt.Sprintf("it is %v, and shows as %s", p.GetState(), t.GetId())
	case s.Due == Never:
		return ""
	case t == nil:
		return fmt.Sprintf("it is %v, and its transaction %q is not there", p.GetState(), s.TransactionID)
	case t.GetAccountId() != s.Account:
		return fmt.Sprintf("its transaction %s is of %s, and must be of %s", t.GetId(), t.GetAccountId(), s.Account)
	case !slices.Contains([]transactionsproto.Status{s.Status, s.Next}, t.GetStatus()):
		return fmt.Sprintf("it is %v, and its transaction %s is %v", p.GetState(), t.GetId(), t.GetStatus())
	case t.GetStatus() == s.Status && t.GetAmount().GetMinor() != s.Minor,
		t.GetAmount().GetCurrency() != p.GetAmount().GetCurrency():
		return fmt.Sprintf("its transaction %s is of %d minor units of %s, and must be of %d of %s", t.GetId(),
			t.GetAmount().GetMinor(), t.GetAmount().GetCurrency(), s.Minor, p.GetAmount().GetCurrency())
	}
	return ""
}
