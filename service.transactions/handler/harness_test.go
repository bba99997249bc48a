package handler

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/clock"
	"farthing/pkg/events"
	"farthing/pkg/events/outbox"
	"farthing/pkg/id"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	"farthing/pkg/store/faults"
	"farthing/pkg/store/storetest"
	balanceproto "farthing/service.balance/proto"
	transactionsproto "farthing/service.transactions/proto"
	transactionsevents "farthing/service.transactions/proto/events"
	"farthing/service.transactions/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	noon    = time.Date(2026, 11, 9, 12, 30, 53, 0, time.UTC)
	account = id.Derived("acc", noon, "alice")
)

// bank is service.transactions on a store that fails as told, beside a ledger that answers as told.
type bank struct {
	*Handler
	ledger *ledger
	bus    *recorder
	told   *outbox.Outbox
	engine *faults.Engine
	pick   faults.Pick // Of the next operations; none at first.
}

func newBank(t *testing.T) *bank {
	t.Helper()
	b := &bank{ledger: &ledger{first: make(map[string]*balanceproto.ReserveResponse)}, bus: &recorder{}}
	b.mendPick()
	b.engine = faults.Wrap(apart{storetest.Memory(t, storage.Schema()).Open("transactions")},
		func(op faults.Op) faults.Fault { return b.pick(op) })
	keyspace := store.NewKeyspace("transactions", b.engine)
	b.told = outbox.New(keyspace, b.bus, slog.New(slog.DiscardHandler))
	clk := clock.StartingAt(noon)
	b.Handler = &Handler{
		transactions: storage.New(keyspace, b.told), balance: b.ledger, ids: id.NewMaker(clk), clock: clk,
		keys: storage.NewKeys(keyspace, seal.Ephemeral("persons")),
	}
	return b
}

// apart is a store that has partitions written apart where that may be, as Cassandra has.
type apart struct{ store.Engine }

// Spanning is false.
func (apart) Spanning() bool { return false }

func (b *bank) mendPick() { b.pick = func(faults.Op) faults.Fault { return faults.None } }

// mend ends all faults, and lets every write happen that is still on its way.
func (b *bank) mend(t *testing.T) {
	t.Helper()
	b.mendPick()
	if err := b.engine.Settle(t.Context()); err != nil {
		t.Fatalf("letting late writes happen: %v", err)
	}
}

// publish runs the outbox for a while, of simulated time, and answers what it published.
func (b *bank) publish(t *testing.T, during time.Duration) []events.Event {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { b.told.Run(ctx) })
	if err := clock.Wait(ctx, during); err != nil {
		t.Fatal(err)
	}
	cancel()
	running.Wait()
	return b.bus.all()
}

func (b *bank) get(t *testing.T, transactionID string) *transactionsproto.Transaction {
	t.Helper()
	rsp, err := b.Get(t.Context(), &transactionsproto.GetRequest{TransactionId: transactionID, ClientId: "client_a"})
	if err != nil {
		t.Fatalf("getting %s: %v", transactionID, err)
	}
	return rsp.GetTransaction()
}

// pay authorises a purchase that the ledger approves.
func (b *bank) pay(t *testing.T, hold string) string {
	t.Helper()
	rsp, err := b.Authorise(t.Context(), purchase(hold))
	if err != nil || !rsp.GetApproved() {
		t.Fatalf("authorising: %v, %v", rsp, err)
	}
	return rsp.GetTransactionId()
}

func holdNamed(name string) string { return id.Derived("hold", noon, name) }

func pounds(minor int64) *moneyproto.Money { return &moneyproto.Money{Minor: minor, Currency: "GBP"} }

func purchase(hold string) *transactionsproto.AuthoriseRequest {
	return &transactionsproto.AuthoriseRequest{
		HoldId: holdNamed(hold), AccountId: account, UserId: "user_alice", CardId: "card_alice",
		Purchase: &transactionsproto.Purchase{
			Amount: pounds(3_50), Descriptor_: "PRET A MANGER 1234 LONDON GBR", Mcc: "5814", Scheme: "mastercard",
		},
	}
}

// ledger is a fake of service.balance. It approves unless told otherwise, and answers a repeat as the first time.
type ledger struct {
	balanceproto.BalanceClient
	mu      sync.Mutex // Guards the rest.
	first   map[string]*balanceproto.ReserveResponse
	asked   []*balanceproto.ReserveRequest
	declare func(*balanceproto.ReserveResponse) // Changes the next answer, repeats included.
	failure error
}

func (l *ledger) Reserve(
	_ context.Context, req *balanceproto.ReserveRequest, _ ...grpc.CallOption,
) (*balanceproto.ReserveResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, req)
	if l.failure != nil {
		return nil, l.failure
	}
	known, repeated := l.first[req.GetHoldId()]
	if !repeated {
		known = &balanceproto.ReserveResponse{
			Outcome: balanceproto.Outcome_OUTCOME_APPROVED, TransactionId: req.GetTransactionId(), Balance: pounds(96_50),
		}
		l.first[req.GetHoldId()] = known
	}
	if l.declare != nil {
		l.declare(known)
		l.declare = nil
	}
	rsp := proto.CloneOf(known)
	rsp.Repeated = repeated
	return rsp, nil
}

func declined(reason balanceproto.DeclineReason) func(*balanceproto.ReserveResponse) {
	return func(rsp *balanceproto.ReserveResponse) {
		rsp.Outcome, rsp.DeclineReason = balanceproto.Outcome_OUTCOME_DECLINED, reason
	}
}

// recorder is a bus that remembers what was published.
type recorder struct {
	mu        sync.Mutex // Guards published.
	published []events.Event
}

func (r *recorder) Publish(_ context.Context, all ...events.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.published = append(r.published, all...)
	return nil
}

func (r *recorder) all() []events.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.published)
}

// changeOf is what an event says.
func changeOf(t *testing.T, e events.Event) *transactionsevents.TransactionChanged {
	t.Helper()
	changed := &transactionsevents.TransactionChanged{}
	if err := proto.Unmarshal(e.Body, changed); err != nil {
		t.Fatalf("reading event %s: %v", e.ID, err)
	}
	return changed
}

// stateOf is what an event says of its transaction.
func stateOf(t *testing.T, e events.Event) *transactionsproto.Transaction {
	t.Helper()
	return changeOf(t, e).GetTransaction()
}

// firsts are the versions of the enriched events that say that nobody was told before.
func firsts(t *testing.T, published []events.Event) (versions []int64) {
	t.Helper()
	for _, e := range published {
		if changeOf(t, e).GetFirst() {
			versions = append(versions, e.Version)
		}
	}
	return versions
}

// kinds are the events as "type/version", in the order of their publication.
func kinds(published []events.Event) []string {
	out := make([]string, len(published))
	for i, e := range published {
		out[i] = fmt.Sprint(e.Type, "/", e.Version)
	}
	return out
}
