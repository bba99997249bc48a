package handler

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/edge/edgetest"
	feedproto "farthing/service.feed/proto"
	transactionsproto "farthing/service.transactions/proto"
)

// withPayments has n payments of Alice, one a second, two of them in the same millisecond, and some of Bob's between.
func withPayments(n int) (*bank, []string) {
	b := newBank()
	for i := range n {
		at := noon.Add(time.Duration(i) * time.Second)
		if i == 1 {
			at = noon
		}
		b.transactions = append(b.transactions, pending(fmt.Sprint("alice", i), at))
		bobs := pending(fmt.Sprint("bob", i), at)
		bobs.AccountId, bobs.UserId = bobsAcc, bob
		b.transactions = append(b.transactions, bobs)
	}
	var ids []string
	for _, each := range b.transactions {
		if each.GetAccountId() == alicesAcc {
			ids = append(ids, each.GetId())
		}
	}
	slices.Sort(ids)
	slices.SortFunc(b.transactions, func(x, y *transactionsproto.Transaction) int {
		return strings.Compare(x.GetId(), y.GetId())
	})
	return b, ids
}

// list is the ids that a list of Alice's transactions answers.
func list(door *edgetest.Door, query string) []string {
	var got struct{ Transactions []struct{ ID string } }
	door.Get("/transactions?account_id=" + alicesAcc + "&" + query).Into(&got)
	var ids []string
	for _, each := range got.Transactions {
		ids = append(ids, each.ID)
	}
	return ids
}

func TestTransactionsAreListedOldestFirstThirtyAtATime(t *testing.T) {
	b, ids := withPayments(40)
	door := b.serve(t).As("alice")
	for query, want := range map[string][]string{
		"": ids[:30], "limit=": ids[:30], "limit=1": ids[:1], "limit=100": ids, "limit=31": ids[:31],
	} {
		if diff := cmp.Diff(want, list(door, query)); diff != "" {
			t.Errorf("%q:\n%s", query, diff)
		}
	}
}

func TestSinceTheLastIDIsTheNextPageUntilAnEmptyOne(t *testing.T) {
	b, ids := withPayments(25)
	door := b.serve(t).As("alice")
	before := url.QueryEscape(noon.Add(time.Hour).Format(time.RFC3339))
	for _, bound := range []string{"", "&before=" + before} {
		var walked []string
		page := list(door, "limit=7"+bound)
		for ; len(page) > 0; page = list(door, "limit=7&since="+walked[len(walked)-1]+bound) {
			walked = append(walked, page...)
		}
		if diff := cmp.Diff(ids, walked); diff != "" {
			t.Errorf("%q:\n%s", bound, diff)
		}
	}
}

func TestAWindowTakesItsBeginningAndLeavesItsEnd(t *testing.T) {
	b, ids := withPayments(10) // At 0, 0, 2, 3 … 9 seconds.
	door := b.serve(t).As("alice")
	at := func(d time.Duration) string { return url.QueryEscape(noon.Add(d).Format(time.RFC3339Nano)) }
	for name, c := range map[string]struct {
		query string
		want  []string
	}{
		"from the time of one":           {"since=" + at(2*time.Second), ids[2:]},
		"from a moment before one":       {"since=" + at(2*time.Second-time.Microsecond), ids[2:]},
		"from a moment after one":        {"since=" + at(2*time.Second+time.Nanosecond), ids[3:]},
		"after an id":                    {"since=" + ids[2], ids[3:]},
		"after one of two at a time":     {"since=" + ids[0], ids[1:]},
		"before the time of one":         {"before=" + at(3*time.Second), ids[:3]},
		"before a moment after one":      {"before=" + at(3*time.Second+time.Nanosecond), ids[:4]},
		"between":                        {"since=" + at(2*time.Second) + "&before=" + at(5*time.Second), ids[2:5]},
		"after an id, before a time":     {"since=" + ids[2] + "&before=" + at(5*time.Second), ids[3:5]},
		"from a time before the same":    {"since=" + at(2*time.Second) + "&before=" + at(2*time.Second), nil},
		"from the beginning of time":     {"since=1969-12-31T00:00:00Z", ids},
		"before the beginning of time":   {"before=1969-12-31T00:00:00Z", nil},
		"before the first millisecond":   {"before=1970-01-01T00:00:00Z", nil},
		"a whole year of 365 days":       {"since=2026-01-01T00:00:00Z&before=2027-01-01T00:00:00Z", ids},
		"since long ago, with no end":    {"since=2000-01-01T00:00:00Z", ids},
		"till far away, from no time":    {"before=9999-12-31T23:59:59Z", ids},
		"with a space for the T":         {"since=2026-11-09+12:30:55.695%2B00:00", ids[2:]},
		"with a plus that became space":  {"since=2026-11-09T12:30:55.695+00:00", ids[2:]},
		"in another zone":                {"since=2026-11-09T14:30:55.695%2B02:00", ids[2:]},
		"with an empty since and before": {"since=&before=", ids},
	} {
		if diff := cmp.Diff(c.want, list(door, c.query)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestPagingByIDMayBeginMoreThanAYearBack(t *testing.T) {
	b, ids := withPayments(3)
	old := idOf("tx", "old", noon.AddDate(-3, 0, 0))
	got := list(b.serve(t).As("alice"), "since="+old+"&before="+noon.Add(time.Hour).Format(time.RFC3339))
	if diff := cmp.Diff(ids, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestAnAccountWithNothingHasEmptyLists(t *testing.T) {
	door := newBank().serve(t).As("alice")
	for path, want := range map[string]string{
		"/transactions": `{"transactions":[]}`, "/feed": `{"items":[],"next_page_token":""}`, "/card/list": `{"cards":[]}`,
	} {
		if rsp := door.Get(path + "?account_id=" + alicesAcc); string(rsp.Body) != want+"\n" {
			t.Errorf("%s: got %s", path, rsp.Body)
		}
	}
}

// withItems has n items in Alice's feed, one a second, oldest first.
func withItems(n int) (*bank, []string) {
	b := newBank()
	var ids []string
	for i := range n {
		at := noon.Add(time.Duration(i) * time.Second)
		item := &feedproto.Item{
			Id: idOf("feed", fmt.Sprint(i), at), Type: "basic", AccountId: alicesAcc, CreatedMs: at.UnixMilli(), Title: "Hello",
		}
		b.items, ids = append(b.items, item), append(ids, item.GetId())
	}
	return b, ids
}

type feedPage struct {
	Items         []struct{ ID string }
	NextPageToken string `json:"next_page_token"`
}

func (p feedPage) ids() []string {
	var ids []string
	for _, each := range p.Items {
		ids = append(ids, each.ID)
	}
	return ids
}

func TestAFeedIsPagedNewestFirst(t *testing.T) {
	b, ids := withItems(40)
	slices.Reverse(ids)
	door := b.serve(t).As("alice")
	var walked []string
	for token, pages := "", 0; pages == 0 || token != ""; pages++ {
		var page feedPage
		door.Get("/feed?limit=7&page_token=" + token + "&account_id=" + alicesAcc).Into(&page)
		walked, token = append(walked, page.ids()...), page.NextPageToken
	}
	if diff := cmp.Diff(ids, walked); diff != "" {
		t.Error(diff)
	}
	var page feedPage
	door.Get("/feed?account_id=" + alicesAcc).Into(&page)
	if diff := cmp.Diff(ids[:30], page.ids()); diff != "" {
		t.Errorf("by default:\n%s", diff)
	}
}

func TestAFeedSinceATimeTakesItAndSinceAnItemLeavesIt(t *testing.T) {
	b, ids := withItems(3)
	door := b.serve(t).As("alice")
	for since, want := range map[string][]string{
		ids[0]:                           {ids[2], ids[1]},
		"2026-11-09T12:30:54.695Z":       {ids[2], ids[1]},
		"2026-11-09T12:30:54.694999Z":    {ids[2], ids[1]},
		"2026-11-09T12:30:54.695000001Z": {ids[2]},
		"1960-01-01T00:00:00Z":           {ids[2], ids[1], ids[0]},
		"2026-11-09 12:30:55.695+00:00":  {ids[2]},
	} {
		var page feedPage
		door.Get("/feed?account_id=" + alicesAcc + "&since=" + url.QueryEscape(since)).Into(&page)
		if diff := cmp.Diff(want, page.ids()); diff != "" {
			t.Errorf("since %s:\n%s", since, diff)
		}
	}
}
