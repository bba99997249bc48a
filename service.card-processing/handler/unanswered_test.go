package handler

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	"farthing/pkg/events"
	"farthing/pkg/foundation"
	balanceproto "farthing/service.balance/proto"
	balanceevents "farthing/service.balance/proto/events"
	transactionsproto "farthing/service.transactions/proto"
)

// held is the event of a hold that was made.
func held(t *testing.T, kind balanceproto.EntryKind) events.Event {
	t.Helper()
	body, err := proto.Marshal(&balanceevents.EntryPosted{AccountId: "acc_alice", Entry: &balanceproto.Entry{
		Id: "hold_1", Kind: kind, TransactionId: "tx_1", AtMs: noon.UnixMilli(),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return events.Event{ID: "evt_1", Type: "balance.entry_posted", Body: body}
}

func recordedAs(status transactionsproto.Status) *transactionsproto.Transaction {
	return &transactionsproto.Transaction{Id: "tx_1", Status: status}
}

func TestAHoldThatNobodyWasToldOfIsGivenBackUnlessARepeatWas(t *testing.T) {
	b := newBank(t)
	for range 2 { // The bus repeats.
		if err := b.releaseUnanswered(t.Context(), held(t, balanceproto.EntryKind_ENTRY_KIND_HELD)); err != nil {
			t.Fatal(err)
		}
	}
	want := &balanceproto.ReleaseRequest{AccountId: "acc_alice", HoldId: "hold_1", Change: 1, Amount: pounds(3_50)}
	if diff := cmp.Diff([]*balanceproto.ReleaseRequest{want}, b.peers.released, protocmp.Transform()); diff != "" {
		t.Fatal(diff)
	}
	if n := b.count(t, "unanswered_holds_released_total", ""); n != 1 {
		t.Fatalf("counted %v holds", n)
	}
}

func TestAHoldThatARepeatIsBeingAnsweredIsLookedAtAgain(t *testing.T) {
	b, made := newBank(t), held(t, balanceproto.EntryKind_ENTRY_KIND_HELD)
	b.peers.confirmed = true
	if err := b.releaseUnanswered(t.Context(), made); !errs.Is(err, errs.Unavailable) || len(b.peers.released) > 0 {
		t.Fatalf("%v: released %v", err, b.peers.released)
	}
	b.peers.recorded["tx_1"] = recordedAs(transactionsproto.Status_STATUS_PENDING)
	if err := b.releaseUnanswered(t.Context(), made); err != nil || len(b.peers.released) > 0 {
		t.Fatalf("once it is recorded: %v, released %v", err, b.peers.released)
	}
}

func TestAHoldWithItsTransactionStaysUntilItIsDue(t *testing.T) {
	b := newBank(t)
	b.peers.recorded["tx_1"] = recordedAs(transactionsproto.Status_STATUS_PENDING)
	b.peers.recorded["tx_1"].Mcc = "7011"
	for _, told := range []func(context.Context, events.Event) error{b.expireLater, b.releaseUnanswered} {
		err := told(t.Context(), held(t, balanceproto.EntryKind_ENTRY_KIND_HELD))
		if err != nil || len(b.peers.released) > 0 {
			t.Fatalf("%v: released %v", err, b.peers.released)
		}
	}
	sweeper := b.sweepers(&foundation.Env{Clock: b.clock})[1]
	for _, days := range []int{6, 8, 29, 31} { // A hotel has thirty.
		b.clock.AdvanceTo(noon.Add(time.Duration(days) * 24 * time.Hour))
		if err := sweeper.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(b.peers.released) == 1; got != (days > 30) {
			t.Fatalf("after %d days: released %v", days, b.peers.released)
		}
	}
	if err := sweeper.Sweep(t.Context()); err != nil || len(b.peers.released) != 1 {
		t.Fatalf("%v: released again: %v", err, b.peers.released)
	}
}

func TestAHoldThatARepeatWasToldIsGivenUpIsStillGivenBack(t *testing.T) {
	b := newBank(t)
	b.peers.recorded["tx_1"] = recordedAs(transactionsproto.Status_STATUS_DECLINED)
	err := b.releaseUnanswered(t.Context(), held(t, balanceproto.EntryKind_ENTRY_KIND_HELD))
	if err != nil || len(b.peers.released) != 1 {
		t.Fatalf("%v: released %v", err, b.peers.released)
	}
}

func TestOtherEntriesAreNoHolds(t *testing.T) {
	for number := range balanceproto.EntryKind_name {
		kind := balanceproto.EntryKind(number)
		if kind == balanceproto.EntryKind_ENTRY_KIND_HELD {
			continue
		}
		b := newBank(t)
		if err := b.releaseUnanswered(t.Context(), held(t, kind)); err != nil || len(b.peers.released) > 0 {
			t.Errorf("%v: %v, released %v", kind, err, b.peers.released)
		}
	}
}

func TestWhoeverCannotTellIsAskedAgain(t *testing.T) {
	for _, method := range []string{"Get", "Disown", "SettleHold"} {
		for _, code := range []string{errs.Unavailable, errs.OutcomeUnknown} {
			b := newBank(t)
			b.peers.fails[method] = errs.New(code, "not now")
			err := b.releaseUnanswered(t.Context(), held(t, balanceproto.EntryKind_ENTRY_KIND_HELD))
			if !errs.Is(err, code) || errors.Is(err, events.ErrPoison) || len(b.peers.released) > 0 {
				t.Errorf("%s fails with %s: %v, released %v", method, code, err, b.peers.released)
			}
			if n := b.count(t, "unanswered_holds_released_total", ""); n != 0 {
				t.Errorf("%s fails with %s: counted %v holds", method, code, n)
			}
		}
	}
}

func TestWhatWasBegunIsFinishedByTheNextTry(t *testing.T) {
	b := newBank(t)
	b.peers.fails["Release"] = errs.New(errs.Unavailable, "not now")
	err := b.releaseUnanswered(t.Context(), held(t, balanceproto.EntryKind_ENTRY_KIND_HELD))
	if !errs.Is(err, errs.OutcomeUnknown) {
		t.Fatalf("releasing: %v", err)
	}
	b.peers.fails = nil
	b.clock.AdvanceTo(noon.Add(time.Hour))
	if err := b.sweepers(&foundation.Env{Clock: b.clock})[0].Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(b.peers.released) != 1 {
		t.Fatalf("released %v", b.peers.released)
	}
}

func TestWhatIsNoEntryIsPoison(t *testing.T) {
	err := newBank(t).releaseUnanswered(t.Context(), events.Event{ID: "evt_1", Body: []byte("no entry")})
	if !errors.Is(err, events.ErrPoison) {
		t.Fatalf("got %v", err)
	}
}
