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
	"farthing/service.balance/proto/balancetest"
	potproto "farthing/service.pot/proto"
	potevents "farthing/service.pot/proto/events"
	"farthing/service.transactions/proto/transactionstest"
)

// telling is a bank, and somebody who is told of its pots.
type telling struct {
	*bank
	told  chan events.Event
	start chan struct{} // Closed to have a relay begin.
}

// newTelling has the handler's own relay tell, or one that comes after it, as if the process had died meanwhile.
func newTelling(t *testing.T, dies bool) *telling {
	t.Helper()
	w := &telling{
		bank: &bank{ledger: balancetest.NewLedger(account, 100_00), recorded: &transactionstest.Records{}},
		told: make(chan events.Event, 64), start: make(chan struct{}),
	}
	service := foundation.Service{Name: Service.Name, Schema: Service.Schema, Register: func(env *foundation.Env) error {
		h, err := newHandler(env)
		if err != nil {
			return err
		}
		relay := h.told
		if dies {
			relay = outbox.NewRelay(env.Store, env.Bus, env.Log)
		}
		potproto.RegisterPotsServer(env.GRPC, h)
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
	w.Bank = foundationtest.RunOn(t, nil, accountsService(), w.ledger.Service(), w.recorded.Service(), service, listener)
	w.pots = potproto.NewPotsClient(w.Dial(t, "service.api", Service.Name))
	return w
}

func TestOthersAreToldOfEachChangeOfAPotWhoeverDies(t *testing.T) {
	for name, dies := range map[string]bool{"nobody dies": false, "its writer dies before it tells": true} {
		t.Run(name, func(t *testing.T) {
			w := newTelling(t, dies)
			pot := w.create(t)
			for range 2 {
				if _, err := w.deposit(t, pot.GetId(), 5_00, "d1"); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := w.pots.Delete(t.Context(), &potproto.DeleteRequest{PotId: pot.GetId()}); err != nil {
				t.Fatal(err)
			}
			close(w.start)
			// Made, filled, deleted, and emptied because of that.
			w.wantTold(t, pot.GetId(), "1 false", "2 true", "3 false", "4 true")
		})
	}
}

// wantTold waits for as many events as are wanted, whatever their order, as "version moved".
func (w *telling) wantTold(t *testing.T, pot string, want ...string) {
	t.Helper()
	got := make([]string, len(want))
	for range want {
		e := <-w.told
		var change potevents.PotChanged
		if err := proto.Unmarshal(e.Body, &change); err != nil {
			t.Fatal(err)
		}
		if e.Key != pot || change.GetPotId() != pot || change.GetCurrentAccountId() != account || change.GetUserId() != user {
			t.Errorf("told of %s: %v", e.Key, &change)
		}
		if e.Version < 1 || int(e.Version) > len(got) {
			t.Fatalf("told of version %d", e.Version)
		}
		got[e.Version-1] = fmt.Sprintf("%d %v", e.Version, change.GetMoved())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
