package handler

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"farthing/pkg/clock"
	"farthing/pkg/id"
	moneyproto "farthing/pkg/money/proto"
	"farthing/pkg/store"
	"farthing/pkg/store/faults"
	"farthing/pkg/store/storetest"
	"farthing/pkg/store/worklist"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.balance/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bank is service.balance on a store that fails as told.
type bank struct {
	*Handler
	engine   *faults.Engine
	keyspace *store.Keyspace
	pick     faults.Pick // Of the next operation; none at first.
	clock    *clock.Business
	ids      *id.Maker
	account  string
}

// quiet is a relay that tells nobody.
type quiet struct{}

func (quiet) Mark(context.Context, string) error { return nil }
func (quiet) Committed(string, []logic.Entry)    {}
func noFault(faults.Op) faults.Fault             { return faults.None }
func pounds(minor int64) *moneyproto.Money       { return &moneyproto.Money{Minor: minor, Currency: "GBP"} }
func holdNamed(name string, n int) string {
	return id.Derived("hold", time.UnixMilli(1_000), fmt.Sprint(name, n))
}
func approved(r *balanceproto.ReserveResponse) bool {
	return r.GetOutcome() == balanceproto.Outcome_OUTCOME_APPROVED
}

// newBank has one account with this much in it.
func newBank(t *testing.T, minor int64, options ...logic.Option) *bank {
	t.Helper()
	clk := &clock.Business{}
	b := &bank{pick: noFault, clock: clk, ids: id.NewMaker(clk)}
	b.engine = faults.Wrap(storetest.Memory(t, storage.Schema()).Open("balance"),
		func(op faults.Op) faults.Fault { return b.pick(op) })
	b.keyspace = store.NewKeyspace("balance", b.engine)
	accounts := storage.NewAccounts(b.keyspace)
	ledger := logic.NewLedger(accounts, quiet{}, clk, time.UTC, func(int64, []logic.Entry) {}, options...)
	b.Handler = &Handler{ledger: ledger, accounts: accounts, bookkeeper: &logic.Bookkeeper{
		Ledger: ledger, Journals: storage.NewJournals(b.keyspace), Accounts: accounts, Clock: clk,
	}}
	t.Cleanup(ledger.Drain)
	b.account = b.ids.New("acc")
	if _, err := b.Open(t.Context(), &balanceproto.OpenRequest{AccountId: b.account, Currency: "GBP"}); err != nil {
		t.Fatalf("opening: %v", err)
	}
	if minor > 0 {
		b.payIn(t, minor, "salary")
	}
	return b
}

func (b *bank) payIn(t *testing.T, minor int64, dedupeID string) {
	t.Helper()
	_, err := b.PayIn(t.Context(), &balanceproto.PayInRequest{
		AccountId: b.account, Amount: pounds(minor), DedupeId: dedupeID,
	})
	if err != nil {
		t.Fatalf("paying in: %v", err)
	}
}

func (b *bank) reserve(ctx context.Context, hold string, minor int64) (*balanceproto.ReserveResponse, error) {
	return b.Reserve(ctx, &balanceproto.ReserveRequest{
		AccountId: b.account, HoldId: hold, Amount: pounds(minor), TransactionId: b.ids.New("tx"),
	})
}

// rollForward finishes every journal that is listed.
func (b *bank) rollForward(t *testing.T) {
	t.Helper()
	list, now := storage.NewJournals(b.keyspace).List(), b.bookkeeper.Clock.Now()
	err := list.Each(t.Context(), now.Add(-time.Hour), now, func(ctx context.Context, item worklist.Item) error {
		return b.bookkeeper.RollForward(ctx, item.Name)
	})
	if err != nil {
		t.Fatalf("rolling forward: %v", err)
	}
}

// mend ends all faults, and lets every write happen that is still on its way.
func (b *bank) mend(t *testing.T) {
	t.Helper()
	b.ledger.Drain()
	b.pick = noFault
	if err := b.engine.Settle(t.Context()); err != nil {
		t.Fatalf("letting late writes happen: %v", err)
	}
}

// entries is the whole ledger of the account, checked for gaps and for its sums.
func (b *bank) entries(t *testing.T) map[string]*balanceproto.Entry {
	t.Helper()
	byID := make(map[string]*balanceproto.Entry)
	var after, posted, held int64
	for {
		rsp, err := b.ListEntries(t.Context(), &balanceproto.ListEntriesRequest{
			AccountId: b.account, AfterSequence: after, Limit: 1000,
		})
		if err != nil {
			t.Fatalf("listing entries: %v", err)
		}
		for _, e := range rsp.GetEntries() {
			posted, held = posted+e.GetPostedChangeMinor(), held+e.GetHeldChangeMinor()
			if e.GetSequence() != after+1 || e.GetPostedMinor() != posted || e.GetHeldMinor() != held || byID[e.GetId()] != nil {
				t.Fatalf("after %d, posted %d, held %d comes %v", after, posted, held, e)
			}
			after, byID[e.GetId()] = e.GetSequence(), e
		}
		if len(rsp.GetEntries()) == 0 {
			break
		}
	}
	state, err := b.GetBalance(t.Context(), &balanceproto.GetBalanceRequest{AccountId: b.account})
	if err != nil || state.GetPosted().GetMinor() != posted || state.GetHeld().GetMinor() != held {
		t.Fatalf("the state %v (%v) is not the sum of its entries: posted %d, held %d", state, err, posted, held)
	}
	return byID
}
