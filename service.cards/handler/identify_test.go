package handler

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/store/faults"
	cardsproto "farthing/service.cards/proto"
)

func TestACardIsIdentifiedByItsNumberAndByItsID(t *testing.T) {
	n := number(t, "123456789")
	b := newBank(t, nil, n)
	card := b.issue(t, account, "one")
	for _, req := range []*cardsproto.IdentifyRequest{{Number: n.Reveal()}, {CardId: card.GetId()}} {
		rsp, err := b.swipe.Identify(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(card, rsp.GetCard(), protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAFrozenCardIsFrozenAtTheNextSwipe(t *testing.T) {
	n := number(t, "123456789")
	b := newBank(t, nil, n)
	card := b.issue(t, account, "one")
	for _, status := range []cardsproto.Status{cardsproto.Status_STATUS_FROZEN, cardsproto.Status_STATUS_ACTIVE} {
		if _, err := b.set(t, card, status); err != nil {
			t.Fatal(err)
		}
		if got, err := b.identify(t, n); err != nil || got.GetStatus() != status {
			t.Errorf("identified as %v, %v, want %v", got, err, status)
		}
	}
}

func TestASwipeReadsOneRowOrTwo(t *testing.T) {
	n := number(t, "123456789")
	b := newBank(t, nil, n)
	card := b.issue(t, account, "one")
	for _, each := range []struct {
		req  *cardsproto.IdentifyRequest
		want map[faults.Op]int64
	}{
		{&cardsproto.IdentifyRequest{CardId: card.GetId()}, map[faults.Op]int64{faults.Statics: 1}},
		{&cardsproto.IdentifyRequest{Number: n.Reveal()}, map[faults.Op]int64{faults.Get: 1, faults.Statics: 1}},
	} {
		before := b.Counter.Counts()
		if _, err := b.swipe.Identify(t.Context(), each.req); err != nil {
			t.Fatal(err)
		}
		asked := b.Counter.Counts()
		for op, n := range before {
			if asked[op] -= n; asked[op] == 0 {
				delete(asked, op)
			}
		}
		if diff := cmp.Diff(each.want, asked); diff != "" {
			t.Error(diff)
		}
	}
}

func TestOnlyCardProcessingIdentifies(t *testing.T) {
	b := newBank(t, nil)
	card := b.issue(t, account, "one")
	_, err := b.cards.Identify(t.Context(), &cardsproto.IdentifyRequest{CardId: card.GetId()})
	if err == nil || !strings.HasPrefix(err.Error(), "forbidden") {
		t.Fatalf("service.api identified a card: %v", err)
	}
}

func TestIdentifyingNamesWhatIsWrong(t *testing.T) {
	n := number(t, "123456789").Reveal()
	b := newBank(t, nil)
	for _, each := range []struct {
		req  *cardsproto.IdentifyRequest
		code string
	}{
		{&cardsproto.IdentifyRequest{}, "bad_request.missing_param.card_id"},
		{&cardsproto.IdentifyRequest{Number: n, CardId: "card_1"}, "bad_request.bad_param.number"},
		{&cardsproto.IdentifyRequest{Number: n[:11]}, "bad_request.bad_param.number"},
		{&cardsproto.IdentifyRequest{Number: n + "0000"}, "bad_request.bad_param.number"},
		{&cardsproto.IdentifyRequest{Number: n[:15] + "x"}, "bad_request.bad_param.number"},
		{&cardsproto.IdentifyRequest{Number: n[1:] + n[:1]}, "bad_request.bad_param.number"},
		{&cardsproto.IdentifyRequest{CardId: "acc" + user[4:]}, "bad_request.bad_param.card_id"},
		{&cardsproto.IdentifyRequest{CardId: "card_1"}, "bad_request.bad_param.card_id"},
		{&cardsproto.IdentifyRequest{Number: n}, "not_found.card"},
		{&cardsproto.IdentifyRequest{CardId: "card" + account[3:]}, "not_found.card"},
	} {
		_, err := b.swipe.Identify(t.Context(), each.req)
		wantCode(t, err, each.code)
	}
}

func TestACardNumberIsInNoErrorAndNoLog(t *testing.T) {
	n := number(t, "123456789")
	down := make(chan struct{})
	b := newBank(t, func(op faults.Op) faults.Fault {
		select {
		case <-down:
			return faults.Unavailable
		default:
			return faults.None
		}
	}, n, n)
	b.issue(t, account, "one")
	b.issue(t, account, "two") // Meets the number that is taken.
	said := new(strings.Builder)
	swipe := func(text string) {
		rsp, err := b.swipe.Identify(t.Context(), &cardsproto.IdentifyRequest{Number: text})
		fmt.Fprintf(said, "%v %v %+v %#v\n", rsp, err, err, err)
	}
	swipes := func() {
		swipe(n.Reveal())
		swipe(n.Reveal() + "0") // Its check digit is wrong.
		swipe(" " + n.Reveal())
		swipe(n.Reveal() + "\x00")
		swipe(number(t, "987654321").Reveal()) // Nobody's.
	}
	swipes()
	close(down)
	swipes()
	_, err := b.cards.Issue(t.Context(), &cardsproto.IssueRequest{AccountId: account, UserId: user, DedupeId: "3"})
	fmt.Fprintf(said, "%+v\n", err)
	for _, digits := range []string{n.Reveal()[:15], n.Reveal()[6:15], "987654321"} {
		if strings.Contains(said.String(), digits) {
			t.Errorf("%s… was answered", digits[:2])
		}
		if strings.Contains(b.Logged(), digits) {
			t.Errorf("%s… was logged", digits[:2])
		}
	}
	if !strings.Contains(b.Logged(), "request failed") {
		t.Error("nothing was logged: the test looks in the wrong place")
	}
}
