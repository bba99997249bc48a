// Package storagetest is what service.webhook's storage promises, on any engine.
package storagetest

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sync/errgroup"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	"farthing/pkg/store/worklist"
	"farthing/service.webhook/logic"
	"farthing/service.webhook/standard"
	"farthing/service.webhook/storage"
)

// Run proves it on a keyspace that was just migrated. Every engine must pass it, word for word.
func Run(t *testing.T, k *store.Keyspace) {
	persons := seal.Ephemeral("persons")
	s := suite{storage.NewHooks(k, seal.Ephemeral("endpoints")), storage.NewDeliveries(k, persons)}
	for name, test := range map[string]func(*testing.T, logic.Hook){
		"a webhook is written once":                          s.writtenOnce,
		"a change on what is no longer so changes nothing":   s.staleChange,
		"a client's id belongs to one webhook":               s.begunOnce,
		"an account lists what is on its list":               s.listed,
		"those who list at once are all listed":              s.listedAtOnce,
		"a delivery is read as it was written":               s.delivered,
		"an attempt is on the list until it was made":        s.due,
		"an attempt is claimed by one, and then by another":  s.claimed,
		"a page is in its order and within its bounds":       s.pages,
		"a body opens at its own place for its own customer": s.bodies,
	} {
		t.Run(name, func(t *testing.T) { test(t, hookNamed(name)) })
	}
}

type suite struct {
	hooks      *storage.Hooks
	deliveries *storage.Deliveries
}

func noon() time.Time { return time.Date(2026, 11, 9, 12, 30, 53, 123e6, time.UTC) }

func hookNamed(name string) logic.Hook {
	return logic.Hook{
		ID: id.Derived("webhook", noon(), name), Account: id.Derived("acc", noon(), name), User: "user_alice",
		Client: "oauth2client_1", URL: "https://example.com/hooks?secret=1",
		Events: []string{"transaction.created", "pot.updated"}, Created: noon(), State: logic.Active, Version: 1,
		Secret: standard.NewSecret(),
	}
}

// byKey compares secrets by what they are.
func byKey() cmp.Option {
	return cmp.Options{
		cmp.Comparer(func(a, b standard.Secret) bool { return string(a.Key()) == string(b.Key()) }), cmpopts.EquateEmpty(),
	}
}

func (s suite) insert(t *testing.T, h logic.Hook) logic.Hook {
	t.Helper()
	got, err := s.hooks.Insert(t.Context(), h)
	if err != nil {
		t.Fatalf("inserting: %v", err)
	}
	return got
}

func (s suite) want(t *testing.T, want logic.Hook) {
	t.Helper()
	for name, read := range map[string]func(context.Context, string) (logic.Hook, bool, error){
		"found": s.hooks.Find, "looked at": s.hooks.Look,
	} {
		got, found, err := read(t.Context(), want.ID)
		if diff := cmp.Diff(want, got, byKey()); err != nil || !found || diff != "" {
			t.Errorf("%s it is: %v, %v\n%s", name, found, err, diff)
		}
	}
}

func (s suite) writtenOnce(t *testing.T, h logic.Hook) {
	if _, found, err := s.hooks.Find(t.Context(), h.ID); err != nil || found {
		t.Errorf("before: %v, %v", found, err)
	}
	s.insert(t, h)
	other := h
	other.URL, other.Secret = "https://example.org/", standard.NewSecret()
	if diff := cmp.Diff(h, s.insert(t, other), byKey()); diff != "" {
		t.Errorf("the second one is\n%s", diff)
	}
	s.want(t, h)
}

func (s suite) staleChange(t *testing.T, h logic.Hook) {
	s.insert(t, h)
	next := h.Rotated(standard.NewSecret(), noon())
	next.State = logic.Disabled
	for _, want := range []bool{true, false} {
		if changed, err := s.hooks.Change(t.Context(), h, next, noon()); err != nil || changed != want {
			t.Fatalf("changing: %v, %v", changed, err)
		}
	}
	next.Version = 2
	s.want(t, next)
}

func (s suite) begunOnce(t *testing.T, h logic.Hook) {
	for n := range 2 {
		each := h
		each.ID = fmt.Sprint(h.ID, n)
		if got, err := s.hooks.Begin(t.Context(), each, "d1", []byte("r")); err != nil || got != h.ID+"0" {
			t.Errorf("beginning: %s, %v", got, err)
		}
	}
	if _, err := s.hooks.Begin(t.Context(), h, "d1", []byte("x")); !errs.Is(err, "conflict.dedupe_id") {
		t.Errorf("another request: %v", err)
	}
	other := h
	other.Client = "oauth2client_2"
	if got, err := s.hooks.Begin(t.Context(), other, "d1", []byte("x")); err != nil || got != h.ID {
		t.Errorf("another client's: %s, %v", got, err)
	}
}

func (s suite) wantListed(t *testing.T, account string, want ...logic.Listed) {
	t.Helper()
	got, err := s.hooks.Listed(t.Context(), account)
	if diff := cmp.Diff(logic.List(want), got, cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Errorf("listed: %v\n%s", err, diff)
	}
}

func (s suite) listed(t *testing.T, h logic.Hook) {
	one := logic.Listed{ID: "webhook_1", Client: "c", User: h.User, Events: []string{"card.updated"}}
	two := logic.Listed{ID: "webhook_2", Client: "d", User: h.User, Events: []string{"pot.updated"}}
	quiet := one
	quiet.Events = nil
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	s.wantListed(t, h.Account)
	do(s.hooks.Unlist(t.Context(), h.Account, one.ID))
	for range 2 {
		do(s.hooks.List(t.Context(), h.Account, one))
		do(s.hooks.List(t.Context(), h.Account, two))
	}
	s.wantListed(t, h.Account, one, two)
	for range 2 {
		do(s.hooks.Silence(t.Context(), h.Account, one.ID))
		do(s.hooks.Silence(t.Context(), h.Account, "webhook_3"))
	}
	s.wantListed(t, h.Account, quiet, two)
	for range 2 {
		do(s.hooks.Unlist(t.Context(), h.Account, one.ID))
	}
	s.wantListed(t, h.Account, two)
}

func (s suite) listedAtOnce(t *testing.T, h logic.Hook) {
	const many = 8
	var all errgroup.Group
	for n := range many {
		all.Go(func() error {
			return s.hooks.List(t.Context(), h.Account, logic.Listed{ID: strconv.Itoa(n), Client: "c"})
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	if list, err := s.hooks.Listed(t.Context(), h.Account); err != nil || len(list) != many {
		t.Errorf("%d are listed, %v", len(list), err)
	}
}

func messageOf(h logic.Hook, n int) logic.Delivery {
	happened := noon().Add(time.Duration(n) * 7 * time.Hour) // Over several days.
	return logic.NewDelivery(h.ID, "card.updated", "card_1", fmt.Sprint("evt_", n), happened, happened.Add(time.Second))
}

func (s suite) insertMessage(t *testing.T, d logic.Delivery) {
	t.Helper()
	if err := s.deliveries.Insert(t.Context(), d, "user_alice", []byte("body of "+d.ID)); err != nil {
		t.Fatalf("inserting: %v", err)
	}
}

func (s suite) wantMessage(t *testing.T, want logic.Delivery) {
	t.Helper()
	got, found, err := s.deliveries.Find(t.Context(), want.Webhook, want.ID)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || !found || diff != "" {
		t.Errorf("it is: %v, %v\n%s", found, err, diff)
	}
}

// try writes an attempt of an order, which the delivery has then.
func (s suite) try(t *testing.T, d logic.Delivery, order int, a logic.Attempt) logic.Delivery {
	t.Helper()
	for range 2 {
		if err := s.deliveries.Tried(t.Context(), d, d.Orders[order], a); err != nil {
			t.Fatalf("writing an attempt: %v", err)
		}
	}
	d.Orders[order].Attempts = append(d.Orders[order].Attempts, a)
	return d
}

func (s suite) delivered(t *testing.T, h logic.Hook) {
	d := messageOf(h, 0)
	for _, unknown := range []string{d.ID, "msg_1", "tx_00009zIcpb1TB4yeIFXMzx", ""} {
		if _, found, err := s.deliveries.Find(t.Context(), h.ID, unknown); err != nil || found {
			t.Errorf("%q before: %v, %v", unknown, found, err)
		}
	}
	for range 2 {
		s.insertMessage(t, d)
	}
	s.wantMessage(t, d)
	late := noon().Add(5 * time.Second)
	d = s.try(t, d, 0, logic.Attempt{
		At: noon(), Problem: "status", Status: 503, Took: 1234 * time.Millisecond, Next: late,
	})
	s.wantMessage(t, d)
	again := logic.NewOrder("replay_1", noon().Add(time.Hour))
	for range 2 {
		if err := s.deliveries.Order(t.Context(), d, again); err != nil {
			t.Fatal(err)
		}
	}
	d.Orders = append(d.Orders, again)
	s.wantMessage(t, d)
	d = s.try(t, d, 1, logic.Attempt{At: noon().Add(time.Hour), Status: 200})
	d = s.try(t, d, 0, logic.Attempt{At: late, Problem: "timeout", Next: late.Add(time.Minute)})
	s.wantMessage(t, d)
	if other := messageOf(h, 1); other.ID == d.ID {
		t.Error("two messages have one id")
	}
}

// dueOf are the attempts of a webhook on the list, as "order/step".
func (s suite) dueOf(t *testing.T, h logic.Hook) map[string]time.Time {
	t.Helper()
	found := make(map[string]time.Time)
	err := s.deliveries.Due().Each(t.Context(), noon().Add(-time.Hour), noon().Add(48*time.Hour),
		func(_ context.Context, item worklist.Item) error {
			a, err := storage.AttemptIn(item)
			if a.Webhook == h.ID {
				found[fmt.Sprintf("%s/%d", a.Order, a.Step)] = a.Due
			}
			return err
		})
	if err != nil {
		t.Fatalf("reading the list: %v", err)
	}
	return found
}

func (s suite) wantDue(t *testing.T, h logic.Hook, want map[string]time.Time) {
	t.Helper()
	if diff := cmp.Diff(want, s.dueOf(t, h)); diff != "" {
		t.Errorf("due are\n%s", diff)
	}
}

func (s suite) due(t *testing.T, h logic.Hook) {
	d := messageOf(h, 0)
	s.insertMessage(t, d)
	s.wantDue(t, h, map[string]time.Time{"/0": d.Orders[0].Due})
	later := noon().Add(9 * time.Hour)
	d = s.try(t, d, 0, logic.Attempt{At: noon(), Problem: "status", Next: later})
	s.wantDue(t, h, map[string]time.Time{"/1": later})
	again := logic.NewOrder("r", noon())
	if err := s.deliveries.Order(t.Context(), d, again); err != nil {
		t.Fatal(err)
	}
	s.wantDue(t, h, map[string]time.Time{"/1": later, "r/0": again.Due})
	if err := s.deliveries.Strike(t.Context(), storage.AttemptOf(d, again)); err != nil {
		t.Fatal(err)
	}
	s.try(t, d, 0, logic.Attempt{At: later, Status: 200})
	s.wantDue(t, h, map[string]time.Time{})
	for _, bad := range []string{"", "a", "1/2/3/4", "x/webhook_1/msg_1//0", "1/webhook_1/msg_1//x", "1/2/3/4/5/6"} {
		if _, err := storage.AttemptIn(worklist.Item{Name: bad}); err == nil {
			t.Errorf("%q names an attempt", bad)
		}
	}
}

func (s suite) claimed(t *testing.T, h logic.Hook) {
	d := messageOf(h, 0)
	a := storage.AttemptOf(d, d.Orders[0])
	other := a
	other.Step++
	for _, c := range []struct {
		a    storage.Attempt
		at   time.Duration
		mine bool
	}{
		{a, 0, true}, {a, 0, false}, {other, 0, true}, {a, time.Minute, false}, {a, 3 * time.Minute, true},
		{a, 4 * time.Minute, false}, {a, 6 * time.Minute, true},
	} {
		if mine, err := s.deliveries.Claim(t.Context(), c.a, noon().Add(c.at)); err != nil || mine != c.mine {
			t.Errorf("step %d after %v: %v, %v", c.a.Step, c.at, mine, err)
		}
	}
}

func (s suite) pages(t *testing.T, h logic.Hook) {
	const many = 12
	var all []logic.Delivery // Oldest first.
	for n := range many {
		d := messageOf(h, n)
		s.insertMessage(t, d)
		if n%3 == 0 {
			d = s.try(t, d, 0, logic.Attempt{At: noon(), Status: 200})
		}
		all = append(all, d)
	}
	lowest := func(at time.Time) string { return id.Lowest(logic.IDPrefix, at) }
	begin, end := lowest(noon()), lowest(noon().Add(1000*time.Hour))
	for name, c := range map[string]struct {
		window storage.Window
		want   []int
	}{
		"newest first":     {storage.Window{AboveID: begin, BelowID: end, Limit: 3}, []int{11, 10, 9}},
		"the next page":    {storage.Window{AboveID: begin, BelowID: all[9].ID, Limit: 3}, []int{8, 7, 6}},
		"the last page":    {storage.Window{AboveID: begin, BelowID: all[2].ID, Limit: 3}, []int{1, 0}},
		"oldest first":     {storage.Window{AboveID: begin, BelowID: end, Limit: 3, OldestFirst: true}, []int{0, 1, 2}},
		"after an id":      {storage.Window{AboveID: all[9].ID, BelowID: end, Limit: 30, OldestFirst: true}, []int{10, 11}},
		"between two ids":  {storage.Window{AboveID: all[3].ID, BelowID: all[6].ID, Limit: 30}, []int{5, 4}},
		"nothing in there": {storage.Window{AboveID: end, BelowID: end, Limit: 30}, nil},
		"all of it": {
			storage.Window{AboveID: begin, BelowID: end, Limit: many, OldestFirst: true},
			[]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
		},
	} {
		c.window.Webhook = h.ID
		got, err := s.deliveries.Page(t.Context(), c.window)
		var want []logic.Delivery
		for _, n := range c.want {
			want = append(want, all[n])
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

func (s suite) bodies(t *testing.T, h logic.Hook) {
	d, other := messageOf(h, 0), messageOf(h, 1)
	s.insertMessage(t, d)
	got, err := s.deliveries.Body(t.Context(), d, "user_alice")
	if err != nil || string(got) != "body of "+d.ID {
		t.Errorf("it says %q, %v", got, err)
	}
	if _, err := s.deliveries.Body(t.Context(), other, "user_alice"); !errs.Is(err, "not_found.body") {
		t.Errorf("of one that was not written: %v", err)
	}
	if _, err := s.deliveries.Body(t.Context(), d, "user_nobody"); !errs.Is(err, "not_found.body") {
		t.Errorf("of a customer who was forgotten: %v", err)
	}
}
