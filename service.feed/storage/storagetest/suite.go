// Package storagetest is what service.feed's storage promises, on any engine.
package storagetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	feedproto "farthing/service.feed/proto"
	"farthing/service.feed/storage"
)

// Run proves it on a keyspace that was just migrated. Every engine must pass it, word for word.
func Run(t *testing.T, k *store.Keyspace) {
	s := suite{storage.NewItems(k, seal.Ephemeral("persons"))}
	for name, test := range map[string]func(t *testing.T, account string){
		"a program's name belongs to one item":                     s.begunOnce,
		"a program's item is found by its id, as it is by now":     s.found,
		"a list is the highest versions, and not what was removed": s.listed,
		"changes are told in their order, as items are by now":     s.changed,
	} {
		t.Run(name, func(t *testing.T) { test(t, id.Derived("acc", at(), name)) })
	}
}

type suite struct{ items *storage.Items }

func at() time.Time { return time.UnixMilli(1_790_000_000_123).UTC() }

// added is a program's item of an account, at a time.
func added(account, name string, when time.Time) *feedproto.Item {
	return &feedproto.Item{
		Id: id.Derived("feed", when, account+name), Type: feedproto.TypeBasic, AccountId: account, UserId: "user_alice",
		ClientId: "oauth2client_a", CreatedMs: when.UnixMilli(), Version: 1, Personal: true, Title: name, Body: "of " + name,
		ImageUrl: "https://example.com/" + name, Url: "https://example.com/tapped",
	}
}

func removed(i *feedproto.Item) *feedproto.Item {
	return &feedproto.Item{
		Id: i.GetId(), Type: i.GetType(), AccountId: i.GetAccountId(), ClientId: i.GetClientId(),
		CreatedMs: i.GetCreatedMs(), Version: 2, Deleted: true,
	}
}

func (s suite) add(t *testing.T, i *feedproto.Item) {
	t.Helper()
	if err := s.items.Add(t.Context(), i, changeAt(at(), i)); err != nil {
		t.Fatalf("adding: %v", err)
	}
}

func (s suite) append(t *testing.T, i *feedproto.Item) {
	t.Helper()
	if err := s.items.Append(t.Context(), i, changeAt(at(), i)); err != nil {
		t.Fatalf("appending: %v", err)
	}
}

func (s suite) begunOnce(t *testing.T, account string) {
	first, second := added(account, "first", at()), added(account, "second", at())
	for _, item := range []*feedproto.Item{first, second} {
		got, err := s.items.Begin(t.Context(), item, "d1", []byte("r"))
		if err != nil || got != first.GetId() {
			t.Errorf("beginning %s: %s, %v", item.GetTitle(), got, err)
		}
	}
	if _, err := s.items.Begin(t.Context(), first, "d1", []byte("x")); !errs.Is(err, "conflict.dedupe_id") {
		t.Errorf("another request: %v", err)
	}
	second.ClientId = "oauth2client_b"
	if got, err := s.items.Begin(t.Context(), second, "d1", []byte("r")); err != nil || got != second.GetId() {
		t.Errorf("another program's: %s, %v", got, err)
	}
}

func (s suite) found(t *testing.T, account string) {
	item := added(account, "hello", at())
	if got, found, err := s.items.FindAdded(t.Context(), item.GetId()); err != nil || found {
		t.Fatalf("before it is there: %v, %v, %v", got, found, err)
	}
	gone := removed(item)
	s.add(t, item)
	for _, want := range []*feedproto.Item{item, gone, gone} {
		s.append(t, want)
		s.add(t, item) // A repeat that comes late.
		got, found, err := s.items.FindAdded(t.Context(), item.GetId())
		if diff := cmp.Diff(want, got, protocmp.Transform()); err != nil || !found || diff != "" {
			t.Errorf("found: %v, %v\n%s", found, err, diff)
		}
	}
	paid := proto.CloneOf(item)
	paid.Id = id.Derived("feed", at(), account+"paid")
	s.append(t, paid)
	if got, found, err := s.items.FindAdded(t.Context(), paid.GetId()); err != nil || found {
		t.Errorf("an item that nobody added: %v, %v, %v", got, found, err)
	}
}

func (s suite) listed(t *testing.T, account string) {
	var want []string
	for n, name := range []string{"old", "gone", "middle", "gone", "new", "changed"} {
		item := added(account, name, at().AddDate(0, 0, 20*n)) // Over several months.
		s.add(t, item)
		switch name {
		case "gone":
			s.append(t, removed(item))
			continue
		case "changed":
			item.Version, item.Title = 2, "changed since"
			s.append(t, item)
		}
		want = append([]string{item.GetTitle()}, want...)
	}
	for limit := 1; limit <= len(want); limit++ {
		items, err := s.items.List(t.Context(), storage.Window{Account: account, Limit: limit})
		var got []string
		for _, each := range items {
			got = append(got, each.GetTitle())
		}
		if diff := cmp.Diff(want[:limit], got); err != nil || diff != "" {
			t.Errorf("%d of them: %v\n%s", limit, err, diff)
		}
	}
}

// changeAt is the id of a change to an item.
func changeAt(when time.Time, i *feedproto.Item) string {
	return id.Derived(feedproto.ChangePrefix, when, fmt.Sprint(i.GetId(), i.GetVersion()))
}

func (s suite) changed(t *testing.T, account string) {
	old, fresh := added(account, "old", at()), added(account, "new", at().AddDate(0, 2, 0))
	gone := removed(fresh)
	days := []int{0, 40, 41, 75} // Over three months, the last of a year among them.
	items := []*feedproto.Item{old, fresh, removed(old), gone}
	var ids []string
	for n, item := range items {
		ids = append(ids, changeAt(at().AddDate(0, 0, days[n]), item))
		if err := s.items.Append(t.Context(), item, ids[n]); err != nil {
			t.Fatal(err)
		}
	}
	until := id.Lowest(feedproto.ChangePrefix, at().AddDate(0, 0, 100))
	start := id.Lowest(feedproto.ChangePrefix, at())
	for after, name := range append([]string{start}, ids...) {
		got, err := s.items.Changes(t.Context(), account, name, until, 100)
		if err != nil || len(got) != len(items)-after {
			t.Fatalf("after %d: got %v, %v", after, got, err)
		}
		for n, change := range got {
			at := after + n
			now := []*feedproto.Item{removed(old), gone}[at%2]
			if change.GetId() != ids[at] || change.GetFirst() != (at < 2) || !proto.Equal(now, change.GetItem()) {
				t.Errorf("after %d: change %d is %v", after, at, change)
			}
		}
	}
	if got, err := s.items.Changes(t.Context(), account, start, until, 3); err != nil || len(got) != 3 {
		t.Errorf("at most three: got %v, %v", got, err)
	}
	if got, err := s.items.Changes(t.Context(), account+"x", start, until, 3); err != nil || len(got) != 0 {
		t.Errorf("of another account: got %v, %v", got, err)
	}
}
