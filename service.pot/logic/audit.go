package logic

import (
	"fmt"

	balanceproto "farthing/service.balance/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// MovedOtherwise is in which words the ledger's transfer for a move, nil for none, is not what the move says; empty if
// it is.
func MovedOtherwise(p Pot, m Move, t *balanceproto.GetTransferResponse) string {
	from, to := p.Sides(m.Way)
	state, must := t.GetState(), balanceproto.TransferState_TRANSFER_STATE_POSTED
	if m.Outcome == Refused {
		must = balanceproto.TransferState_TRANSFER_STATE_DECLINED
	}
	switch {
	case t == nil && m.Outcome == Open: // It was not begun yet.
		return ""
	case t == nil:
		return "it has ended, and the ledger has no transfer for it"
	case t.GetAmount().GetMinor() != m.Amount.Minor || t.GetAmount().GetCurrency() != m.Amount.Currency:
		return fmt.Sprintf("it is of %d minor units of %s, and its transfer of %d of %s", m.Amount.Minor, m.Amount.Currency,
			t.GetAmount().GetMinor(), t.GetAmount().GetCurrency())
	case t.GetFrom().GetAccountId() != from || t.GetTo().GetAccountId() != to:
		return fmt.Sprintf("its transfer goes from %s to %s, and must go from %s to %s", t.GetFrom().GetAccountId(),
			t.GetTo().GetAccountId(), from, to)
	case m.Outcome != Open && state != must:
		return fmt.Sprintf("its transfer is %v, and must be %v", state, must)
	}
	return ""
}

// ShownOtherwise is in which words the transaction of a move, nil for none, is not what the move says; empty if it is.
func ShownOtherwise(p Pot, m Move, t *transactionsproto.Transaction) string {
	minor := m.Amount.Minor
	if m.Way == Deposit {
		minor = -minor
	}
	switch {
	case m.Outcome == Open: // It may be there, or not yet.
		return ""
	case m.Outcome == Refused && t != nil:
		return "it was refused, and shows as " + t.GetId()
	case m.Outcome == Refused:
		return ""
	case t == nil:
		return "its transaction " + m.TransactionID() + " is not there"
	case t.GetAccountId() != p.Account:
		return fmt.Sprintf("its transaction %s is of %s, and must be of %s", t.GetId(), t.GetAccountId(), p.Account)
	case t.GetStatus() != transactionsproto.Status_STATUS_SETTLED:
		return fmt.Sprintf("its transaction %s is %v", t.GetId(), t.GetStatus())
	case t.GetAmount().GetMinor() != minor || t.GetAmount().GetCurrency() != m.Amount.Currency:
		return fmt.Sprintf("its transaction %s is of %d minor units of %s, and must be of %d of %s", t.GetId(),
			t.GetAmount().GetMinor(), t.GetAmount().GetCurrency(), minor, m.Amount.Currency)
	}
	return ""
}

// Sum is what a pot has because of its moves: those that are done, and of those that are not ended the ones whose
// transfer is posted.
func Sum(moves []Move, posted map[string]bool) (minor int64) {
	for _, m := range moves {
		if m.Outcome != Done && !(m.Outcome == Open && posted[m.DedupeID]) {
			continue
		}
		if m.Way == Deposit {
			minor += m.Amount.Minor
		} else {
			minor -= m.Amount.Minor
		}
	}
	return minor
}
