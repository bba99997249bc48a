package logic

import (
	"testing"
	"time"

	cardprocessingproto "farthing/service.card-processing/proto"
)

func TestAPaymentOfWhichNobodyKnewTheMerchantLearnsItFromTheCollection(t *testing.T) {
	said := Said{Kind: Clearing, MessageID: "clearing/1", Minor: 10_00, Descriptor: "PRET A MANGER", MCC: "5812"}
	for before, want := range map[string]string{"": "PRET A MANGER", "TESCO": "TESCO"} {
		p := &cardprocessingproto.Payment{AccountId: "acc_1", Descriptor_: before}
		if got := After(p, Plan(p, said, time.UnixMilli(1))); got.GetDescriptor_() != want {
			t.Errorf("after %q: got %q", before, got.GetDescriptor_())
		}
	}
}

func TestACollectionOfOnlyWhatIsHeldTakesAllOfItOrNothing(t *testing.T) {
	for name, c := range map[string]struct {
		held, captured, released int64
		declined                 string
		status                   cardprocessingproto.PaymentStatus
	}{
		"all is held":      {10_00, 10_00, 0, "", cardprocessingproto.PaymentStatus_PAYMENT_STATUS_SETTLED},
		"more is held":     {12_00, 10_00, 2_00, "", cardprocessingproto.PaymentStatus_PAYMENT_STATUS_SETTLED},
		"less is held":     {9_99, 0, 9_99, PaymentEnded, cardprocessingproto.PaymentStatus_PAYMENT_STATUS_REVERSED},
		"nothing any more": {0, 0, 0, PaymentEnded, cardprocessingproto.PaymentStatus_PAYMENT_STATUS_REVERSED},
	} {
		t.Run(name, func(t *testing.T) {
			before := &cardprocessingproto.Payment{
				AccountId:       "acc_1",
				AuthorisedMinor: 12_00, HeldMinor: c.held, ReversedMinor: 12_00 - c.held, TransactionId: "tx_1", Version: 2,
				Status: cardprocessingproto.PaymentStatus_PAYMENT_STATUS_PENDING,
			}
			if c.held == 0 {
				before.Status = cardprocessingproto.PaymentStatus_PAYMENT_STATUS_REVERSED
			}
			e := Plan(before, Said{Kind: Clearing, MessageID: "clearing/1", Minor: 10_00, OnlyHeld: true}, time.UnixMilli(1))
			if e.GetCapturedMinor() != c.captured || e.GetReleasedMinor() != c.released || e.GetDeclineReason() != c.declined {
				t.Fatalf("the plan is %v", e)
			}
			after := After(before, e)
			cleared := c.captured
			if after.GetHeldMinor() != 0 || after.GetClearedMinor() != cleared || after.GetStatus() != c.status {
				t.Fatalf("then it is %v", after)
			}
			if c.declined != "" && after.GetReversedMinor() != after.GetAuthorisedMinor() {
				t.Errorf("of %d held %d was given back", after.GetAuthorisedMinor(), after.GetReversedMinor())
			}
		})
	}
}

func TestAHoldThatGrewLastsFromThenOn(t *testing.T) {
	made, grew := time.UnixMilli(0), time.UnixMilli(0).Add(5*24*time.Hour)
	p := &cardprocessingproto.Payment{
		AccountId: "acc_1", AuthorisedMinor: 10_00, HeldMinor: 10_00, HeldMs: made.UnixMilli(), TransactionId: "tx_1",
		Version: 1, Status: cardprocessingproto.PaymentStatus_PAYMENT_STATUS_PENDING,
	}
	p = After(p, Plan(p, Said{Kind: Increment, MessageID: "increment/1", Minor: 5_00}, grew))
	if due, fall, ok := Due(p); !ok || fall.Kind != Expiry || !due.Equal(grew.Add(ShortestTerm)) {
		t.Errorf("a hold that grew at %v falls at %v: %v, %v", grew, due, fall, ok)
	}
	p = After(p, Plan(p, Said{Kind: Reversal, MessageID: "reversal/1", Minor: 5_00}, grew.Add(24*time.Hour)))
	if due, _, _ := Due(p); !due.Equal(grew.Add(ShortestTerm)) {
		t.Errorf("some of it was given back, and the rest falls at %v", due)
	}
}
