package handler

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/clock"
	"farthing/pkg/edge"
	"farthing/pkg/edge/edgetest"
	"farthing/pkg/errs"
	"farthing/pkg/foundation/foundationtest"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/trace"
	cardprocessingproto "farthing/service.card-processing/proto"
)

const number = "4111111111111111" // A test number of the schemes' own.

// swiped is a good request.
const swiped = `{
	"network": {"acquirer_id": "400123", "stan": "000042", "rrn": "631412000042", "terminal_id": "TERM0001",
		"transmitted_at": "2026-11-09T12:30:53.25+00:00"},
	"card_number": "` + number + `", "amount": {"minor": 350, "currency": "GBP"},
	"local_amount": {"minor": 700, "currency": "JPY"}, "conversion_rate": "0.005",
	"descriptor": "PRET A MANGER 1234 LONDON GBR", "mcc": "5814",
	"cashback": {"minor": 100, "currency": "GBP"},
	"verification": {"expiry": "2029-11", "cvv": "match", "cryptogram": "not_checked", "address": "no_match",
		"pin": "tries_exceeded"}
}`

// processing is a fake of service.card-processing.
type processing struct {
	cardprocessingproto.CardProcessingClient
	mu     sync.Mutex // Guards asked.
	asked  []*cardprocessingproto.AuthoriseRequest
	answer *cardprocessingproto.AuthoriseResponse
	fails  error
	hangs  bool
	stuck  chan struct{} // Heeds no context, as a stalled disk does, until it is closed.
}

func (p *processing) Authorise(
	ctx context.Context, req *cardprocessingproto.AuthoriseRequest, _ ...grpc.CallOption,
) (*cardprocessingproto.AuthoriseResponse, error) {
	p.mu.Lock()
	p.asked = append(p.asked, req)
	p.mu.Unlock()
	if p.stuck != nil {
		<-p.stuck
	}
	if p.hangs {
		<-ctx.Done()
		return nil, errs.New(errs.OutcomeUnknown, "no answer").Because(ctx.Err())
	}
	return p.answer, p.fails
}

func approved() *processing {
	return &processing{answer: &cardprocessingproto.AuthoriseResponse{
		AuthorisationId: "auth_1", Approved: true, TransactionId: "tx_1",
		Balance: &moneyproto.Money{Minor: 96_50, Currency: "GBP"},
	}}
}

// serve serves the door before a peer. What it logs is in the buffer.
func serve(t *testing.T, p *processing) (*edgetest.Door, *foundationtest.Lines) {
	t.Helper()
	logged := &foundationtest.Lines{}
	h := &Handler{processing: p}
	return edgetest.Serve(t, h.door(edge.Standard{
		Log: slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})), logged
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWhatIsSentIsAskedAsItIs(t *testing.T) {
	p := approved()
	door, _ := serve(t, p)
	door.JSON("POST", "/authorisations", swiped).Into(&struct{}{})
	want := []*cardprocessingproto.AuthoriseRequest{{
		Network: &cardprocessingproto.NetworkIDs{
			AcquirerId: "400123", Stan: "000042", Rrn: "631412000042", TerminalId: "TERM0001",
			TransmittedMs: time.Date(2026, 11, 9, 12, 30, 53, 250e6, time.UTC).UnixMilli(),
		},
		CardNumber: number, Amount: &moneyproto.Money{Minor: 350, Currency: "GBP"},
		LocalAmount: &moneyproto.Money{Minor: 700, Currency: "JPY"}, Descriptor_: "PRET A MANGER 1234 LONDON GBR",
		Mcc: "5814", ConversionRate: "0.005", Cashback: &moneyproto.Money{Minor: 100, Currency: "GBP"},
		Verification: &cardprocessingproto.Verification{
			Expiry: "2029-11", Cvv: cardprocessingproto.CheckResult_CHECK_RESULT_MATCH,
			Cryptogram: cardprocessingproto.CheckResult_CHECK_RESULT_NOT_CHECKED,
			Address:    cardprocessingproto.CheckResult_CHECK_RESULT_NO_MATCH,
			Pin:        cardprocessingproto.PINResult_PIN_RESULT_TRIES_EXCEEDED,
		},
	}}
	if diff := cmp.Diff(want, p.asked, protocmp.Transform()); diff != "" {
		t.Fatal(diff)
	}
}

var update = flag.Bool("update", false, "write the golden files anew")

func TestAnswersAreAsDocumented(t *testing.T) {
	declined := approved()
	declined.answer.Approved, declined.answer.DeclineReason = false, "insufficient_funds"
	unknown := &processing{answer: &cardprocessingproto.AuthoriseResponse{
		AuthorisationId: "auth_1", DeclineReason: "unknown_card", TransactionId: "tx_1",
	}}
	for name, p := range map[string]*processing{
		"approved": approved(), "declined": declined, "unknown_card": unknown,
		"nothing_done":    {fails: errs.New(errs.Unavailable+".store", "The store is not available")},
		"outcome_unknown": {fails: errs.New(errs.OutcomeUnknown, "The outcome is not known; repeat with the same id")},
		"bad_request":     {fails: errs.BadParam("amount.minor", "must be more than zero")},
		"internal":        {fails: fmt.Errorf("something of ours with %s in it", number)},
	} {
		t.Run(name, func(t *testing.T) {
			door, _ := serve(t, p)
			rsp := door.JSON("POST", "/authorisations", swiped)
			got := fmt.Sprintf("%d\n%s\n", rsp.Status, indented(t, rsp.Body))
			file := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func indented(t *testing.T, body []byte) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, bytes.TrimSpace(body), "", "  "); err != nil {
		t.Fatalf("the answer is no JSON: %v: %s", err, body)
	}
	return out.String()
}

func TestAnAnswerNamesItsTrace(t *testing.T) {
	h := &Handler{processing: approved()}
	tracer := trace.NewRecorder(trace.Limits{}).Tracer("service.card-api")
	rsp := edgetest.Serve(t, h.door(edge.Standard{Tracer: tracer})).JSON("POST", "/authorisations", swiped)
	var got answer
	rsp.Into(&got)
	if got.TraceID == "" || got.TraceID != rsp.Header.Get("Trace-Id") {
		t.Fatalf("the body says %q, the header %q", got.TraceID, rsp.Header.Get("Trace-Id"))
	}
}

func TestTheAnswerComesWithinOneAndAHalfSecondsThoughThePeerHangs(t *testing.T) {
	for name, heeds := range map[string]bool{"until it is told to stop": true, "and cannot be told to stop": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				peer := &processing{hangs: heeds}
				if !heeds {
					peer.stuck = make(chan struct{})
					defer close(peer.stuck)
				}
				req := httptest.NewRequestWithContext(t.Context(), "POST", "/authorisations", strings.NewReader(swiped))
				req.Header.Set("Content-Type", "application/json")
				h, rsp, watch := &Handler{processing: peer}, httptest.NewRecorder(), clock.Start()
				h.door(edge.Standard{}).ServeHTTP(rsp, req)
				if took := watch.Elapsed(); rsp.Code != http.StatusGatewayTimeout || took > 1500*time.Millisecond {
					t.Fatalf("answered %d after %v", rsp.Code, took)
				}
			})
		})
	}
}
