package lifecycle

import cardprocessingproto "farthing/service.card-processing/proto"

// letter is one message about one payment. Sent twice it is a repeat.
type letter byte

// The alphabet: an authorisation of 10.00, its whole and its partial reversal, an increment, the final amount of an
// estimate, and a collection below it.
const (
	authorise letter = 'A'
	reverse   letter = 'R'
	giveUp    letter = 'P'
	increment letter = 'I'
	advise    letter = 'V'
	collect   letter = 'C'
)

const alphabet = "ARPIVC"

const (
	authorised  = 10_00
	givenUp     = 3_00
	incremented = 2_00
	advised     = 12_00
	collected   = 9_00
)

// model is what a payment must be, by rules that are written down nowhere else: each message counts once; what comes
// before its authorisation keeps that out.
type model struct {
	held, cleared int64
	made, fenced  bool
	declined      map[letter]bool // As each was answered the first time.
	ended         cardprocessingproto.PaymentStatus
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
	if l == authorise {
		if !m.fenced {
			m.held, m.made = authorised, true
		}
		return m.fenced
	}
	m.fenced = m.fenced || !m.made
	switch l {
	case authorise: // As above.
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
	case !m.made:
		return cardprocessingproto.PaymentStatus_PAYMENT_STATUS_DECLINED
	}
	return m.ended
}
