package handler

import (
	"testing"
	"time"

	"farthing/pkg/errs"
	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// newDesk is a bank that refunds without a purchase.
func newDesk(t *testing.T) *bank {
	t.Helper()
	b := newBank(t)
	b.peers.fenced = true
	return b
}

func sentAs(processorID string) *cardprocessingproto.Message {
	return &cardprocessingproto.Message{ProcessorId: processorID, CardId: cardID}
}

func named(processorID string) *cardprocessingproto.Named {
	return &cardprocessingproto.Named{ProcessorId: processorID}
}

func (b *bank) promise(t *testing.T, processorID string) *cardprocessingproto.AuthoriseRefundResponse {
	t.Helper()
	rsp, err := b.AuthoriseRefund(t.Context(), &cardprocessingproto.AuthoriseRefundRequest{
		Message: sentAs(processorID), Amount: pounds(5_00), Descriptor_: "SHOP",
	})
	if err != nil {
		t.Fatalf("promising: %v", err)
	}
	return rsp
}

func (b *bank) lastFollowed(t *testing.T) *transactionsproto.FollowRequest {
	t.Helper()
	if len(b.peers.followed) == 0 {
		t.Fatal("no transaction was followed")
	}
	return b.peers.followed[len(b.peers.followed)-1]
}

func TestAPromiseIsSeenMovesNothingAndIsKeptByItsRefund(t *testing.T) {
	b := newDesk(t)
	promised := b.promise(t, "f1").GetPayment()
	seen := b.lastFollowed(t)
	if promised.GetPromisedMinor() != 5_00 || seen.GetStatus() != transactionsproto.Status_STATUS_PENDING ||
		seen.GetAmount().GetMinor() != 5_00 || !seen.GetBeginning().GetRefund() || b.peers.sent() != 0 {
		t.Errorf("a promise: %v, %v", promised, seen)
	}
	for range 2 {
		rsp, err := b.Refund(t.Context(), &cardprocessingproto.RefundRequest{
			Message: sentAs("s1"), Amount: pounds(4_50), Descriptor_: "SHOP", RefundAuthorisation: named("f1"),
		})
		if err != nil || rsp.GetPayment().GetRefundedMinor() != 4_50 || rsp.GetPayment().GetPromisedMinor() != 0 {
			t.Fatalf("keeping it: %v, %v", rsp, err)
		}
	}
	kept := b.lastFollowed(t)
	if kept.GetTransactionId() != seen.GetTransactionId() || kept.GetVersion() <= seen.GetVersion() ||
		kept.GetStatus() != transactionsproto.Status_STATUS_SETTLED || kept.GetAmount().GetMinor() != 4_50 ||
		kept.GetBeginning() != nil || b.peers.sent() != 4_50 {
		t.Errorf("a promise that was kept is shown as %v", kept)
	}
	for range 2 {
		rsp, err := b.ReverseRefund(t.Context(), &cardprocessingproto.ReverseRefundRequest{
			Message: sentAs("u1"), Refund: named("s1"), RefundAuthorisation: named("f1"),
		})
		if err != nil || rsp.GetPayment().GetStatus() != cardprocessingproto.PaymentStatus_PAYMENT_STATUS_REVERSED {
			t.Fatalf("taking it back: %v, %v", rsp, err)
		}
	}
	if back := b.lastFollowed(t); back.GetAmount().GetMinor() != 0 || back.GetSettledMs() == 0 || b.peers.sent() != 0 {
		t.Errorf("a refund that was taken back is shown as %v", back)
	}
}

func TestAPromiseThatNobodyKeepsFallsAfterThirtyDays(t *testing.T) {
	b := newDesk(t)
	b.promise(t, "f1")
	due := noon.Add(logic.RefundTerm)
	for _, at := range []time.Time{due.Add(-time.Minute), due.Add(time.Second), due.Add(time.Minute)} {
		b.clock.AdvanceTo(at)
		err := b.due.Each(t.Context(), noon, at, b.expire)
		if err != nil {
			t.Fatal(err)
		}
		fallen := b.lastFollowed(t).GetStatus() == transactionsproto.Status_STATUS_EXPIRED
		if fallen == at.Before(due) {
			t.Errorf("at %v it has fallen: %v", at, fallen)
		}
	}
	rsp, err := b.Refund(t.Context(), &cardprocessingproto.RefundRequest{
		Message: sentAs("late"), Amount: pounds(5_00), Descriptor_: "SHOP", RefundAuthorisation: named("f1"),
	})
	if err != nil || rsp.GetPayment().GetRefundedMinor() != 5_00 || b.lastFollowed(t).GetBeginning() == nil {
		t.Errorf("a refund after that: %v, %v", rsp, err)
	}
}

// A refund that was reversed before it was there is kept out, whether or not it names a purchase that its reversal did
// not.
func TestAReversalKeepsItsRefundOut(t *testing.T) {
	for name, original := range map[string]*cardprocessingproto.Original{
		"without a purchase": nil, "of a purchase": {ProcessorId: "p1"},
	} {
		b := newDesk(t)
		reversal := &cardprocessingproto.ReverseRefundRequest{Message: sentAs("u1"), Refund: named("s1")}
		if rsp, err := b.ReverseRefund(t.Context(), reversal); err != nil {
			t.Fatalf("%s: %v, %v", name, rsp, err)
		}
		rsp, err := b.Refund(t.Context(), &cardprocessingproto.RefundRequest{
			Message: sentAs("s1"), Original: original, Amount: pounds(5_00), Descriptor_: "SHOP",
		})
		if err != nil || rsp.GetEvent().GetDeclineReason() != "reversed" || b.peers.sent() != 0 {
			t.Errorf("%s: %v, %v, and %d were sent", name, rsp, err, b.peers.sent())
		}
		if len(b.peers.followed) > 0 {
			t.Errorf("%s: a transaction was followed: %v", name, b.peers.followed)
		}
	}
}

func TestTheReversalOfNoRefundIsRefused(t *testing.T) {
	b := newDesk(t)
	for code, req := range map[string]*cardprocessingproto.ReverseRefundRequest{
		"missing_param.refund":                            {Message: sentAs("u1")},
		"missing_param.refund.processor_id":               {Message: sentAs("u1"), Refund: named("")},
		"missing_param.refund_authorisation.processor_id": {Message: sentAs("u1"), RefundAuthorisation: named("")},
	} {
		if rsp, err := b.ReverseRefund(t.Context(), req); !errs.Is(err, "bad_request."+code) {
			t.Errorf("%s: %v, %v", code, rsp, err)
		}
	}
}
