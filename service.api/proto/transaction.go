package apiproto

import (
	"cmp"

	transactionsproto "farthing/service.transactions/proto"
)

// Transaction is one as the API shows it. Every key is always there, but for conversion_rate, cashback_amount and
// decline_reason: programs index them without looking. Amounts are minor units, negative when money goes out.
type Transaction struct {
	ID                string            `json:"id"`
	AccountID         string            `json:"account_id"`
	UserID            string            `json:"user_id"`
	Created           string            `json:"created"`
	Updated           string            `json:"updated"`
	Settled           string            `json:"settled"` // "" while it is only authorised.
	Amount            int64             `json:"amount"`
	Currency          string            `json:"currency"`
	LocalAmount       int64             `json:"local_amount"`
	LocalCurrency     string            `json:"local_currency"`
	ConversionRate    string            `json:"conversion_rate,omitempty"` // What one of local_currency is: "0.8512".
	CashbackAmount    int64             `json:"cashback_amount,omitempty"` // Of amount, the cash beside a purchase.
	Description       string            `json:"description"`
	Merchant          any               `json:"merchant"` // Null, an id, or a Merchant if it was expanded.
	Category          string            `json:"category"`
	Categories        map[string]int64  `json:"categories"`
	Notes             string            `json:"notes"`
	Metadata          map[string]string `json:"metadata"`
	IsLoad            bool              `json:"is_load"`
	DeclineReason     string            `json:"decline_reason,omitempty"`
	Dispute           string            `json:"dispute,omitempty"` // What of a dispute it shows.
	AmountIsPending   bool              `json:"amount_is_pending"`
	Scheme            string            `json:"scheme"`
	DedupeID          string            `json:"dedupe_id"`
	ParentAccountID   string            `json:"parent_account_id"`
	Originator        bool              `json:"originator"`
	IncludeInSpending bool              `json:"include_in_spending"`
	Counterparty      Counterparty      `json:"counterparty"`
	Fees              struct{}          `json:"fees"`
	abilities
	unused
}

// Counterparty is the other side of a payment between accounts; {} for cards and pots.
type Counterparty struct {
	Name          string `json:"name,omitempty"`
	PreferredName string `json:"preferred_name,omitempty"`
	AccountNumber string `json:"account_number,omitempty"`
	SortCode      string `json:"sort_code,omitempty"`
	UserID        string `json:"user_id,omitempty"`
	AccountID     string `json:"account_id,omitempty"`
}

// abilities are what an app may offer to do with a transaction.
type abilities struct {
	CanBeExcludedFromBreakdown           bool `json:"can_be_excluded_from_breakdown"`
	CanBeMadeSubscription                bool `json:"can_be_made_subscription"`
	CanSplitTheBill                      bool `json:"can_split_the_bill"`
	CanAddToTab                          bool `json:"can_add_to_tab"`
	CanMatchTransactionsInCategorization bool `json:"can_match_transactions_in_categorization"`
}

// unused are keys that programs want to see and that say nothing here, but for attachments.
type unused struct {
	MerchantFeedbackURI string       `json:"merchant_feedback_uri"`
	Labels              *struct{}    `json:"labels"`
	Attachments         []Attachment `json:"attachments"` // Null if there are none, or nobody has asked for them.
	International       *struct{}    `json:"international"`
	ATMFeesDetailed     *struct{}    `json:"atm_fees_detailed"`
	Tab                 *struct{}    `json:"tab"`
}

// uncategorised is the category of what no merchant is known of yet.
const uncategorised = "general"

// TransactionOf is a transaction as the API shows it, with its merchant expanded or as an id.
func TransactionOf(t *transactionsproto.Transaction, expanded bool) Transaction {
	amount, category := t.GetAmount(), cmp.Or(t.GetCategory(), uncategorised)
	approved := t.GetStatus() != transactionsproto.Status_STATUS_DECLINED
	v := Transaction{
		ID: t.GetId(), AccountID: t.GetAccountId(), UserID: t.GetUserId(),
		Created: Time(t.GetCreatedMs()), Updated: Time(t.GetUpdatedMs()), Settled: settled(t),
		Amount: amount.GetMinor(), Currency: amount.GetCurrency(),
		LocalAmount: t.GetLocalAmount().GetMinor(), LocalCurrency: t.GetLocalAmount().GetCurrency(),
		ConversionRate: t.GetRate().GetDecimal(), CashbackAmount: t.GetCashback().GetMinor(),
		Description: t.GetDescriptor_(), Merchant: merchantOf(t.GetMerchant(), expanded),
		Category: category, Categories: map[string]int64{category: amount.GetMinor()},
		Dispute: t.GetDispute(),
		Notes:   t.GetNotes(), Metadata: t.GetMetadata(), Scheme: t.GetScheme(),
		DedupeID:          cmp.Or(t.GetHoldId(), t.GetOriginId()),
		AmountIsPending:   t.GetStatus() == transactionsproto.Status_STATUS_PENDING,
		IncludeInSpending: approved && isSpending(t), Originator: isSent(t), Counterparty: counterpartyOf(t),
		abilities: abilities{CanBeExcludedFromBreakdown: approved, CanSplitTheBill: approved && isSpending(t)},
	}
	if t.GetKind() == transactionsproto.Kind_KIND_PAYMENT_IN {
		v.UserID = "" // It was nobody's of this bank who did it.
	}
	if v.Metadata == nil {
		v.Metadata = map[string]string{}
	}
	if !approved {
		v.DeclineReason = publicReason(t.GetDeclineReason())
	}
	return v
}

// settled is when the merchant collected, or when it was clear that it never will; "" until then.
func settled(t *transactionsproto.Transaction) string {
	switch t.GetStatus() {
	case transactionsproto.Status_STATUS_SETTLED:
		return Time(t.GetSettledMs())
	case transactionsproto.Status_STATUS_REVERSED, transactionsproto.Status_STATUS_EXPIRED:
		return Time(t.GetUpdatedMs())
	default:
		return ""
	}
}

// publicReason is why a payment was declined, in the words that all programs know.
func publicReason(reason string) string {
	switch reason {
	case "insufficient_funds":
		return "INSUFFICIENT_FUNDS"
	case "card_frozen": // PUT /card/toggle calls a frozen card INACTIVE too.
		return "CARD_INACTIVE"
	case "card_closed":
		return "CARD_BLOCKED"
	case "bad_cvv":
		return "INVALID_CVC"
	default: // Not every program knows CARD_EXPIRED, and the rest are our own affair.
		return "OTHER"
	}
}
