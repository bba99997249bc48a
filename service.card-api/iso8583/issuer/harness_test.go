package issuer

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/clock"
	"farthing/pkg/foundation/foundationtest"
	moneyproto "farthing/pkg/money/proto"
	"farthing/service.card-api/iso8583"
	cardprocessingproto "farthing/service.card-processing/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	number = "4111111111111111" // A test number of the schemes' own.
	shop   = "PRET A MANGER 1234 LONDON GBR"
)

var noon = time.Date(2026, 11, 9, 12, 30, 53, 0, time.UTC)

// processing is a fake of service.card-processing: it keeps what it is asked, and answers as it is told.
type processing struct {
	cardprocessingproto.CardProcessingClient
	mu      sync.Mutex // Guards asked.
	asked   []proto.Message
	decides *cardprocessingproto.AuthoriseResponse
	payment *cardprocessingproto.Payment
	event   *cardprocessingproto.PaymentEvent
	fails   error
	has     *cardprocessingproto.InquireBalanceResponse
	stuck   chan struct{} // Heeds no context until it is closed.
}

func (p *processing) hear(req proto.Message) error {
	p.mu.Lock()
	p.asked = append(p.asked, req)
	p.mu.Unlock()
	if p.stuck != nil {
		<-p.stuck
	}
	return p.fails
}

func (p *processing) Authorise(
	_ context.Context, req *cardprocessingproto.AuthoriseRequest, _ ...grpc.CallOption,
) (*cardprocessingproto.AuthoriseResponse, error) {
	return p.decides, p.hear(req)
}

func (p *processing) Reverse(
	_ context.Context, req *cardprocessingproto.ReverseRequest, _ ...grpc.CallOption,
) (*cardprocessingproto.ReverseResponse, error) {
	return &cardprocessingproto.ReverseResponse{Payment: p.payment, Event: p.event}, p.hear(req)
}

func (p *processing) Increment(
	_ context.Context, req *cardprocessingproto.IncrementRequest, _ ...grpc.CallOption,
) (*cardprocessingproto.IncrementResponse, error) {
	return &cardprocessingproto.IncrementResponse{Payment: p.payment, Event: p.event}, p.hear(req)
}

func (p *processing) Advise(
	_ context.Context, req *cardprocessingproto.AdviseRequest, _ ...grpc.CallOption,
) (*cardprocessingproto.AdviseResponse, error) {
	return &cardprocessingproto.AdviseResponse{Payment: p.payment, Event: p.event}, p.hear(req)
}

func (p *processing) Clear(
	_ context.Context, req *cardprocessingproto.ClearRequest, _ ...grpc.CallOption,
) (*cardprocessingproto.ClearResponse, error) {
	return &cardprocessingproto.ClearResponse{Payment: p.payment, Event: p.event}, p.hear(req)
}

func (p *processing) Refund(
	_ context.Context, req *cardprocessingproto.RefundRequest, _ ...grpc.CallOption,
) (*cardprocessingproto.RefundResponse, error) {
	return &cardprocessingproto.RefundResponse{Payment: p.payment, Event: p.event}, p.hear(req)
}

func (p *processing) AuthoriseRefund(
	_ context.Context, req *cardprocessingproto.AuthoriseRefundRequest, _ ...grpc.CallOption,
) (*cardprocessingproto.AuthoriseRefundResponse, error) {
	return &cardprocessingproto.AuthoriseRefundResponse{Payment: p.payment, Event: p.event}, p.hear(req)
}

func (p *processing) ReverseRefund(
	_ context.Context, req *cardprocessingproto.ReverseRefundRequest, _ ...grpc.CallOption,
) (*cardprocessingproto.ReverseRefundResponse, error) {
	return &cardprocessingproto.ReverseRefundResponse{Payment: p.payment, Event: p.event}, p.hear(req)
}

func (p *processing) InquireBalance(
	_ context.Context, req *cardprocessingproto.InquireBalanceRequest, _ ...grpc.CallOption,
) (*cardprocessingproto.InquireBalanceResponse, error) {
	return p.has, p.hear(req)
}

func approving() *processing {
	return &processing{
		has: &cardprocessingproto.InquireBalanceResponse{Approved: true, Available: pounds(96_50), Posted: pounds(100_00)},
		decides: &cardprocessingproto.AuthoriseResponse{
			AuthorisationId: "auth_1", Approved: true, TransactionId: "tx_1", Amount: pounds(3_50), Balance: pounds(96_50),
		},
		payment: &cardprocessingproto.Payment{Id: "auth_1", TransactionId: "tx_1", Currency: "GBP", Descriptor_: shop},
	}
}

func pounds(minor int64) *moneyproto.Money { return &moneyproto.Money{Minor: minor, Currency: "GBP"} }

// ask has a message answered as it would be over either encoding. What is logged is the second answer.
func ask(t *testing.T, p *processing, m iso8583.Message) (iso8583.Message, string) {
	t.Helper()
	body, err := iso8583.Encode(m, iso8583.Binary)
	if err != nil {
		t.Fatal(err)
	}
	if m, err = iso8583.Decode(body, iso8583.Binary); err != nil {
		t.Fatal(err)
	}
	logged := &foundationtest.Lines{}
	i := &Issuer{
		Processing: p, Clock: clock.Fixed(noon), Within: 1500 * time.Millisecond,
		Log: slog.New(slog.NewTextHandler(logged, nil)),
	}
	reply := i.Answer(t.Context(), m)
	if _, err := iso8583.Encode(reply, iso8583.ASCII); err != nil {
		t.Fatalf("the answer cannot be encoded: %v", err)
	}
	return reply, logged.String()
}

// request is a message with all that a purchase has.
func request(mti string) iso8583.Message {
	return iso8583.New(mti).With(iso8583.PAN, number).With(iso8583.ProcessingCode, "000000").
		With(iso8583.TransactionAmount, "350").With(iso8583.TransmittedAt, "1109123053").With(iso8583.STAN, "000042").
		With(iso8583.MerchantType, "5814").With(iso8583.AcquirerCountry, "826").With(iso8583.EntryMode, "071").
		With(iso8583.Acquirer, "400123").With(iso8583.RRN, "631412000042").With(iso8583.Terminal, "TERM0001").
		With(iso8583.NameAndLocation, shop).With(iso8583.TransactionCurrency, "826")
}

// about is a request that names an original of a type.
func about(mti, original string) iso8583.Message {
	return request(mti).With(iso8583.STAN, "000043").
		With(iso8583.OriginalDataElements, original+"0000421109123052"+fmt.Sprintf("%011d%011d", 400123, 0))
}

func ids(stan string, at time.Time) *cardprocessingproto.NetworkIDs {
	return &cardprocessingproto.NetworkIDs{
		AcquirerId: "400123", Stan: stan, Rrn: "631412000042", TerminalId: "TERM0001", TransmittedMs: at.UnixMilli(),
	}
}
