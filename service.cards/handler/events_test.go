package handler

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"farthing/pkg/events"
	"farthing/pkg/events/outbox"
	"farthing/pkg/foundation"
	"farthing/pkg/foundation/foundationtest"
	cardsproto "farthing/service.cards/proto"
	cardsevents "farthing/service.cards/proto/events"
)

// telling is service.cards, and somebody who is told of cards.
type telling struct {
	cards cardsproto.CardsClient
	told  chan events.Event
	start chan struct{} // Closed to have a relay begin.
}

// newTelling has the handler's own relay tell, or one that comes after it, as if the process had died meanwhile.
func newTelling(t *testing.T, dies bool) *telling {
	t.Helper()
	w := &telling{told: make(chan events.Event, 64), start: make(chan struct{})}
	cards := foundation.Service{Name: Service.Name, Schema: Service.Schema, Register: func(env *foundation.Env) error {
		h, err := newHandler(env)
		if err != nil {
			return err
		}
		relay := h.told
		if dies {
			relay = outbox.NewRelay(env.Store, env.Bus, env.Log)
		}
		cardsproto.RegisterCardsServer(env.GRPC, h)
		env.Go(func(ctx context.Context) {
			select {
			case <-w.start:
			case <-ctx.Done():
			}
			relay.Run(ctx, h.toTell)
		})
		return nil
	}}
	listener := foundation.Service{Name: "service.test", Register: func(env *foundation.Env) error {
		env.Subscribe(events.Subscription{
			Name: "test", Types: []string{changed},
			Handle: func(_ context.Context, e events.Event) error {
				w.told <- e
				return nil
			},
		})
		return nil
	}}
	b := foundationtest.RunOn(t, nil, cards, listener)
	w.cards = cardsproto.NewCardsClient(b.Dial(t, "service.api", Service.Name))
	return w
}

// wantTold waits for as many events as are wanted, whatever their order, as "version status".
func (w *telling) wantTold(t *testing.T, card string, want ...string) {
	t.Helper()
	got := make([]string, len(want))
	for range want {
		e := <-w.told
		var change cardsevents.CardChanged
		if err := proto.Unmarshal(e.Body, &change); err != nil {
			t.Fatal(err)
		}
		c := change.GetCard()
		if e.Key != card || c.GetId() != card || c.GetAccountId() != account || c.GetLastFour() == "" {
			t.Errorf("told of %s: %v", e.Key, c)
		}
		if e.Version < 1 || int(e.Version) > len(got) {
			t.Fatalf("told of version %d", e.Version)
		}
		got[e.Version-1] = fmt.Sprintf("%d %v %v", e.Version, c.GetStatus(), c.GetControls().GetOnlineBlocked())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func (w *telling) change(t *testing.T, card string) {
	t.Helper()
	for _, status := range []cardsproto.Status{cardsproto.Status_STATUS_FROZEN, cardsproto.Status_STATUS_FROZEN} {
		if _, err := w.cards.SetStatus(t.Context(), &cardsproto.SetStatusRequest{CardId: card, Status: status}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.cards.SetControls(t.Context(), &cardsproto.SetControlsRequest{
		CardId: card, Controls: &cardsproto.Controls{OnlineBlocked: true},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *telling) issue(t *testing.T) string {
	t.Helper()
	rsp, err := w.cards.Issue(t.Context(), &cardsproto.IssueRequest{AccountId: account, UserId: user, DedupeId: "1"})
	if err != nil {
		t.Fatal(err)
	}
	return rsp.GetCard().GetId()
}

func TestOthersAreToldOfEachChangeOfACardWhoeverDies(t *testing.T) {
	for name, dies := range map[string]bool{"nobody dies": false, "its writer dies before it tells": true} {
		t.Run(name, func(t *testing.T) {
			w := newTelling(t, dies)
			card := w.issue(t)
			w.change(t, card)
			close(w.start)
			w.wantTold(t, card, "1 STATUS_ACTIVE false", "2 STATUS_FROZEN false", "3 STATUS_FROZEN true")
		})
	}
}
