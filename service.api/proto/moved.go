package apiproto

import transactionsproto "farthing/service.transactions/proto"

// isSpending tells whether a transaction counts as spent: money between one's own pots and money in do not.
func isSpending(t *transactionsproto.Transaction) bool {
	return t.GetKind() == transactionsproto.Kind_KIND_UNSPECIFIED || isSent(t)
}

// isSent tells whether the customer has sent it to another account.
func isSent(t *transactionsproto.Transaction) bool {
	return t.GetKind() == transactionsproto.Kind_KIND_PAYMENT_OUT ||
		t.GetKind() == transactionsproto.Kind_KIND_STANDING_ORDER
}

// counterpartyOf is empty of card payments, and of pots, whose metadata says which it is.
func counterpartyOf(t *transactionsproto.Transaction) Counterparty {
	switch t.GetKind() {
	case transactionsproto.Kind_KIND_UNSPECIFIED, transactionsproto.Kind_KIND_POT_DEPOSIT,
		transactionsproto.Kind_KIND_POT_WITHDRAWAL:
		return Counterparty{}
	default:
	}
	c := t.GetCounterparty()
	return Counterparty{
		Name: c.GetName(), PreferredName: c.GetName(), AccountNumber: c.GetAccountNumber(), SortCode: c.GetSortCode(),
		UserID: c.GetUserId(), AccountID: c.GetAccountId(),
	}
}
