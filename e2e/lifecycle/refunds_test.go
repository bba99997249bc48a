package lifecycle

import cardprocessingproto "farthing/service.card-processing/proto"

// stage is how far a promise, or a refund, has come.
type stage int

const (
	unheardOf stage = iota
	open            // Promised, or sent.
	kept            // A promise that was kept.
	over            // Ended, taken back, or kept out.
)

// refunds is what a refund must be: it is sent unless it is itself reversed; a promise is open until it is kept, called
// off, or what should have kept it was kept out.
type refunds struct {
	promise, sent         stage
	promiseSeen, sentSeen bool // By the customer.
}

func (r *refunds) takes(l letter) (declined bool) {
	switch l {
	case promise:
		if r.promise == unheardOf {
			r.promise, r.promiseSeen = open, true
		}
		return r.promise == over
	case refund:
		if r.sent == over {
			r.breaks()
			return true
		}
		r.sent, r.sentSeen = open, true
		if r.promise != over {
			r.promise = kept
		}
	case takeBack:
		r.sent = over
		if r.promise == kept {
			r.promise = over
		}
	case callOff:
		r.breaks()
	case authorise, reverse, giveUp, increment, advise, collect:
	}
	return false
}

// breaks ends a promise unless it was kept.
func (r *refunds) breaks() {
	if r.promise != kept {
		r.promise = over
	}
}

// money is what is promised and what is sent, in pence.
func (r *refunds) money() (promised, sent int64) {
	if r.promise == open {
		promised = promisedAs
	}
	if r.sent == open {
		sent = refundedAs
	}
	return promised, sent
}

func (r *refunds) seen() bool { return r.promiseSeen || r.sentSeen }

func (r *refunds) status() cardprocessingproto.PaymentStatus {
	switch {
	case r.promise == open:
		return cardprocessingproto.PaymentStatus_PAYMENT_STATUS_PENDING
	case r.sent == open:
		return cardprocessingproto.PaymentStatus_PAYMENT_STATUS_SETTLED
	}
	return cardprocessingproto.PaymentStatus_PAYMENT_STATUS_REVERSED
}
