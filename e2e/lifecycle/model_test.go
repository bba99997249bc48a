package lifecycle

import (
	"strings"

	cardprocessingproto "farthing/service.card-processing/proto"
)

// letter is one message about one payment. Sent twice it is a repeat.
type letter byte

// The letters: an authorisation of 10.00, its whole and its partial reversal, an increment, the final amount of an
// estimate, and a collection below it; a refund's authorisation, the refund itself, and the reversals of both.
const (
	authorise letter = 'A'
	reverse   letter = 'R'
	giveUp    letter = 'P'
	increment letter = 'I'
	advise    letter = 'V'
	collect   letter = 'C'
	promise   letter = 'F'
	refund    letter = 'S'
	takeBack  letter = 'U'
	callOff   letter = 'T'
)

// The alphabets that orders are written in: of what becomes of most holds, of a hold, of the refunds of a purchase, of
// refunds without one.
const (
	ofMost     = "ARVC"
	ofHolds    = "ARPIVC"
	ofRefunds  = "CFSUT"
	ofUnlinked = "FSUT"
	ofAll      = "ARPIVCFSUT"
)

const (
	authorised  = 10_00
	givenUp     = 3_00
	incremented = 2_00
	advised     = 12_00
	collected   = 9_00
	promisedAs  = 5_00 // It is not kept to the penny:
	refundedAs  = 4_50
)

// model is what a payment must be, by rules that are written down nowhere else: each message counts once; what comes
// before its authorisation keeps that out.
type model struct {
	held, cleared int64
	made, fenced  bool
	declined      map[letter]bool // As each was answered the first time.
	ended         cardprocessingproto.PaymentStatus
	refunds       refunds
}

func newModel() *model { return &model{declined: make(map[letter]bool)} }

// takes is one message, and whether it is declined.
func (m *model) takes(l letter) (declined bool) {
	if said, repeat := m.declined[l]; repeat {
		return said
	}
	m.declined[l] = m.first(l)
	return m.declined[l]
}

func (m *model) first(l letter) (declined bool) {
	if strings.ContainsRune(ofUnlinked, rune(l)) {
		m.fenced = m.fenced || !m.made
		return m.refunds.takes(l)
	}
	if l == authorise {
		if !m.fenced {
			m.held, m.made = authorised, true
		}
		return m.fenced
	}
	m.fenced = m.fenced || !m.made
	switch l {
	case authorise, promise, refund, takeBack, callOff: // As above.
	case reverse:
		m.release(m.held)
	case giveUp:
		m.release(min(givenUp, m.held))
	case increment:
		if m.held == 0 {
			return true
		}
		m.held += incremented
	case advise:
		if m.held == 0 {
			return true
		}
		m.held = advised
	case collect:
		m.held, m.cleared = 0, m.cleared+collected
	}
	return false
}

func (m *model) release(minor int64) {
	if m.held -= minor; minor > 0 && m.held == 0 {
		m.ended = cardprocessingproto.PaymentStatus_PAYMENT_STATUS_REVERSED
	}
}

func (m *model) status() cardprocessingproto.PaymentStatus {
	switch {
	case m.held > 0:
		return cardprocessingproto.PaymentStatus_PAYMENT_STATUS_PENDING
	case m.cleared > 0:
		return cardprocessingproto.PaymentStatus_PAYMENT_STATUS_SETTLED
	case !m.made && m.refunds.seen():
		return m.refunds.status()
	case !m.made:
		return cardprocessingproto.PaymentStatus_PAYMENT_STATUS_DECLINED
	}
	return m.ended
}
