package holds

import (
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"farthing/cmd/farthing/bench/loop"
	"farthing/pkg/store/storetest"
	balance "farthing/service.balance/handler"
	balanceproto "farthing/service.balance/proto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// started is a bank with accounts, which stops with the test and leaves nothing in its temporary folder.
func started(t testing.TB, accounts int) (*Bank, []string) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("TMPDIR", home)
	b, err := Start(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(t.Context()); err != nil {
			t.Errorf("stopping: %v", err)
		}
		if left, err := os.ReadDir(home); err != nil || len(left) != 0 {
			t.Errorf("%v are left: %v", left, err)
		}
	})
	made, err := b.Accounts(t.Context(), accounts)
	if err != nil {
		t.Fatal(err)
	}
	return b, made
}

const shortly = 100 * time.Millisecond

func TestEveryHoldCountedIsInTheLedger(t *testing.T) {
	b, accounts := started(t, 3)
	got, err := b.Run(t.Context(), accounts, loop.Load{Workers: 8, Time: shortly})
	if err != nil || got.Done == 0 || got.Failed != 0 || got.PerSecond <= 0 || got.EntriesPerWrite < 1 {
		t.Fatalf("got %+v, %v", got, err)
	}
	var held int64
	for _, account := range accounts {
		rsp, err := b.payer.GetBalance(t.Context(), &balanceproto.GetBalanceRequest{AccountId: account})
		if err != nil {
			t.Fatal(err)
		}
		held += rsp.GetOpenHolds()
	}
	if held != got.Done {
		t.Errorf("the ledger has %d holds, want the %d that were counted", held, got.Done)
	}
}

func TestHoldsOnAHotAccountShareTheirWrites(t *testing.T) {
	b, accounts := started(t, 1)
	got, err := b.Run(t.Context(), accounts, loop.Load{Workers: 32, Time: shortly})
	if err != nil || got.Failed != 0 || got.EntriesPerWrite < 2 {
		t.Fatalf("got %+v, %v", got, err)
	}
}

func TestADeclinedHoldIsAFailure(t *testing.T) {
	b, _ := started(t, 0)
	poor := b.ids.New("acc")
	_, err := b.opener.Open(t.Context(), &balanceproto.OpenRequest{AccountId: poor, Currency: currency})
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.Run(t.Context(), []string{poor}, loop.Load{Workers: 1, Time: time.Millisecond})
	if err != nil || got.Done != 0 || got.Failed == 0 || !strings.Contains(got.FirstFailure, "INSUFFICIENT_FUNDS") {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestTablesMayBeElsewhere(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	elsewhere := storetest.Memory(t)
	b, err := Start(t.Context(), elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	_, made := b.Accounts(t.Context(), 1)
	if err := b.Stop(t.Context()); err != nil || made != nil {
		t.Fatalf("%v, %v", made, err)
	}
	if err := elsewhere.Check(t.Context(), balance.Service.Schema); err != nil {
		t.Errorf("the tables are not where they should be: %v", err)
	}
}
