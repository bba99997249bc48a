package issuer

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"

	"farthing/pkg/money"
	moneyproto "farthing/pkg/money/proto"
	"farthing/service.card-api/iso8583"
)

// compose is the answer to a message that was carried out.
func compose(m iso8583.Message, done result, traceID string) iso8583.Message {
	code := iso8583.Approved
	switch {
	case done.declined != "":
		code = codeOfDecline(done.declined)
	case done.cashRefused:
		code = iso8583.PurchaseOnly
	case done.approved != nil:
		code = iso8583.PartlyApproved
	}
	reply, _ := m.Reply(code) // The door has made sure that it can be answered.
	if done.declined == "" && done.authorisationID != "" {
		reply.Set(iso8583.ApprovalCode, approvalCode(done.authorisationID))
	}
	reply.Set(iso8583.AdditionalAmounts, entry(originalAmount, done.asked)+entry(availableBalance, done.balance)+
		entry(postedBalance, done.posted)+entry(cashAmount, done.cashback))
	if done.approved != nil {
		approved := fmt.Sprintf("%012d", done.approved.GetMinor())
		if m.Has(iso8583.BillingAmount) { // The network converts it for the terminal.
			reply.Set(iso8583.BillingAmount, approved)
		} else {
			reply.Set(iso8583.TransactionAmount, approved)
		}
	}
	return reply.With(iso8583.BankIDs, bankIDs(done, traceID))
}

// approvalCode is the six characters that a receipt shows: always the same of one authorisation.
func approvalCode(authorisationID string) string {
	sum := sha256.Sum256([]byte(authorisationID))
	return base32.StdEncoding.EncodeToString(sum[:])[:6]
}

// Amount types of element 54.
const (
	postedBalance    = "01"
	availableBalance = "02"
	cashAmount       = "40"
	originalAmount   = "57"
)

// Where the parts of an entry of element 54 begin.
const (
	entryKind     = 2 // After the account.
	entryCurrency = entryKind + 2
	entryWay      = entryCurrency + 3
	entryAmount   = entryWay + 1
	entryWidth    = entryAmount + 12
)

// minorMax is the most that an amount of twelve digits says.
const minorMax = 999_999_999_999

// entry is an amount as element 54 has it: of which account and what kind, in which currency, which way, how much.
// There is none of an amount that it cannot say, or that is nil.
func entry(kind string, amount *moneyproto.Money) string {
	currency, known := money.Numeric(amount.GetCurrency())
	minor, way := amount.GetMinor(), "C"
	if minor < 0 {
		minor, way = -minor, "D"
	}
	if !known || minor < 0 || minor > minorMax {
		return ""
	}
	return fmt.Sprintf("00%s%s%s%012d", kind, currency, way, minor)
}

// bankIDs is what the bank calls a message's payment, and where to look up what became of it.
func bankIDs(done result, traceID string) string {
	var ids []string
	for _, id := range []struct{ name, value string }{
		{"AUTH", done.authorisationID}, {"TX", done.transactionID}, {"TRACE", traceID}, {"REASON", done.declined},
	} {
		if id.value != "" {
			ids = append(ids, id.name+"="+id.value)
		}
	}
	return strings.Join(ids, " ")
}
