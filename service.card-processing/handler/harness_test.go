package handler

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"google.golang.org/grpc"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/id"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/store"
	"farthing/pkg/store/faults"
	"farthing/pkg/store/storetest"
	balanceproto "farthing/service.balance/proto"
	cardprocessingproto "farthing/service.card-processing/proto"
	"farthing/service.card-processing/storage"
	cardsproto "farthing/service.cards/proto"
	transactionsproto "farthing/service.transactions/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testNumber = "4111111111111111"
	cardID     = "card_alice"
)

var noon = time.Date(2026, 11, 9, 12, 30, 53, 0, time.UTC)

// bank is service.card-processing on a store that fails as told, beside fakes of its peers.
type bank struct {
	*Handler
	peers   *peers
	pick    faults.Pick // Of the next operations; none at first.
	counted prometheus.Gatherer
}

func newBank(t *testing.T) *bank {
	t.Helper()
	b := &bank{peers: newPeers(), pick: func(faults.Op) faults.Fault { return faults.None }}
	registry := prometheus.NewRegistry()
	b.counted = registry
	engine := faults.Wrap(storetest.Memory(t, storage.Schema()).Open("card_processing"),
		func(op faults.Op) faults.Fault { return b.pick(op) })
	b.Handler = &Handler{
		cards: fakeCards{p: b.peers}, transactions: fakeTransactions{p: b.peers}, balance: fakeBalance{p: b.peers},
		clock: clock.StartingAt(noon), metrics: newMetrics(registry),
	}
	b.keep(store.NewKeyspace("card_processing", engine))
	return b
}

// count is what a counter says, over all its labels or those with one value.
func (b *bank) count(t *testing.T, name, label string) int {
	t.Helper()
	families, err := b.counted.Gather()
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			matches := label == ""
			for _, pair := range metric.GetLabel() {
				matches = matches || pair.GetValue() == label
			}
			if family.GetName() == name && matches {
				total += int(metric.GetCounter().GetValue())
			}
		}
	}
	return total
}

// swipe is an authorisation by the network's ids.
func swipe(stan string) *cardprocessingproto.AuthoriseRequest {
	return &cardprocessingproto.AuthoriseRequest{
		Network: &cardprocessingproto.NetworkIDs{
			AcquirerId: "400123", Stan: stan, Rrn: "631412000042", TerminalId: "TERM0001", TransmittedMs: noon.UnixMilli(),
		},
		CardId: cardID, Amount: pounds(3_50), LocalAmount: pounds(4_00), Descriptor_: "PRET A MANGER", Mcc: "5814",
	}
}

func pounds(minor int64) *moneyproto.Money { return &moneyproto.Money{Minor: minor, Currency: "GBP"} }

// peers are the services behind this one: one card, and every payment approved, until told otherwise.
type peers struct {
	mu         sync.Mutex // Guards the rest.
	card       *cardsproto.Card
	recorded   map[string]*transactionsproto.Transaction
	authorised []*transactionsproto.AuthoriseRequest
	unknown    []*transactionsproto.DeclineUnknownCardRequest
	released   []*balanceproto.ReleaseRequest
	followed   []*transactionsproto.FollowRequest
	decline    string
	tried      map[string]bool  // Attempts with the PIN, and whether it was right.
	posted     map[string]int64 // To the account, by message.
	fenced     bool             // No hold was ever made.
	confirmed  bool             // A repeat of every hold was answered.
	fails      map[string]error // By method.
	hangs      map[string]bool  // By method: it answers when its caller gives up.
}

func newPeers() *peers {
	return &peers{
		card: &cardsproto.Card{
			Id: cardID, AccountId: "acc_alice", UserId: "user_alice", Status: cardsproto.Status_STATUS_ACTIVE,
			ExpiresYear: 2029, ExpiresMonth: 11,
		},
		recorded: make(map[string]*transactionsproto.Transaction), fails: make(map[string]error),
		hangs: make(map[string]bool), tried: make(map[string]bool), posted: make(map[string]int64),
	}
}

// meet is what happens to a call before it is answered.
func (p *peers) meet(ctx context.Context, method string) error {
	p.mu.Lock()
	hangs, failure := p.hangs[method], p.fails[method]
	p.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return errs.New(errs.OutcomeUnknown, "no answer").Because(ctx.Err())
	}
	return failure
}

type fakeCards struct {
	cardsproto.CardsClient
	p *peers
}

func (f fakeCards) Identify(
	ctx context.Context, req *cardsproto.IdentifyRequest, _ ...grpc.CallOption,
) (*cardsproto.IdentifyResponse, error) {
	if err := f.p.meet(ctx, "Identify"); err != nil {
		return nil, err
	}
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	if req.GetNumber() != testNumber && req.GetCardId() != f.p.card.GetId() {
		return nil, errs.Missing("card")
	}
	return &cardsproto.IdentifyResponse{Card: f.p.card}, nil
}

// TryPIN counts every attempt, and blocks at once.
func (f fakeCards) TryPIN(
	ctx context.Context, req *cardsproto.TryPINRequest, _ ...grpc.CallOption,
) (*cardsproto.TryPINResponse, error) {
	if err := f.p.meet(ctx, "TryPIN"); err != nil {
		return nil, err
	}
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	_, repeated := f.p.tried[req.GetAttemptId()]
	blocked := len(f.p.tried) > 0 && !repeated
	f.p.tried[req.GetAttemptId()] = req.GetVerified()
	return &cardsproto.TryPINResponse{Wrong: 1, Blocked: blocked, Allowed: 1}, nil
}

type fakeTransactions struct {
	transactionsproto.TransactionsClient
	p *peers
}

func (f fakeTransactions) Authorise(
	ctx context.Context, req *transactionsproto.AuthoriseRequest, _ ...grpc.CallOption,
) (*transactionsproto.AuthoriseResponse, error) {
	if err := f.p.meet(ctx, "Authorise"); err != nil {
		return nil, err
	}
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	f.p.authorised = append(f.p.authorised, req)
	return &transactionsproto.AuthoriseResponse{
		TransactionId: id.Derived("tx", noon, req.GetHoldId()), Approved: f.p.decline == "", DeclineReason: f.p.decline,
		Balance: pounds(96_50),
	}, nil
}

func (f fakeTransactions) DeclineUnknownCard(
	ctx context.Context, req *transactionsproto.DeclineUnknownCardRequest, _ ...grpc.CallOption,
) (*transactionsproto.DeclineUnknownCardResponse, error) {
	if err := f.p.meet(ctx, "DeclineUnknownCard"); err != nil {
		return nil, err
	}
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	f.p.unknown = append(f.p.unknown, req)
	return &transactionsproto.DeclineUnknownCardResponse{TransactionId: id.Derived("tx", noon, req.GetHoldId())}, nil
}

func (f fakeTransactions) Get(
	ctx context.Context, req *transactionsproto.GetRequest, _ ...grpc.CallOption,
) (*transactionsproto.GetResponse, error) {
	if err := f.p.meet(ctx, "Get"); err != nil {
		return nil, err
	}
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	found, ok := f.p.recorded[req.GetTransactionId()]
	if !ok {
		return nil, errs.Missing("transaction")
	}
	return &transactionsproto.GetResponse{Transaction: found}, nil
}

func (f fakeTransactions) Follow(
	ctx context.Context, req *transactionsproto.FollowRequest, _ ...grpc.CallOption,
) (*transactionsproto.FollowResponse, error) {
	if err := f.p.meet(ctx, "Follow"); err != nil {
		return nil, err
	}
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	f.p.followed = append(f.p.followed, req)
	return &transactionsproto.FollowResponse{}, nil
}

type fakeBalance struct {
	balanceproto.BalanceClient
	p *peers
}

func (f fakeBalance) Release(
	ctx context.Context, req *balanceproto.ReleaseRequest, _ ...grpc.CallOption,
) (*balanceproto.ReleaseResponse, error) {
	if err := f.p.meet(ctx, "Release"); err != nil {
		return nil, err
	}
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	f.p.released = append(f.p.released, req)
	return &balanceproto.ReleaseResponse{Amount: pounds(3_50), Balance: pounds(100_00)}, nil
}

func (f fakeBalance) Disown(
	ctx context.Context, _ *balanceproto.DisownRequest, _ ...grpc.CallOption,
) (*balanceproto.DisownResponse, error) {
	if err := f.p.meet(ctx, "Disown"); err != nil {
		return nil, err
	}
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	return &balanceproto.DisownResponse{Disowned: !f.p.confirmed}, nil
}

// GetBalance is of an account with a hundred pounds, ten of which are held.
func (f fakeBalance) GetBalance(
	ctx context.Context, _ *balanceproto.GetBalanceRequest, _ ...grpc.CallOption,
) (*balanceproto.GetBalanceResponse, error) {
	if err := f.p.meet(ctx, "GetBalance"); err != nil {
		return nil, err
	}
	return &balanceproto.GetBalanceResponse{Available: pounds(90_00), Posted: pounds(100_00), Held: pounds(10_00)}, nil
}

// Refund and ReverseRefund post once for each message.
func (f fakeBalance) Refund(
	ctx context.Context, req *balanceproto.RefundRequest, _ ...grpc.CallOption,
) (*balanceproto.RefundResponse, error) {
	return &balanceproto.RefundResponse{}, f.post(ctx, "Refund", req.GetClearingId(), req.GetAmount().GetMinor())
}

func (f fakeBalance) ReverseRefund(
	ctx context.Context, req *balanceproto.ReverseRefundRequest, _ ...grpc.CallOption,
) (*balanceproto.ReverseRefundResponse, error) {
	err := f.post(ctx, "ReverseRefund", req.GetClearingId(), -req.GetAmount().GetMinor())
	return &balanceproto.ReverseRefundResponse{}, err
}

// Adjust moves whatever it is asked to.
func (f fakeBalance) Adjust(
	ctx context.Context, _ *balanceproto.AdjustRequest, _ ...grpc.CallOption,
) (*balanceproto.AdjustResponse, error) {
	return &balanceproto.AdjustResponse{}, f.p.meet(ctx, "Adjust")
}

func (f fakeBalance) post(ctx context.Context, method, message string, minor int64) error {
	if err := f.p.meet(ctx, method); err != nil {
		return err
	}
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	f.p.posted[message] = minor
	return nil
}

// sent is all that was posted.
func (p *peers) sent() (minor int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, each := range p.posted {
		minor += each
	}
	return minor
}

// SettleHold finds every hold approved, or none was made.
func (f fakeBalance) SettleHold(
	ctx context.Context, _ *balanceproto.SettleHoldRequest, _ ...grpc.CallOption,
) (*balanceproto.SettleHoldResponse, error) {
	if err := f.p.meet(ctx, "SettleHold"); err != nil {
		return nil, err
	}
	if f.p.fenced {
		return &balanceproto.SettleHoldResponse{Outcome: balanceproto.Outcome_OUTCOME_DECLINED, Amount: pounds(0)}, nil
	}
	return &balanceproto.SettleHoldResponse{
		Outcome: balanceproto.Outcome_OUTCOME_APPROVED, Amount: pounds(3_50), TransactionId: "tx_1",
		DecidedMs: noon.UnixMilli(),
	}, nil
}
