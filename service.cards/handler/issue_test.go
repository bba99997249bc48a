package handler

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/store/faults"
	cardsproto "farthing/service.cards/proto"
)

func TestAnIssuedCardIsActiveForThreeYears(t *testing.T) {
	n := number(t, "123456789")
	b := newBank(t, nil, n)
	card := b.issue(t, account, "first")
	want := &cardsproto.Card{
		Id: card.GetId(), AccountId: account, UserId: user, LastFour: n.Last4(), CreatedMs: card.GetCreatedMs(),
		ExpiresYear: 2029, ExpiresMonth: 3, Status: cardsproto.Status_STATUS_ACTIVE,
		ControlSetId: "ctl" + strings.TrimPrefix(card.GetId(), "card"), Controls: &cardsproto.Controls{},
	}
	if diff := cmp.Diff(want, card, protocmp.Transform()); diff != "" {
		t.Fatal(diff)
	}
	if age := b.Clock.Now().UnixMilli() - card.GetCreatedMs(); age < 0 || age > 60_000 {
		t.Errorf("created %d ms ago, by business time", age)
	}
}

func TestADedupeIDMakesOneCard(t *testing.T) {
	b := newBank(t, nil)
	first := b.issue(t, account, "one")
	if again := b.issue(t, account, "one"); !cmp.Equal(first, again, protocmp.Transform()) {
		t.Errorf("a repeat answered %v, the first call %v", again, first)
	}
	if other := b.issue(t, otherAccount, "one"); other.GetId() == first.GetId() {
		t.Error("another account's dedupe_id found this account's card")
	}
	_, err := b.cards.Issue(t.Context(), &cardsproto.IssueRequest{
		AccountId: account, UserId: otherUser, DedupeId: "one",
	})
	wantCode(t, err, "conflict.dedupe_id")
}

func TestADedupeIDMakesOneCardForAllAtOnce(t *testing.T) {
	b := newBank(t, nil)
	const callers = 16
	cards := make([]*cardsproto.Card, callers)
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			rsp, err := b.cards.Issue(t.Context(), &cardsproto.IssueRequest{
				AccountId: account, UserId: user, DedupeId: "one",
			})
			if err != nil {
				t.Error(err)
			}
			cards[i] = rsp.GetCard()
		})
	}
	all.Wait()
	for _, card := range cards {
		if diff := cmp.Diff(cards[0], card, protocmp.Transform()); diff != "" {
			t.Fatal(diff)
		}
	}
	wantOneNumber(t, b, cards[0])
}

// wantOneNumber demands that the card is the account's only one, and that one number of all that were drawn finds it.
func wantOneNumber(t *testing.T, b *bank, card *cardsproto.Card) {
	t.Helper()
	listed := b.list(t, account)
	if diff := cmp.Diff([]*cardsproto.Card{card}, listed, protocmp.Transform()); diff != "" {
		t.Fatalf("on the account's list:\n%s", diff)
	}
	found := make(map[string]bool)
	for _, n := range b.drawn.numbers() {
		got, err := b.identify(t, n)
		switch {
		case err != nil:
			wantCode(t, err, "not_found.card")
		case got.GetLastFour() != n.Last4():
			t.Errorf("number %v finds %v", n, got)
		case got.GetId() == card.GetId():
			found[n.Reveal()] = true
		}
	}
	if len(found) != 1 {
		t.Errorf("%d numbers find the card, want 1", len(found))
	}
}

func TestANumberIsNeverUsedTwice(t *testing.T) {
	taken, free := number(t, "000000001"), number(t, "000000002")
	b := newBank(t, nil, taken, taken, taken, free)
	first, second := b.issue(t, account, "first"), b.issue(t, account, "second")
	if second.GetLastFour() != free.Last4() {
		t.Errorf("the second card ends in %s, want %s", second.GetLastFour(), free.Last4())
	}
	for n, want := range map[string]*cardsproto.Card{taken.Reveal(): first, free.Reveal(): second} {
		rsp, err := b.swipe.Identify(t.Context(), &cardsproto.IdentifyRequest{Number: n})
		if err != nil || rsp.GetCard().GetId() != want.GetId() {
			t.Errorf("the number ending in %s finds %v, %v", n[12:], rsp, err)
		}
	}
}

func TestARepeatFinishesAnIssueThatWasCutShort(t *testing.T) {
	foundationtest.AtEachWrite(t, func(t *testing.T, pick faults.Pick) {
		taken := number(t, "000000001")
		b := newBank(t, pick, taken, taken)
		b.until(t, otherAccount, "other")
		card := b.until(t, account, "one")
		b.Settle(t)
		if diff := cmp.Diff(card, b.until(t, account, "one"), protocmp.Transform()); diff != "" {
			t.Errorf("a repeat answered otherwise:\n%s", diff)
		}
		wantOneNumber(t, b, card)
	})
}

// until repeats an issue until it is answered.
func (b *bank) until(t *testing.T, account, dedupeID string) *cardsproto.Card {
	t.Helper()
	for range 3 {
		rsp, err := b.cards.Issue(t.Context(), &cardsproto.IssueRequest{
			AccountId: account, UserId: user, DedupeId: dedupeID,
		})
		if err == nil {
			return rsp.GetCard()
		}
	}
	t.Fatal("three issues failed")
	return nil
}

func TestAnIssueNamesWhatIsWrongWithIt(t *testing.T) {
	b := newBank(t, nil)
	for code, req := range map[string]*cardsproto.IssueRequest{
		"bad_request.missing_param.account_id": {UserId: user, DedupeId: "one"},
		"bad_request.bad_param.account_id":     {AccountId: user, UserId: user, DedupeId: "one"},
		"bad_request.missing_param.user_id":    {AccountId: account, DedupeId: "one"},
		"bad_request.bad_param.user_id":        {AccountId: account, UserId: "user_1", DedupeId: "one"},
		"bad_request.missing_param.dedupe_id":  {AccountId: account, UserId: user},
		"bad_request.bad_param.dedupe_id": {
			AccountId: account, UserId: user, DedupeId: fmt.Sprintf("%065d", 1),
		},
	} {
		_, err := b.cards.Issue(t.Context(), req)
		wantCode(t, err, code)
	}
	if listed := b.list(t, account); len(listed) != 0 {
		t.Errorf("refused requests left cards: %v", listed)
	}
}
