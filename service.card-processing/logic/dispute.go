package logic

import (
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	cardprocessingproto "farthing/service.card-processing/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// DisputePrefix begins the id of a dispute.
const DisputePrefix = "dsp"

// Short names of what a dispute has come to.
const (
	DisputeOpen     = cardprocessingproto.DisputeStatus_DISPUTE_STATUS_OPEN
	DisputeCredited = cardprocessingproto.DisputeStatus_DISPUTE_STATUS_CREDITED
	DisputeWon      = cardprocessingproto.DisputeStatus_DISPUTE_STATUS_WON
	DisputeLost     = cardprocessingproto.DisputeStatus_DISPUTE_STATUS_LOST
)

// CheckDispute refuses what can never be a dispute, naming the field and the rule.
func CheckDispute(req *cardprocessingproto.OpenRequest) error {
	reasons := []string{
		"fraud", "not_received", "not_as_described", "duplicate", "cancelled", "wrong_amount", "other",
	}
	return firstOf(
		func() error { return id.Check("transaction_id", "tx", req.GetTransactionId()) },
		func() error { return checkOptional("amount", req.GetAmount()) },
		func() error {
			if !slices.Contains(reasons, req.GetReason()) {
				return errs.BadParam("reason", "must be one of "+strings.Join(reasons, ", "))
			}
			return nil
		},
		func() error { return checkText("dedupe_id", req.GetDedupeId(), dedupeMax) },
		func() error { return CheckWords(req.GetBy(), req.GetNote()) },
	)
}

// dedupeMax leaves room for what an id of the ledger's is made of.
const dedupeMax = 64

// CheckWords checks who does something, and why.
func CheckWords(by, note string) error {
	if err := checkText("by", by, byMax); err != nil || note == "" {
		return err
	}
	return checkText("note", note, noteMax)
}

// FindDispute is a payment's dispute, by id; nil if it has no such one.
func FindDispute(p *cardprocessingproto.Payment, disputeID string) *cardprocessingproto.Dispute {
	for _, d := range p.GetDisputes() {
		if d.GetId() == disputeID {
			return d
		}
	}
	return nil
}

// disputable is what was collected, and neither sent back nor disputed.
func disputable(p *cardprocessingproto.Payment) int64 {
	left := p.GetClearedMinor() - p.GetRefundedMinor()
	for _, d := range p.GetDisputes() {
		if d.GetStatus() != DisputeLost {
			left -= d.GetAmountMinor()
		}
	}
	return left
}

// admitDispute refuses a step that a payment, or its dispute, cannot take.
func admitDispute(p *cardprocessingproto.Payment, s Said) error {
	refused := func(why string) error { return errs.New(errs.PreconditionFailed+".dispute", why) }
	if s.Kind == Disputed {
		if left := disputable(p); left <= 0 || s.Minor > left {
			return refused("It is more than what was collected and is not disputed")
		}
		return nil
	}
	d := FindDispute(p, s.Dispute.GetDisputeId())
	switch {
	case d == nil:
		return errs.Missing("dispute")
	case d.GetStatus() == DisputeWon, d.GetStatus() == DisputeLost:
		return refused("It is decided already")
	case s.Kind == Credited && d.GetStatus() != DisputeOpen:
		return refused("It was credited already")
	}
	return nil
}

// planDispute is what a step of a dispute is to do.
func planDispute(p *cardprocessingproto.Payment, s Said, e *cardprocessingproto.PaymentEvent) {
	step := proto.CloneOf(s.Dispute)
	step.AtMs = e.GetAtMs()
	d := FindDispute(p, step.GetDisputeId())
	switch s.Kind {
	case Disputed:
		step.DisputeId = id.Derived(DisputePrefix, time.UnixMilli(e.GetAtMs()), p.GetHoldId()+"/"+s.MessageID)
		step.Status = DisputeOpen
		if step.AmountMinor = s.Minor; s.Minor == 0 {
			step.AmountMinor = disputable(p)
		}
	case Credited:
		step.Status, step.AmountMinor = DisputeCredited, d.GetAmountMinor()
	case Won:
		step.Status, step.AmountMinor = DisputeWon, d.GetAmountMinor()
	default:
		step.Status, step.AmountMinor = DisputeLost, d.GetAmountMinor()
	}
	if moves(d, s.Kind) {
		e.BeginsTransactionId = transactionOf(e)
		step.TransactionId = e.GetBeginsTransactionId()
	}
	e.Dispute, e.Descriptor_, e.Mcc = step, p.GetDescriptor_(), p.GetMcc()
	if e.GetDescriptor_() == "" {
		e.Descriptor_ = "Disputed payment"
	}
}

// moves tells whether a step of a dispute moves money of the customer's.
func moves(d *cardprocessingproto.Dispute, kind cardprocessingproto.PaymentEventKind) bool {
	switch kind {
	case Credited:
		return true
	case Won:
		return d.GetStatus() == DisputeOpen
	case Lost:
		return d.GetStatus() == DisputeCredited
	default:
		return false
	}
}

// disputing is the money that a step of a dispute moves.
func disputing(p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent) []Adjustment {
	amount := minorOf(e.GetDispute().GetAmountMinor(), p)
	credit := Adjustment{ID: "credit/" + e.GetDispute().GetDisputeId(), From: OnDisputes, To: OnAccount, Amount: amount}
	isCustomers := e.GetBeginsTransactionId() != ""
	switch e.GetKind() {
	case Credited:
		return []Adjustment{credit}
	case Won:
		scheme := Adjustment{ID: e.GetMessageId(), From: OnSettlement, To: OnDisputes, Amount: amount}
		if isCustomers {
			return []Adjustment{scheme, credit}
		}
		return []Adjustment{scheme}
	case Lost:
		if isCustomers {
			return []Adjustment{{ID: e.GetMessageId(), From: OnAccount, To: OnDisputes, Amount: amount}}
		}
	default:
	}
	return nil
}

// afterDispute is a payment after a step of a dispute.
func afterDispute(next *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent) {
	step := e.GetDispute()
	d := FindDispute(next, step.GetDisputeId())
	if d == nil {
		d = &cardprocessingproto.Dispute{
			Id: step.GetDisputeId(), AmountMinor: step.GetAmountMinor(), Reason: step.GetReason(),
		}
		next.Disputes = append(next.Disputes, d)
	}
	d.Status = step.GetStatus()
	d.Steps = append(d.Steps, step)
}

// shownDispute is what a payment's transaction shows of its newest dispute; empty if it has none.
func shownDispute(p *cardprocessingproto.Payment) string {
	all := p.GetDisputes()
	if len(all) == 0 {
		return ""
	}
	return strings.ToLower(strings.TrimPrefix(all[len(all)-1].GetStatus().String(), "DISPUTE_STATUS_"))
}

// moved is the transaction that shows the money which a step of a dispute has moved; nil if it has moved none.
func moved(p *cardprocessingproto.Payment, e *cardprocessingproto.PaymentEvent) *transactionsproto.FollowRequest {
	if e.GetDispute() == nil || e.GetBeginsTransactionId() == "" {
		return nil
	}
	shows, minor := "provisional_credit", e.GetDispute().GetAmountMinor()
	switch e.GetKind() {
	case Won:
		shows = "credit"
	case Lost:
		shows, minor = "credit_taken_back", -minor
	default:
	}
	return &transactionsproto.FollowRequest{
		TransactionId: e.GetBeginsTransactionId(), AccountId: p.GetAccountId(), Version: 1,
		Status: transactionsproto.Status_STATUS_SETTLED, Amount: minorOf(minor, p), AtMs: e.GetAtMs(),
		SettledMs: e.GetAtMs(), Balance: e.GetBalance(), Beginning: beginningOf(p, e), Dispute: shows,
	}
}
