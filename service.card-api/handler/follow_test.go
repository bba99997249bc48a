package handler

import (
	"context"
	"log/slog"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/edge"
	"farthing/pkg/edge/edgetest"
	"farthing/pkg/errs"
	moneyproto "farthing/pkg/money/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
)

// followUps is a fake of service.card-processing, to which one payment happens.
type followUps struct {
	cardprocessingproto.CardProcessingClient
	asked   proto.Message
	payment *cardprocessingproto.Payment
	event   *cardprocessingproto.PaymentEvent
	fails   error
}

func (f *followUps) Reverse(
	_ context.Context, req *cardprocessingproto.ReverseRequest, _ ...grpc.CallOption,
) (*cardprocessingproto.ReverseResponse, error) {
	f.asked = req
	return &cardprocessingproto.ReverseResponse{Payment: f.payment, Event: f.event}, f.fails
}

func (f *followUps) Increment(
	_ context.Context, req *cardprocessingproto.IncrementRequest, _ ...grpc.CallOption,
) (*cardprocessingproto.IncrementResponse, error) {
	f.asked = req
	return &cardprocessingproto.IncrementResponse{Payment: f.payment, Event: f.event}, f.fails
}

func (f *followUps) Advise(
	_ context.Context, req *cardprocessingproto.AdviseRequest, _ ...grpc.CallOption,
) (*cardprocessingproto.AdviseResponse, error) {
	f.asked = req
	return &cardprocessingproto.AdviseResponse{Payment: f.payment, Event: f.event}, f.fails
}

func (f *followUps) Clear(
	_ context.Context, req *cardprocessingproto.ClearRequest, _ ...grpc.CallOption,
) (*cardprocessingproto.ClearResponse, error) {
	f.asked = req
	return &cardprocessingproto.ClearResponse{Payment: f.payment, Event: f.event}, f.fails
}

func (f *followUps) Refund(
	_ context.Context, req *cardprocessingproto.RefundRequest, _ ...grpc.CallOption,
) (*cardprocessingproto.RefundResponse, error) {
	f.asked = req
	return &cardprocessingproto.RefundResponse{Payment: f.payment, Event: f.event}, f.fails
}

func (f *followUps) AuthoriseRefund(
	_ context.Context, req *cardprocessingproto.AuthoriseRefundRequest, _ ...grpc.CallOption,
) (*cardprocessingproto.AuthoriseRefundResponse, error) {
	f.asked = req
	return &cardprocessingproto.AuthoriseRefundResponse{Payment: f.payment, Event: f.event}, f.fails
}

func (f *followUps) ReverseRefund(
	_ context.Context, req *cardprocessingproto.ReverseRefundRequest, _ ...grpc.CallOption,
) (*cardprocessingproto.ReverseRefundResponse, error) {
	f.asked = req
	return &cardprocessingproto.ReverseRefundResponse{Payment: f.payment, Event: f.event}, f.fails
}

func (f *followUps) InquireBalance(
	_ context.Context, req *cardprocessingproto.InquireBalanceRequest, _ ...grpc.CallOption,
) (*cardprocessingproto.InquireBalanceResponse, error) {
	f.asked = req
	return &cardprocessingproto.InquireBalanceResponse{
		Approved: true, Available: &moneyproto.Money{Minor: 90_00, Currency: "GBP"},
		Posted: &moneyproto.Money{Minor: 100_00, Currency: "GBP"},
	}, f.fails
}

func (f *followUps) GetPayment(
	_ context.Context, req *cardprocessingproto.GetPaymentRequest, _ ...grpc.CallOption,
) (*cardprocessingproto.GetPaymentResponse, error) {
	f.asked = req
	return &cardprocessingproto.GetPaymentResponse{
		Payment: f.payment, Events: []*cardprocessingproto.PaymentEvent{f.event},
	}, f.fails
}

func serveTo(t *testing.T, f *followUps) *edgetest.Door {
	t.Helper()
	h := &Handler{processing: f}
	return edgetest.Serve(t, h.door(edge.Standard{Log: slog.New(slog.DiscardHandler)}))
}

func reversed() *followUps {
	return &followUps{
		payment: &cardprocessingproto.Payment{
			Id: "auth_1", TransactionId: "tx_1", AccountId: "acc_1", CardId: "card_1", Currency: "GBP",
			Status: cardprocessingproto.PaymentStatus_PAYMENT_STATUS_REVERSED, AuthorisedMinor: 3_50, ReversedMinor: 3_50,
		},
		event: &cardprocessingproto.PaymentEvent{
			Number: 2, Kind: cardprocessingproto.PaymentEventKind_PAYMENT_EVENT_KIND_REVERSAL, ReleasedMinor: 3_50,
			Balance: &moneyproto.Money{Minor: 100_00, Currency: "GBP"},
		},
	}
}

// collected is a good request with all the fields that there are.
const collected = `{
	"processor_id": "p1", "card_id": "card_1", "original": {"authorisation_id": "auth_1"},
	"amount": {"minor": 350, "currency": "GBP"}, "local_amount": {"minor": 700, "currency": "JPY"},
	"conversion_rate": "0.005",
	"descriptor": "PRET", "mcc": "5814", "more_follows": true,
	"refund": {"processor_id": "r1"}, "refund_authorisation": {"processor_id": "ra1"}
}`

func TestEachFollowUpIsAskedAsItIsSent(t *testing.T) {
	message := &cardprocessingproto.Message{ProcessorId: "p1", CardId: "card_1"}
	original := &cardprocessingproto.Original{AuthorisationId: "auth_1"}
	pounds := &moneyproto.Money{Minor: 350, Currency: "GBP"}
	yen := &moneyproto.Money{Minor: 700, Currency: "JPY"}
	for route, want := range map[string]proto.Message{
		"/reversals":  &cardprocessingproto.ReverseRequest{Message: message, Original: original, Amount: pounds},
		"/increments": &cardprocessingproto.IncrementRequest{Message: message, Original: original, Amount: pounds},
		"/advices":    &cardprocessingproto.AdviseRequest{Message: message, Original: original, Amount: pounds},
		"/clearings": &cardprocessingproto.ClearRequest{
			Message: message, Original: original, Amount: pounds, LocalAmount: yen, Descriptor_: "PRET", Mcc: "5814",
			MoreFollows: true, ConversionRate: "0.005",
		},
		"/refunds": &cardprocessingproto.RefundRequest{
			Message: message, Original: original, Amount: pounds, LocalAmount: yen, Descriptor_: "PRET", Mcc: "5814",
			ConversionRate: "0.005", RefundAuthorisation: &cardprocessingproto.Named{ProcessorId: "ra1"},
		},
		"/refund-authorisations": &cardprocessingproto.AuthoriseRefundRequest{
			Message: message, Original: original, Amount: pounds, LocalAmount: yen, Descriptor_: "PRET", Mcc: "5814",
			ConversionRate: "0.005",
		},
		"/refund-reversals": &cardprocessingproto.ReverseRefundRequest{
			Message: message, Original: original, Refund: &cardprocessingproto.Named{ProcessorId: "r1"},
			RefundAuthorisation: &cardprocessingproto.Named{ProcessorId: "ra1"},
		},
	} {
		f := reversed()
		door := serveTo(t, f)
		var got followed
		door.JSON("POST", route, collected).Into(&got)
		if diff := cmp.Diff(want, f.asked, protocmp.Transform()); diff != "" {
			t.Errorf("%s was asked otherwise:\n%s", route, diff)
		}
		if got.Outcome != "done" || got.Payment.Status != "reversed" || got.Event.Kind != "reversal" ||
			got.Event.Released != 3_50 || *got.Balance.Minor != 100_00 {
			t.Errorf("%s was answered %+v", route, got)
		}
	}
}

func TestADeclinedIncrementIsAnAnswer(t *testing.T) {
	f := reversed()
	f.event.DeclineReason = "insufficient_funds"
	var got followed
	serveTo(t, f).JSON("POST", "/increments", collected).Into(&got)
	if got.Outcome != "declined" || got.DeclineReason != "insufficient_funds" {
		t.Errorf("got %+v", got)
	}
}

func TestAPaymentIsFoundByEitherOfItsIDs(t *testing.T) {
	for name, want := range map[string]*cardprocessingproto.GetPaymentRequest{
		"auth_1": {AuthorisationId: "auth_1"}, "tx_1": {TransactionId: "tx_1"},
		"auth_1?card_id=card_1": {AuthorisationId: "auth_1", CardId: "card_1"},
	} {
		f := reversed()
		var got whole
		serveTo(t, f).Get("/payments/" + name).Into(&got)
		if diff := cmp.Diff(proto.Message(want), f.asked, protocmp.Transform()); diff != "" {
			t.Errorf("%s was asked otherwise:\n%s", name, diff)
		}
		if got.AuthorisationID != "auth_1" || len(got.Events) != 1 || got.Events[0].Number != 2 {
			t.Errorf("got %+v", got)
		}
	}
}

func TestAFollowUpThatCannotBeReadIsNotAsked(t *testing.T) {
	for body, code := range map[string]string{
		`{"amount": {"currency": "GBP"}}`:                      "bad_request.missing_param.amount.minor",
		`{"local_amount": {"currency": "GBP"}}`:                "bad_request.missing_param.local_amount.minor",
		`{"network": {}}`:                                      "bad_request.missing_param.network.transmitted_at",
		`{"original": {"network": {"transmitted_at": "now"}}}`: "bad_request.bad_param.original.network.transmitted_at",
		`{"refund": {"network": {"transmitted_at": "now"}}}`:   "bad_request.bad_param.refund.network.transmitted_at",
		`{"refund_authorisation": {"network": {}}}`: "bad_request.missing_param.refund_authorisation.network." +
			"transmitted_at",
		`{"card_number": "4111111111111112"}`: "bad_request.bad_param.card_number",
	} {
		f := reversed()
		door := serveTo(t, f)
		door.JSON("POST", "/clearings", body).Refused(http.StatusBadRequest, code)
		if f.asked != nil {
			t.Errorf("%s: asked %v", body, f.asked)
		}
	}
	f := reversed()
	f.fails = errs.New(errs.OutcomeUnknown, "who knows")
	serveTo(t, f).JSON("POST", "/reversals", collected).Refused(http.StatusGatewayTimeout, errs.OutcomeUnknown)
}

func TestABalanceInquiryIsAskedAsItIsSent(t *testing.T) {
	f := reversed()
	var got inquired
	serveTo(t, f).JSON("POST", "/balance-inquiries", `{
		"processor_id": "p1", "card_id": "card_1", "mcc": "6011", "entry_mode": "chip", "country": "GB",
		"verification": {"pin": "verified"}
	}`).Into(&got)
	want := &cardprocessingproto.InquireBalanceRequest{
		Message: &cardprocessingproto.Message{ProcessorId: "p1", CardId: "card_1"}, Mcc: "6011", Country: "GB",
		EntryMode:    cardprocessingproto.EntryMode_ENTRY_MODE_CHIP,
		Verification: &cardprocessingproto.Verification{Pin: cardprocessingproto.PINResult_PIN_RESULT_VERIFIED},
	}
	if diff := cmp.Diff(proto.Message(want), f.asked, protocmp.Transform()); diff != "" {
		t.Errorf("it was asked otherwise:\n%s", diff)
	}
	if got.Outcome != "approved" || *got.Available.Minor != 90_00 || *got.Posted.Minor != 100_00 {
		t.Errorf("it was answered %+v", got)
	}
	bad := `{"processor_id": "p1", "card_id": "card_1", "verification": {"pin": "1234"}}`
	serveTo(t, f).JSON("POST", "/balance-inquiries", bad).
		Refused(http.StatusBadRequest, "bad_request.bad_param.verification.pin")
}
