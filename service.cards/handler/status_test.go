package handler

import (
	"sync"
	"testing"

	"farthing/pkg/store/faults"
	cardsproto "farthing/service.cards/proto"
)

const (
	active = cardsproto.Status_STATUS_ACTIVE
	frozen = cardsproto.Status_STATUS_FROZEN
	closed = cardsproto.Status_STATUS_CLOSED
)

func TestAStatusIsSetAndSetAgain(t *testing.T) {
	b := newBank(t, nil)
	card := b.issue(t, account, "one")
	for _, status := range []cardsproto.Status{active, frozen, frozen, active, frozen, closed, closed} {
		got, err := b.set(t, card, status)
		if err != nil || got.GetStatus() != status {
			t.Fatalf("setting %v: got %v, %v", status, got, err)
		}
		read, err := b.cards.Get(t.Context(), &cardsproto.GetRequest{CardId: card.GetId()})
		if err != nil || read.GetCard().GetStatus() != status {
			t.Fatalf("reading after %v: got %v, %v", status, read, err)
		}
	}
}

func TestAClosedCardStaysClosed(t *testing.T) {
	b := newBank(t, nil)
	card := b.issue(t, account, "one")
	if _, err := b.set(t, card, closed); err != nil {
		t.Fatal(err)
	}
	for _, status := range []cardsproto.Status{active, frozen} {
		_, err := b.set(t, card, status)
		wantCode(t, err, "precondition_failed.card_closed")
	}
	if listed := b.list(t, account); len(listed) != 1 || listed[0].GetStatus() != closed {
		t.Errorf("listed: %v", listed)
	}
}

func TestWhoeverClosesWinsOverThoseWhoFreeze(t *testing.T) {
	b := newBank(t, nil)
	card := b.issue(t, account, "one")
	var all sync.WaitGroup
	for _, status := range []cardsproto.Status{frozen, active, frozen, active} {
		all.Go(func() { _, _ = b.set(t, card, status) })
	}
	all.Go(func() {
		for {
			if _, err := b.set(t, card, closed); err == nil {
				return
			}
		}
	})
	all.Wait()
	if listed := b.list(t, account); len(listed) != 1 || listed[0].GetStatus() != closed {
		t.Errorf("in the end: %v", listed)
	}
}

func TestAFreezeThatArrivesLateUndoesNothing(t *testing.T) {
	// The issue takes some conditional writes; the freeze after it is late, and arrives after what follows.
	armed := make(chan struct{}, 1)
	b := newBank(t, func(op faults.Op) faults.Fault {
		if op != faults.Apply {
			return faults.None
		}
		select {
		case <-armed:
			return faults.UnknownLate
		default:
			return faults.None
		}
	})
	card := b.issue(t, account, "one")
	armed <- struct{}{}
	_, err := b.set(t, card, frozen)
	wantCode(t, err, "timeout.outcome_unknown")
	for _, status := range []cardsproto.Status{frozen, active} {
		if _, err := b.set(t, card, status); err != nil {
			t.Fatal(err)
		}
	}
	b.Settle(t)
	if listed := b.list(t, account); listed[0].GetStatus() != active {
		t.Errorf("a late freeze took hold: %v", listed)
	}
}

func TestSettingAStatusNamesWhatIsWrong(t *testing.T) {
	b := newBank(t, nil)
	card := b.issue(t, account, "one")
	for code, req := range map[string]*cardsproto.SetStatusRequest{
		"bad_request.bad_param.status":      {CardId: card.GetId()},
		"bad_request.missing_param.card_id": {Status: frozen},
		"bad_request.bad_param.card_id":     {CardId: "card_?", Status: frozen},
		"not_found.card":                    {CardId: "card" + account[3:], Status: frozen},
	} {
		_, err := b.cards.SetStatus(t.Context(), req)
		wantCode(t, err, code)
	}
	_, err := b.set(t, card, 4)
	wantCode(t, err, "bad_request.bad_param.status")
}

func TestAnAccountsCardsAreListedOldestFirst(t *testing.T) {
	b := newBank(t, nil)
	var want []string
	for _, dedupeID := range []string{"c", "a", "b"} {
		want = append(want, b.issue(t, account, dedupeID).GetId())
	}
	b.issue(t, otherAccount, "d")
	listed := b.list(t, account)
	if len(listed) != len(want) {
		t.Fatalf("listed %d cards, want %d", len(listed), len(want))
	}
	for i, card := range listed {
		if card.GetId() != want[i] {
			t.Errorf("card %d is %s, want %s", i, card.GetId(), want[i])
		}
	}
	_, err := b.cards.List(t.Context(), &cardsproto.ListRequest{AccountId: "1"})
	wantCode(t, err, "bad_request.bad_param.account_id")
}
