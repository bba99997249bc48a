package handler

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"farthing/pkg/errs"
	cardprocessingproto "farthing/service.card-processing/proto"
	cardsproto "farthing/service.cards/proto"
)

func inquiry(processorID string) *cardprocessingproto.InquireBalanceRequest {
	return &cardprocessingproto.InquireBalanceRequest{
		Message: &cardprocessingproto.Message{ProcessorId: processorID, CardId: cardID},
	}
}

func TestWhoMayUseACardIsToldItsBalanceAndNothingIsLeft(t *testing.T) {
	b := newBank(t)
	rsp, err := b.InquireBalance(t.Context(), inquiry("i1"))
	want := &cardprocessingproto.InquireBalanceResponse{Approved: true, Available: pounds(90_00), Posted: pounds(100_00)}
	if err != nil || !proto.Equal(rsp, want) {
		t.Errorf("inquiring: %v, %v", rsp, err)
	}
	if len(b.peers.authorised)+len(b.peers.unknown)+len(b.peers.tried) > 0 {
		t.Errorf("an inquiry leaves %+v", b.peers)
	}
	nothing := &cardprocessingproto.InquireBalanceRequest{}
	if rsp, err := b.InquireBalance(t.Context(), nothing); !errs.Is(err, errs.BadRequest) {
		t.Errorf("an inquiry about nothing: %v, %v", rsp, err)
	}
	b.peers.fails["GetBalance"] = errs.New(errs.Unavailable, "not now")
	if rsp, err := b.InquireBalance(t.Context(), inquiry("i2")); !errs.Is(err, errs.Unavailable) {
		t.Errorf("without the ledger: %v, %v", rsp, err)
	}
}

func TestWhoMayNotUseACardIsNotToldItsBalance(t *testing.T) {
	for reason, change := range map[string]func(*bank, *cardprocessingproto.InquireBalanceRequest){
		"unknown_card": func(_ *bank, r *cardprocessingproto.InquireBalanceRequest) { r.Message.CardId = "card_nobodys" },
		"card_frozen": func(b *bank, _ *cardprocessingproto.InquireBalanceRequest) {
			b.peers.card.Status = cardsproto.Status_STATUS_FROZEN
		},
		"card_closed": func(b *bank, _ *cardprocessingproto.InquireBalanceRequest) {
			b.peers.card.Status = cardsproto.Status_STATUS_CLOSED
		},
		"card_expired": func(b *bank, _ *cardprocessingproto.InquireBalanceRequest) { b.peers.card.ExpiresYear = 2025 },
		"wrong_pin": func(_ *bank, r *cardprocessingproto.InquireBalanceRequest) {
			r.Verification = &cardprocessingproto.Verification{Pin: cardprocessingproto.PINResult_PIN_RESULT_WRONG}
		},
	} {
		b, req := newBank(t), inquiry("i1")
		change(b, req)
		for range 2 {
			rsp, err := b.InquireBalance(t.Context(), req)
			if err != nil || rsp.GetApproved() || rsp.GetDeclineReason() != reason || rsp.GetAvailable() != nil {
				t.Errorf("%s: %v, %v", reason, rsp, err)
			}
		}
		if n := b.count(t, "card_balance_inquiries_total", reason); n != 2 {
			t.Errorf("%s was counted %d times", reason, n)
		}
		if tried := len(b.peers.tried); tried > 1 || (reason == "wrong_pin") != (tried == 1) {
			t.Errorf("%s: the PIN was tried %d times", reason, tried)
		}
	}
}
