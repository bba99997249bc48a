package handler

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/store/faults"
	balanceproto "farthing/service.balance/proto"
	"farthing/service.balance/storage"
)

func accountSide(id string) *balanceproto.Place {
	return &balanceproto.Place{AccountId: id}
}

func ownSide(own balanceproto.OwnAccount) *balanceproto.Place {
	return &balanceproto.Place{Own: own}
}

func toAccount(dedupeID, from, to string, minor int64) *balanceproto.TransferRequest {
	return &balanceproto.TransferRequest{
		From: accountSide(from), To: accountSide(to), Amount: pounds(minor), DedupeId: dedupeID,
	}
}

func toOwn(dedupeID, from string, to balanceproto.OwnAccount, minor int64) *balanceproto.TransferRequest {
	return &balanceproto.TransferRequest{
		From: accountSide(from), To: ownSide(to), Amount: pounds(minor), DedupeId: dedupeID, Spending: true,
	}
}

// opens is another account, with nothing in it.
func (b *bank) opens(t *testing.T) string {
	t.Helper()
	account := b.ids.New("acc")
	if _, err := b.Open(t.Context(), &balanceproto.OpenRequest{AccountId: account, Currency: "GBP"}); err != nil {
		t.Fatalf("opening: %v", err)
	}
	return account
}

func (b *bank) transfer(t *testing.T, req *balanceproto.TransferRequest) *balanceproto.TransferResponse {
	t.Helper()
	rsp, err := b.Transfer(t.Context(), req)
	if err != nil {
		t.Fatalf("transferring %v: %v", req, err)
	}
	return rsp
}

func (b *bank) availableIn(t *testing.T, account string) int64 {
	t.Helper()
	rsp, err := b.GetBalance(t.Context(), &balanceproto.GetBalanceRequest{AccountId: account})
	if err != nil {
		t.Fatal(err)
	}
	return rsp.GetAvailable().GetMinor()
}

func TestATransferMovesMoneyOnceAndOnlyToOthersIsItSpent(t *testing.T) {
	b := newBank(t, 20_00)
	pot := b.opens(t)
	var first *balanceproto.TransferResponse
	for range 2 { // A repeat answers the same.
		got := b.transfer(t, toAccount("d1", b.account, pot, 5_00))
		if first == nil {
			first = got
		}
		if diff := cmp.Diff(first, got, protocmp.Transform()); diff != "" {
			t.Errorf("the repeat differs:\n%s", diff)
		}
	}
	if first.GetOutcome() != balanceproto.Outcome_OUTCOME_APPROVED || first.GetFromBalance().GetMinor() != 15_00 ||
		first.GetToBalance().GetMinor() != 5_00 {
		t.Errorf("the transfer came to %v", first)
	}
	if got := b.balance(t).GetSpendToday().GetMinor(); got != 0 {
		t.Errorf("moving money counts as spending %d", got)
	}
	paid := b.transfer(t, toOwn("d2", b.account, balanceproto.OwnAccount_OWN_ACCOUNT_PAYMENT_SCHEME, 4_00))
	if paid.GetFromBalance().GetMinor() != 11_00 || paid.GetToBalance() != nil {
		t.Errorf("the payment came to %v", paid)
	}
	if got := b.balance(t).GetSpendToday().GetMinor(); got != -4_00 {
		t.Errorf("paying 400 counts as spending %d", got)
	}
	b.sound(t)
}

func TestTheBanksOwnAccountsMayAlwaysPay(t *testing.T) {
	b := newBank(t, 0)
	own := func(o balanceproto.OwnAccount) *balanceproto.Place { return ownSide(o) }
	for n, req := range []*balanceproto.TransferRequest{
		{From: own(balanceproto.OwnAccount_OWN_ACCOUNT_NOSTRO), To: accountSide(b.account)},
		{From: own(balanceproto.OwnAccount_OWN_ACCOUNT_PAYMENT_SCHEME), To: own(balanceproto.OwnAccount_OWN_ACCOUNT_NOSTRO)},
		{From: own(balanceproto.OwnAccount_OWN_ACCOUNT_NOSTRO), To: own(balanceproto.OwnAccount_OWN_ACCOUNT_SUSPENSE)},
		{From: own(balanceproto.OwnAccount_OWN_ACCOUNT_SUSPENSE), To: own(balanceproto.OwnAccount_OWN_ACCOUNT_FEES)},
	} {
		req.Amount, req.DedupeId = pounds(3_00), fmt.Sprint("own", n)
		if got := b.transfer(t, req); got.GetOutcome() != balanceproto.Outcome_OUTCOME_APPROVED {
			t.Errorf("%v came to %v", req, got)
		}
	}
	if got := b.availableIn(t, b.account); got != 3_00 {
		t.Errorf("the account has %d", got)
	}
	b.sound(t)
}

func TestWhatWasDeclinedStaysSo(t *testing.T) {
	b := newBank(t, 5_00)
	pot := b.opens(t)
	req := toAccount("d1", b.account, pot, 5_01)
	first := b.transfer(t, req)
	if first.GetOutcome() != balanceproto.Outcome_OUTCOME_DECLINED || first.GetFromBalance().GetMinor() != 5_00 ||
		first.GetDeclineReason() != balanceproto.DeclineReason_DECLINE_REASON_INSUFFICIENT_FUNDS {
		t.Fatalf("5.01 of 5.00 came to %v", first)
	}
	journals := storage.NewJournals(b.keyspace)
	if made, found, err := journals.Find(t.Context(), first.GetJournalId()); !found || !made.Void || err != nil {
		t.Errorf("its journal is left open: %v, %v", made, err)
	}
	b.payIn(t, 10_00, "more")
	if diff := cmp.Diff(first, b.transfer(t, req), protocmp.Transform()); diff != "" {
		t.Errorf("with money there the repeat differs:\n%s", diff)
	}
	b.rollForward(t)
	if got := b.availableIn(t, pot); got != 0 {
		t.Errorf("the pot has %d", got)
	}
	b.sound(t)
}

func TestATransferThatCannotBeIsRefusedAndChangesNothing(t *testing.T) {
	b := newBank(t, 20_00)
	pot := b.opens(t)
	b.transfer(t, toAccount("used", b.account, pot, 1_00))
	nobody, banks, long := b.ids.New("acc"), "acc_internal_fees_GBP_00", fmt.Sprintf("%065d", 1)
	for code, spoil := range map[string]func(*balanceproto.TransferRequest){
		"bad_request.missing_param.from":        func(r *balanceproto.TransferRequest) { r.From = nil },
		"bad_request.missing_param.to":          func(r *balanceproto.TransferRequest) { r.To = nil },
		"bad_request.bad_param.to":              func(r *balanceproto.TransferRequest) { r.To = r.GetFrom() },
		"bad_request.bad_param.to.own":          func(r *balanceproto.TransferRequest) { r.To = ownSide(99) },
		"bad_request.bad_param.to.account_id":   func(r *balanceproto.TransferRequest) { r.To = accountSide(banks) },
		"bad_request.missing_param.dedupe_id":   func(r *balanceproto.TransferRequest) { r.DedupeId = "" },
		"bad_request.bad_param.dedupe_id":       func(r *balanceproto.TransferRequest) { r.DedupeId = long },
		"bad_request.bad_param.amount":          func(r *balanceproto.TransferRequest) { r.Amount = pounds(-1) },
		"bad_request.bad_param.amount.currency": func(r *balanceproto.TransferRequest) { r.Amount.Currency = "EUR" },
		"conflict.dedupe_id":                    func(r *balanceproto.TransferRequest) { r.DedupeId = "used" },
		"not_found.account":                     func(r *balanceproto.TransferRequest) { r.To = accountSide(nobody) },
	} {
		req := toAccount(code, b.account, pot, 2_00)
		spoil(req)
		if rsp, err := b.Transfer(t.Context(), req); !errs.Is(err, code) {
			t.Errorf("got %v, %v, want %s", rsp, err, code)
		}
	}
	if from, to := b.availableIn(t, b.account), b.availableIn(t, pot); from != 19_00 || to != 1_00 {
		t.Errorf("the accounts have %d and %d", from, to)
	}
	b.sound(t)
}

func TestTransfersAtOnceNeverSpendMoreThanThereIs(t *testing.T) {
	b := newBank(t, 10_00)
	pot := b.opens(t)
	var racers sync.WaitGroup
	var approved atomic.Int64
	for n := range 32 {
		racers.Go(func() {
			rsp, err := b.Transfer(t.Context(), toAccount(fmt.Sprint("r", n), b.account, pot, 1_00))
			if err != nil {
				t.Errorf("transferring: %v", err)
			}
			if rsp.GetOutcome() == balanceproto.Outcome_OUTCOME_APPROVED {
				approved.Add(1)
			}
		})
	}
	racers.Wait()
	if approved.Load() != 10 || b.availableIn(t, b.account) != 0 || b.availableIn(t, pot) != 10_00 {
		t.Errorf("%d of 10.00 were approved, %d are left", approved.Load(), b.availableIn(t, b.account))
	}
	b.sound(t)
}

// However a write fails, a repeat or the sweep finishes the transfer, once; and a declined one is never made.
func TestATransferCutShortAnywhereIsFinished(t *testing.T) {
	for _, c := range []struct {
		name        string
		minor, left int64
	}{{"with money", 4_00, 6_00}, {"without", 10_01, 10_00}} {
		t.Run(c.name, func(t *testing.T) {
			foundationtest.AtEachWrite(t, func(t *testing.T, pick faults.Pick) {
				b := newBank(t, 10_00)
				pot := b.opens(t)
				b.pick = pick
				req := toAccount("d1", b.account, pot, c.minor)
				first, err := b.Transfer(t.Context(), req)
				b.mend(t)
				if err != nil {
					b.rollForward(t)
				}
				again := b.transfer(t, req)
				if diff := cmp.Diff(first, again, protocmp.Transform()); err == nil && diff != "" {
					t.Errorf("the repeat differs:\n%s", diff)
				}
				if from, to := b.availableIn(t, b.account), b.availableIn(t, pot); from != c.left || to != 10_00-c.left {
					t.Errorf("the accounts have %d and %d", from, to)
				}
				b.rollForward(t)
				b.sound(t)
			})
		})
	}
}

func TestATransferIsFoundAsItWasMadeAndNoneIsMadeByLooking(t *testing.T) {
	b := newBank(t, 5_00)
	pot := b.opens(t)
	scheme := &balanceproto.Place{Own: balanceproto.OwnAccount_OWN_ACCOUNT_SETTLEMENT, Scheme: "mastercard"}
	toScheme := toAccount("scheme", b.account, pot, 1_00)
	toScheme.From, toScheme.To = scheme, ownSide(balanceproto.OwnAccount_OWN_ACCOUNT_FEES)
	const posted = balanceproto.TransferState_TRANSFER_STATE_POSTED
	for _, c := range []struct {
		req   *balanceproto.TransferRequest
		state balanceproto.TransferState
	}{
		{toAccount("moved", b.account, pot, 2_00), posted},
		{toAccount("declined", b.account, pot, 9_00), balanceproto.TransferState_TRANSFER_STATE_DECLINED},
		{toOwn("paid", b.account, balanceproto.OwnAccount_OWN_ACCOUNT_PAYMENT_SCHEME, 3_00), posted},
		{toScheme, posted},
	} {
		ask := &balanceproto.GetTransferRequest{DedupeId: c.req.GetDedupeId()}
		for range 2 {
			if _, err := b.GetTransfer(t.Context(), ask); !errs.Is(err, errs.NotFound+".transfer") {
				t.Fatalf("before it is made: %v", err)
			}
		}
		made := b.transfer(t, c.req)
		got, err := b.GetTransfer(t.Context(), ask)
		if err != nil {
			t.Fatal(err)
		}
		want := &balanceproto.GetTransferResponse{
			JournalId: made.GetJournalId(), State: c.state, From: c.req.GetFrom(), To: c.req.GetTo(), Amount: c.req.GetAmount(),
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("%s:\n%s", c.req.GetDedupeId(), diff)
		}
	}
	if _, err := b.GetTransfer(t.Context(), &balanceproto.GetTransferRequest{}); !errs.Is(err, errs.BadRequest) {
		t.Errorf("without an id: %v", err)
	}
}

func TestATransferThatIsCutShortIsOpenUntilTheSweepHasPostedIt(t *testing.T) {
	b := newBank(t, 5_00)
	pot := b.opens(t)
	var writes atomic.Int64
	b.pick = func(op faults.Op) faults.Fault {
		if op == faults.Apply && writes.Add(1) > 1 { // The journal itself is the first.
			return faults.Unavailable
		}
		return faults.None
	}
	if rsp, err := b.Transfer(t.Context(), toAccount("cut", b.account, pot, 2_00)); err == nil {
		t.Fatalf("cut short it answers %v", rsp)
	}
	b.pick = noFault
	for _, want := range []balanceproto.TransferState{
		balanceproto.TransferState_TRANSFER_STATE_OPEN, balanceproto.TransferState_TRANSFER_STATE_POSTED,
	} {
		got, err := b.GetTransfer(t.Context(), &balanceproto.GetTransferRequest{DedupeId: "cut"})
		if err != nil || got.GetState() != want {
			t.Errorf("it is %v, %v, want %v", got, err, want)
		}
		b.rollForward(t)
	}
}
