package handler

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"farthing/pkg/clock"
	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	"farthing/pkg/store/faults"
	"farthing/pkg/store/storetest"
	feedproto "farthing/service.feed/proto"
	"farthing/service.feed/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const account = "acc_alice"

var noon = time.Date(2026, 11, 9, 12, 30, 53, 0, time.UTC)

// feed is service.feed on a store that fails as told.
type feed struct {
	*Handler
	engine *faults.Engine
	pick   faults.Pick // Of the next operations; none at first.
	nudged []string    // The accounts.
}

func newFeed(t *testing.T) *feed {
	t.Helper()
	f := &feed{pick: func(faults.Op) faults.Fault { return faults.None }}
	f.engine = faults.Wrap(storetest.Memory(t, storage.Schema()).Open("feed"),
		func(op faults.Op) faults.Fault { return f.pick(op) })
	items := storage.NewItems(store.NewKeyspace("feed", f.engine), seal.Ephemeral("persons"))
	time := clock.StartingAt(noon)
	h := &Handler{items: items, ids: id.NewMaker(time), clock: time, nudge: func(_, key string) {
		f.nudged = append(f.nudged, key)
	}}
	f.Handler = h.counting(prometheus.NewRegistry())
	return f
}

// item is the version of a thing that happened at a time.
func item(account, name string, at time.Time, version int64) *feedproto.Item {
	return &feedproto.Item{
		Id: id.Derived("feed", at, name), Type: "transaction", AccountId: account, CreatedMs: at.UnixMilli(),
		Title: fmt.Sprintf("%s in version %d", name, version), Version: version,
	}
}

func (f *feed) append(t testing.TB, i *feedproto.Item) {
	t.Helper()
	if _, err := f.Append(t.Context(), &feedproto.AppendRequest{Item: i}); err != nil {
		t.Fatalf("appending: %v", err)
	}
}

func (f *feed) list(t testing.TB, req *feedproto.ListRequest) (titles []string, next string) {
	t.Helper()
	rsp, err := f.List(t.Context(), req)
	if err != nil {
		t.Fatalf("listing %v: %v", req, err)
	}
	for _, each := range rsp.GetItems() {
		titles = append(titles, each.GetTitle())
	}
	return titles, rsp.GetNextPageToken()
}

func TestTheHighestVersionIsShownWhateverOrderTheyCome(t *testing.T) {
	for _, order := range [][]int64{{1, 2, 3}, {3, 2, 1}, {2, 3, 3, 1}, {3, 1}} {
		f := newFeed(t)
		for _, version := range order {
			f.append(t, item(account, "coffee", noon, version))
		}
		got, next := f.list(t, &feedproto.ListRequest{AccountId: account, Limit: 100})
		if diff := cmp.Diff([]string{"coffee in version 3"}, got); diff != "" || next != "" {
			t.Errorf("in the order %v:\n%s", order, diff)
		}
	}
}

// shown is what a feed must be, by the plainest of means.
func shown(items map[string]*feedproto.Item, req *feedproto.ListRequest) (titles []string, more bool) {
	var ids []string
	for each := range items {
		if each > req.GetSinceId() && (req.GetPageToken() == "" || each < req.GetPageToken()) {
			ids = append(ids, each)
		}
	}
	slices.Sort(ids)
	slices.Reverse(ids)
	for i, each := range ids {
		if i == int(req.GetLimit()) {
			return titles, true
		}
		titles = append(titles, items[each].GetTitle())
	}
	return titles, false
}

// filled is a feed of things around the turns of months, each in some versions, and the highest of each.
func (f *feed) filled(t testing.TB, r *rapid.T, account string) map[string]*feedproto.Item {
	highest := make(map[string]*feedproto.Item)
	turn := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for n := range rapid.IntRange(1, 25).Draw(r, "items") {
		at := rapid.OneOf(
			rapid.Map(rapid.IntRange(0, 150*24), func(h int) time.Time { return noon.Add(-time.Duration(h) * time.Hour) }),
			rapid.Map(rapid.IntRange(-2, 2), func(ms int) time.Time { return turn.Add(time.Duration(ms) * time.Millisecond) }),
		).Draw(r, "time")
		for _, version := range rapid.SliceOfN(rapid.Int64Range(1, 9), 1, 6).Draw(r, "versions") {
			i := item(account, fmt.Sprint("thing ", n), at, version)
			f.append(t, i)
			if highest[i.GetId()].GetVersion() < version {
				highest[i.GetId()] = i
			}
		}
	}
	return highest
}

func TestAFeedIsWhatTheModelShows(t *testing.T) {
	f, maker := newFeed(t), 0
	rapid.Check(t, func(r *rapid.T) {
		maker++
		account := fmt.Sprint("acc_", maker)
		items := f.filled(t, r, account)
		var ids []string
		for each := range items {
			ids = append(ids, each)
		}
		slices.Sort(ids)
		bound := rapid.SampledFrom(append(ids, ""))
		for range 5 {
			req := &feedproto.ListRequest{
				AccountId: account, Limit: rapid.Int32Range(1, 12).Draw(r, "limit"),
				SinceId: bound.Draw(r, "since"), PageToken: bound.Draw(r, "below"),
			}
			want, more := shown(items, req)
			got, next := f.list(t, req)
			if diff := cmp.Diff(want, got); diff != "" || (next != "") != more {
				r.Fatalf("%v, next %q, want more: %v\n%s", req, next, more, diff)
			}
		}
	})
}

func TestPagesHaveNoGapsAndNoDoubles(t *testing.T) {
	f, maker := newFeed(t), 0
	rapid.Check(t, func(r *rapid.T) {
		maker++
		account := fmt.Sprint("acc_", maker)
		items := f.filled(t, r, account)
		limit := rapid.Int32Range(1, 10).Draw(r, "limit")
		var walked []string
		for token, first := "", true; first || token != ""; first = false {
			page, next := f.list(t, &feedproto.ListRequest{AccountId: account, PageToken: token, Limit: limit})
			if len(page) == 0 {
				r.Fatalf("the page after %q is empty", token)
			}
			walked, token = append(walked, page...), next
		}
		want, _ := shown(items, &feedproto.ListRequest{Limit: 100})
		if diff := cmp.Diff(want, walked); diff != "" {
			r.Fatalf("pages of %d:\n%s", limit, diff)
		}
	})
}

func TestAnItemOfUnknownOutcomeIsThereAfterARepeat(t *testing.T) {
	for name, fault := range map[string]faults.Fault{
		"applied": faults.UnknownApplied, "lost": faults.UnknownLost, "late": faults.UnknownLate, "torn": faults.Torn,
	} {
		f := newFeed(t)
		f.pick = faults.Script(faults.Write, fault)
		req := &feedproto.AppendRequest{Item: item(account, "coffee", noon, 1)}
		if _, err := f.Append(t.Context(), req); !errs.Is(err, errs.OutcomeUnknown) {
			t.Fatalf("%s: %v", name, err)
		}
		f.append(t, req.GetItem())
		if err := f.engine.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, _ := f.list(t, &feedproto.ListRequest{AccountId: account, Limit: 100}); len(got) != 1 {
			t.Errorf("%s: the feed shows %v", name, got)
		}
	}
}

func TestAnItemIsRefusedByFieldAndRule(t *testing.T) {
	f := newFeed(t)
	for want, spoil := range map[string]func(*feedproto.Item){
		"missing_param.item.account_id": func(i *feedproto.Item) { i.AccountId = "" },
		"missing_param.item.title":      func(i *feedproto.Item) { i.Title = "" },
		"bad_param.item.type":           func(i *feedproto.Item) { i.Type = feedproto.TypeBasic },
		"bad_param.item.version":        func(i *feedproto.Item) { i.Version = 0 },
		"bad_param.item.id":             func(i *feedproto.Item) { i.Id = "tx_1" },
		"bad_param.item.created_ms":     func(i *feedproto.Item) { i.CreatedMs++ },
		"bad_param.item":                func(i *feedproto.Item) { i.Body = strings.Repeat("x", itemBytesMax) },
	} {
		i := item(account, "coffee", noon, 1)
		spoil(i)
		if _, err := f.Append(t.Context(), &feedproto.AppendRequest{Item: i}); !errs.Is(err, "bad_request."+want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := f.Append(t.Context(), &feedproto.AppendRequest{}); !errs.Is(err, errs.BadRequest) {
		t.Errorf("no item: %v", err)
	}
	if got, _ := f.list(t, &feedproto.ListRequest{AccountId: account, Limit: 100}); len(got) > 0 {
		t.Errorf("the feed shows %v", got)
	}
}

func TestAListRefusesByName(t *testing.T) {
	f := newFeed(t)
	for want, req := range map[string]*feedproto.ListRequest{
		"missing_param.account_id": {Limit: 1},
		"bad_param.limit":          {AccountId: account, Limit: 101},
		"bad_param.page_token":     {AccountId: account, Limit: 1, PageToken: "tx_1"},
		"bad_param.since_id":       {AccountId: account, Limit: 1, SinceId: "yesterday"},
	} {
		if _, err := f.List(t.Context(), req); !errs.Is(err, "bad_request."+want) {
			t.Errorf("%v: %v, want %s", req, err, want)
		}
	}
	if _, err := f.List(t.Context(), &feedproto.ListRequest{AccountId: account}); !errs.Is(err, errs.BadRequest) {
		t.Errorf("limit 0: %v", err)
	}
}

func TestAccountsAreWalkedWhateverMonthsTheyHave(t *testing.T) {
	f := newFeed(t)
	for _, name := range []string{"acc_a", "acc_b", "acc_c"} {
		f.append(t, item(name, "lunch", noon, 1))
		f.append(t, item(name, "rent", noon.AddDate(0, -2, 0), 1))
	}
	var walked []string
	for after := ""; ; {
		rsp, err := f.ListAccounts(t.Context(), &feedproto.ListAccountsRequest{After: after, Limit: 4})
		if err != nil {
			t.Fatal(err)
		}
		walked = append(walked, rsp.GetAccountIds()...)
		if after = rsp.GetNext(); after == "" {
			break
		}
	}
	slices.Sort(walked)
	if got := slices.Compact(walked); !slices.Equal(got, []string{"acc_a", "acc_b", "acc_c"}) {
		t.Errorf("walked %v", got)
	}
	for _, limit := range []int32{0, 201} {
		_, err := f.ListAccounts(t.Context(), &feedproto.ListAccountsRequest{Limit: limit})
		if !errs.Is(err, errs.BadRequest) {
			t.Errorf("a limit of %d was answered %v", limit, err)
		}
	}
}
