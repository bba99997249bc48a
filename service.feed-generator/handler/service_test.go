package handler

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/service.feed-generator/logic"
	feedproto "farthing/service.feed/proto"
	transactionsproto "farthing/service.transactions/proto"
	transactionsevents "farthing/service.transactions/proto/events"
)

var noon = time.Date(2026, 11, 9, 12, 30, 53, 0, time.UTC)

// feed is a fake of service.feed.
type feed struct {
	feedproto.FeedClient
	appended []*feedproto.Item
	fails    error
}

func (f *feed) Append(
	_ context.Context, req *feedproto.AppendRequest, _ ...grpc.CallOption,
) (*feedproto.AppendResponse, error) {
	if f.fails == nil {
		f.appended = append(f.appended, req.GetItem())
	}
	return &feedproto.AppendResponse{}, f.fails
}

func newGenerator(f *feed) *generator {
	return &generator{feed: f, clock: clock.StartingAt(noon), lag: newLag(prometheus.NewRegistry())}
}

func coffee() *transactionsproto.Transaction {
	return &transactionsproto.Transaction{
		Id: "tx_1", AccountId: "acc_1", CreatedMs: noon.UnixMilli(), Version: 1_002, Descriptor_: "PRET A MANGER",
	}
}

func enriched(t *testing.T, transaction *transactionsproto.Transaction) events.Event {
	t.Helper()
	body, err := proto.Marshal(&transactionsevents.TransactionChanged{Transaction: transaction})
	if err != nil {
		t.Fatal(err)
	}
	return events.Event{ID: "evt_1", Type: "transactions.enriched", Body: body}
}

func TestARepeatedEventMakesTheSameItem(t *testing.T) {
	f := &feed{}
	g := newGenerator(f)
	for range 3 {
		if err := g.append(t.Context(), enriched(t, coffee())); err != nil {
			t.Fatal(err)
		}
	}
	want := logic.ItemOf(coffee())
	if diff := cmp.Diff([]*feedproto.Item{want, want, want}, f.appended, protocmp.Transform()); diff != "" {
		t.Fatal(diff)
	}
}

func TestAFeedThatIsAwayIsTriedAgain(t *testing.T) {
	for _, code := range []string{errs.Unavailable, errs.OutcomeUnknown, errs.Internal} {
		err := newGenerator(&feed{fails: errs.New(code, "not now")}).append(t.Context(), enriched(t, coffee()))
		if !errs.Is(err, code) || errors.Is(err, events.ErrPoison) {
			t.Errorf("%s became %v", code, err)
		}
	}
}

func TestWhatCanNeverBeShownIsPoison(t *testing.T) {
	refusing := newGenerator(&feed{fails: errs.MissingParam("item.title")})
	if err := refusing.append(t.Context(), enriched(t, coffee())); !errors.Is(err, events.ErrPoison) {
		t.Errorf("what the feed refuses: %v", err)
	}
	err := newGenerator(&feed{}).append(t.Context(), events.Event{Body: []byte("no body")})
	if !errors.Is(err, events.ErrPoison) {
		t.Errorf("what is no event: %v", err)
	}
}
