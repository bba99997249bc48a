// Package iso8583 is the messages that card networks send, ISO 8583:1987: what they hold, how they look in two
// encodings, and how they follow each other on a connection. It knows nothing of what they ask for.
package iso8583

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
)

// The data elements that this bank reads or writes, by the standard's names.
const (
	PAN                  = 2
	ProcessingCode       = 3
	TransactionAmount    = 4
	SettlementAmount     = 5
	BillingAmount        = 6
	TransmittedAt        = 7
	SettlementRate       = 9
	BillingRate          = 10
	STAN                 = 11
	LocalTime            = 12
	LocalDate            = 13
	Expiry               = 14
	MerchantType         = 18
	AcquirerCountry      = 19
	EntryMode            = 22
	ConditionCode        = 25
	Acquirer             = 32
	RRN                  = 37
	ApprovalCode         = 38
	ResponseCode         = 39
	Terminal             = 41
	Merchant             = 42
	NameAndLocation      = 43
	AdditionalResponse   = 44
	TransactionCurrency  = 49
	SettlementCurrency   = 50
	BillingCurrency      = 51
	AdditionalAmounts    = 54
	MoreOriginals        = 56 // Reserved; docs/card-edge.md says what stands there.
	Indicators           = 60 // Reserved, too.
	Findings             = 61 // Reserved, too.
	CardToken            = 62 // Reserved, too.
	BankIDs              = 63 // Reserved, too.
	NetworkManagement    = 70
	OriginalDataElements = 90
	ReplacementAmounts   = 95
)

const mtiLength = 4

// Message is a message type and its data elements. However it is printed or logged it shows its type, its STAN and
// which elements it has, and none of what they hold. The zero Message has neither.
type Message struct {
	MTI string // Four digits, "0100".
	// A pointer, because fmt walks through the unexported fields of others, and shows of a pointer inside only an address.
	fields *map[int]string
}

// New is a message without elements.
func New(mti string) Message { return Message{MTI: mti, fields: &map[int]string{}} }

// Has tells whether there is an element.
func (m Message) Has(number int) bool {
	if m.fields == nil {
		return false
	}
	_, ok := (*m.fields)[number]
	return ok
}

// Get is an element as it was sent, "" if there is none.
func (m Message) Get(number int) string {
	if m.fields == nil {
		return ""
	}
	return (*m.fields)[number]
}

// Text is an element without the blanks behind it.
func (m Message) Text(number int) string { return strings.TrimRight(m.Get(number), " ") }

// Set sets an element; "" takes it away. What does not fit is found when the message is encoded.
func (m Message) Set(number int, value string) {
	if value == "" {
		delete(*m.fields, number)
		return
	}
	(*m.fields)[number] = value
}

// With is Set for composing a message.
func (m Message) With(number int, value string) Message {
	m.Set(number, value)
	return m
}

// Numbers are the elements that there are, in order.
func (m Message) Numbers() []int {
	if m.fields == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(*m.fields))
}

// String shows no element but the STAN.
func (m Message) String() string {
	return fmt.Sprintf("%s STAN %s with elements %v", m.MTI, m.Get(STAN), m.Numbers())
}

// GoString is String.
func (m Message) GoString() string { return m.String() }

// LogValue is String.
func (m Message) LogValue() slog.Value { return slog.StringValue(m.String()) }

// AnswerTo is the type of the answer to a message type, "0110" to "0100" and to its repeat "0101", and whether it
// is one that is answered: a request or an advice of this version.
func AnswerTo(mti string) (string, bool) {
	if len(mti) != mtiLength || mti[0] != '0' || mti[1] < '1' || mti[1] > '8' || mti[3] < '0' || mti[3] > '5' {
		return "", false
	}
	if mti[2] != '0' && mti[2] != '2' {
		return "", false
	}
	return string([]byte{mti[0], mti[1], mti[2] + 1, mti[3] &^ 1}), true // Odd origins are repeats.
}

// echoed is what an answer repeats of its message. The card's number is not: it goes one way only.
var echoed = []int{
	ProcessingCode, TransactionAmount, SettlementAmount, BillingAmount, TransmittedAt, STAN, LocalTime, LocalDate,
	Acquirer, RRN, Terminal, Merchant, TransactionCurrency, SettlementCurrency, BillingCurrency, NetworkManagement,
	OriginalDataElements,
}

// Reply is an answer to a message with a response code and what answers repeat, and whether the message is one that can
// be answered: its type is, and it has a STAN for the answer to be known by.
func (m Message) Reply(code string) (Message, bool) {
	mti, ok := AnswerTo(m.MTI)
	if !ok || !m.Has(STAN) {
		return Message{}, false
	}
	reply := New(mti).With(ResponseCode, code)
	for _, number := range echoed {
		reply.Set(number, m.Get(number))
	}
	return reply, true
}
