package handler

import (
	"slices"
	"strings"
	"testing"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	feedproto "farthing/service.feed/proto"
)

func (f *feed) changes(t *testing.T, afterID string) []*feedproto.Change {
	t.Helper()
	rsp, err := f.Changes(t.Context(), &feedproto.ChangesRequest{AccountId: alices(), AfterId: afterID, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return rsp.GetChanges()
}

func TestEveryWriteIsAChangeAndNudgesWhoFollows(t *testing.T) {
	f := newFeed(t)
	beginning := id.Lowest(feedproto.ChangePrefix, noon)
	paid := item(alices(), "paid", noon.AddDate(0, -3, 0), 1) // Of long ago, and written now.
	f.append(t, paid)
	paid.Version = 2
	f.append(t, paid)
	added := f.add(t, hello())
	f.remove(t, added)
	all := f.changes(t, beginning)
	var items []string
	var firsts []bool
	for _, change := range all {
		items, firsts = append(items, change.GetItem().GetId()), append(firsts, change.GetFirst())
	}
	want := []string{paid.GetId(), paid.GetId(), added, added}
	if !slices.Equal(items, want) || !slices.Equal(firsts, []bool{true, false, true, false}) {
		t.Fatalf("changed are %v, %v", items, firsts)
	}
	if !all[3].GetItem().GetDeleted() || all[0].GetItem().GetVersion() != 2 {
		t.Errorf("items are not as they are by now: %v", all)
	}
	if rest := f.changes(t, all[2].GetId()); len(rest) != 1 || rest[0].GetId() != all[3].GetId() {
		t.Errorf("after the third: %v", rest)
	}
	if !slices.Equal(f.nudged, []string{alices(), alices(), alices(), alices()}) {
		t.Errorf("nudged are %v", f.nudged)
	}
}

func TestAPageOfChangesIsWhatACallMayAnswer(t *testing.T) {
	f := newFeed(t)
	for range 60 {
		large := hello()
		large.Params.Body = strings.Repeat("x", 1_000)
		large.Url = "https://example.com/" + strings.Repeat("a", 1_900)
		large.Params.ImageUrl = large.Url
		f.add(t, large)
	}
	after, pages, all := id.Lowest(feedproto.ChangePrefix, noon), 0, 0
	for page := f.changes(t, after); len(page) > 0; page = f.changes(t, after) {
		after, pages, all = page[len(page)-1].GetId(), pages+1, all+len(page)
	}
	if all != 60 || pages < 2 {
		t.Errorf("%d changes on %d pages", all, pages)
	}
}

func TestWhoAsksForChangesWronglyIsTold(t *testing.T) {
	f := newFeed(t)
	after := id.Lowest(feedproto.ChangePrefix, noon)
	for want, req := range map[string]*feedproto.ChangesRequest{
		"missing_param.account_id": {AfterId: after, Limit: 1},
		"bad_param.limit":          {AccountId: alices(), AfterId: after},
		"bad_param.after_id":       {AccountId: alices(), AfterId: "feed_x", Limit: 100},
	} {
		if _, err := f.Changes(t.Context(), req); !errs.Is(err, "bad_request."+want) {
			t.Errorf("%v: got %v", req, err)
		}
	}
}

func TestChangesOfLongAgoAreForgotten(t *testing.T) {
	f := newFeed(t)
	f.append(t, item(alices(), "paid", noon, 1))
	if got := f.changes(t, id.Lowest(feedproto.ChangePrefix, noon.AddDate(-20, 0, 0))); len(got) != 1 {
		t.Errorf("since long ago: got %v", got)
	}
}
