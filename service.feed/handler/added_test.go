package handler

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/pkg/store/faults"
	feedproto "farthing/service.feed/proto"
)

const (
	client = "oauth2client_alice"
	user   = "user_alice"
)

// alices is a well-formed account.
func alices() string { return id.Derived("acc", noon, "alice") }

// hello is an item as valid as it can be.
func hello() *feedproto.AddRequest {
	return &feedproto.AddRequest{
		AccountId: alices(), UserId: user, ClientId: client, Type: "basic", Url: "https://example.com/tapped",
		Params: &feedproto.Params{
			Title: "Hello", Body: "How are\nyou?", ImageUrl: "www.example.com/image.png", BackgroundColor: "#FCF1EE",
			TitleColor: "#333333", BodyColor: "#aBcDeF",
		},
	}
}

func (f *feed) add(t *testing.T, req *feedproto.AddRequest) string {
	t.Helper()
	rsp, err := f.Add(t.Context(), req)
	if err != nil {
		t.Fatalf("adding: %v", err)
	}
	return rsp.GetItemId()
}

func (f *feed) remove(t *testing.T, item string) {
	t.Helper()
	if _, err := f.Remove(t.Context(), &feedproto.RemoveRequest{ItemId: item, ClientId: client}); err != nil {
		t.Fatalf("removing: %v", err)
	}
}

func (f *feed) ofAlice(t *testing.T) []string {
	t.Helper()
	titles, _ := f.list(t, &feedproto.ListRequest{AccountId: alices(), Limit: 100})
	return titles
}

func TestWhatAProgramAddsIsShownAsItSaidIt(t *testing.T) {
	f := newFeed(t)
	added := f.add(t, hello())
	created, err := id.Time("item_id", "feed", added)
	if err != nil {
		t.Fatal(err)
	}
	want := &feedproto.Item{
		Id: added, Type: feedproto.TypeBasic, AccountId: alices(), UserId: user, ClientId: client, Personal: true,
		CreatedMs: created.UnixMilli(), UpdatedMs: created.UnixMilli(), Version: 1, Title: "Hello", Body: "How are\nyou?",
		ImageUrl: "www.example.com/image.png", Url: "https://example.com/tapped", BackgroundColor: "#FCF1EE",
		TitleColor: "#333333", BodyColor: "#aBcDeF",
	}
	listed, err := f.List(t.Context(), &feedproto.ListRequest{AccountId: alices(), Limit: 1})
	if diff := cmp.Diff([]*feedproto.Item{want}, listed.GetItems(), protocmp.Transform()); err != nil || diff != "" {
		t.Errorf("listed: %v\n%s", err, diff)
	}
	got, err := f.GetAdded(t.Context(), &feedproto.GetAddedRequest{ItemId: added, ClientId: client})
	if diff := cmp.Diff(want, got.GetItem(), protocmp.Transform()); err != nil || diff != "" {
		t.Errorf("got: %v\n%s", err, diff)
	}
	f.wantSealed(t, alices(), "Hello", "How are", "image.png", "tapped")
}

func TestWithoutADedupeIDEachAdditionIsAnItem(t *testing.T) {
	f := newFeed(t)
	f.add(t, hello())
	f.add(t, hello())
	if got := f.ofAlice(t); len(got) != 2 {
		t.Errorf("the feed shows %v", got)
	}
}

func TestARepeatOfAnAdditionIsTheFirstItem(t *testing.T) {
	f := newFeed(t)
	named := hello()
	named.DedupeId = "d1"
	first := f.add(t, named)
	if again := f.add(t, named); again != first || len(f.ofAlice(t)) != 1 {
		t.Errorf("a repeat of %s is %s, and the feed shows %v", first, again, f.ofAlice(t))
	}
	for name, change := range map[string]func(*feedproto.AddRequest){
		"account": func(r *feedproto.AddRequest) { r.AccountId = id.Derived("acc", noon, "other") },
		"program": func(r *feedproto.AddRequest) { r.ClientId = "oauth2client_other" },
		"name":    func(r *feedproto.AddRequest) { r.DedupeId = "d2" },
	} {
		other := proto.CloneOf(named)
		change(other)
		if f.add(t, other) == first {
			t.Errorf("of another %s it is the same item", name)
		}
	}
	named.Params.Title = "Goodbye"
	if _, err := f.Add(t.Context(), named); !errs.Is(err, "conflict.dedupe_id") {
		t.Errorf("with another title: %v", err)
	}
}

func TestWhatAProgramAddedItTakesAwayForGood(t *testing.T) {
	f := newFeed(t)
	named := hello()
	named.DedupeId = "d1"
	added := f.add(t, named)
	f.append(t, item(alices(), "coffee", noon, 1))
	for range 2 {
		f.remove(t, added)
		f.add(t, named) // It is the first one's name for ever.
		if got := f.ofAlice(t); len(got) != 1 || !strings.HasPrefix(got[0], "coffee") {
			t.Fatalf("the feed shows %v", got)
		}
		_, err := f.GetAdded(t.Context(), &feedproto.GetAddedRequest{ItemId: added, ClientId: client})
		if !errs.Is(err, "not_found.feed_item") {
			t.Errorf("got %v", err)
		}
	}
}

func TestOnlyWhoAddedAnItemMayTakeItAway(t *testing.T) {
	f := newFeed(t)
	added, paid := f.add(t, hello()), item(alices(), "coffee", noon, 1)
	f.append(t, paid)
	for name, req := range map[string]*feedproto.RemoveRequest{
		"another program":  {ItemId: added, ClientId: "oauth2client_other"},
		"a transaction":    {ItemId: paid.GetId(), ClientId: client},
		"nothing":          {ItemId: id.Derived("feed", noon, "nothing"), ClientId: client},
		"a paid one's own": {ItemId: paid.GetId(), ClientId: paid.GetClientId() + "x"},
	} {
		if _, err := f.Remove(t.Context(), req); !errs.Is(err, "not_found.feed_item") {
			t.Errorf("%s: %v", name, err)
		}
		_, err := f.GetAdded(t.Context(), &feedproto.GetAddedRequest{ItemId: req.GetItemId(), ClientId: req.GetClientId()})
		if !errs.Is(err, "not_found.feed_item") {
			t.Errorf("getting %s: %v", name, err)
		}
	}
	for _, req := range []*feedproto.RemoveRequest{{ItemId: "tx_1", ClientId: client}, {ItemId: added}} {
		if _, err := f.Remove(t.Context(), req); !errs.Is(err, errs.BadRequest) {
			t.Errorf("%v: %v", req, err)
		}
	}
	if got := f.ofAlice(t); len(got) != 2 {
		t.Errorf("the feed shows %v", got)
	}
}

func TestAnAdditionOfUnknownOutcomeIsThereOnceAfterARepeat(t *testing.T) {
	for _, op := range []faults.Op{faults.Apply, faults.Write} {
		for name, fault := range map[string]faults.Fault{
			"applied": faults.UnknownApplied, "lost": faults.UnknownLost, "late": faults.UnknownLate,
		} {
			f := newFeed(t)
			named := hello()
			named.DedupeId = "d1"
			f.add(t, hello()) // The customer has a key.
			f.pick = faults.Script(op, fault)
			if _, err := f.Add(t.Context(), named); !errs.Is(err, errs.OutcomeUnknown) {
				t.Fatalf("%v %s: %v", op, name, err)
			}
			f.add(t, named)
			if err := f.engine.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := f.ofAlice(t); len(got) != 2 {
				t.Errorf("%v %s: the feed shows %v", op, name, got)
			}
		}
	}
}

func TestAnAdditionIsRefusedByTheNameThatProgramsUse(t *testing.T) {
	f := newFeed(t)
	long := strings.Repeat("é", 2_001)
	for _, c := range []struct {
		want  string
		spoil func(*feedproto.AddRequest)
	}{
		{"missing_param.user_id", func(r *feedproto.AddRequest) { r.UserId = "" }},
		{"missing_param.client_id", func(r *feedproto.AddRequest) { r.ClientId = "" }},
		{"missing_param.account_id", func(r *feedproto.AddRequest) { r.AccountId = "" }},
		{"bad_param.account_id", func(r *feedproto.AddRequest) { r.AccountId = "tx_1" }},
		{"bad_param.dedupe_id", func(r *feedproto.AddRequest) { r.DedupeId = strings.Repeat("x", 65) }},
		{"bad_param.type", func(r *feedproto.AddRequest) { r.Type = "" }},
		{"bad_param.type", func(r *feedproto.AddRequest) { r.Type = "transaction" }},
		{"bad_param.url", func(r *feedproto.AddRequest) { r.Url = "javascript:alert(1)" }},
		{"bad_param.url", func(r *feedproto.AddRequest) { r.Url = "www.example.com" }},
		{"bad_param.url", func(r *feedproto.AddRequest) { r.Url = "https://example.com/" + long }},
		{"missing_param.params[title]", func(r *feedproto.AddRequest) { r.Params = nil }},
		{"missing_param.params[title]", func(r *feedproto.AddRequest) { r.Params.Title = "" }},
		{"bad_param.params[title]", func(r *feedproto.AddRequest) { r.Params.Title = long[:402] }},
		{"bad_param.params[title]", func(r *feedproto.AddRequest) { r.Params.Title = "two\nlines" }},
		{"bad_param.params[body]", func(r *feedproto.AddRequest) { r.Params.Body = long[:2_002] }},
		{"bad_param.params[body]", func(r *feedproto.AddRequest) { r.Params.Body = "\x07" }},
		{"missing_param.params[image_url]", func(r *feedproto.AddRequest) { r.Params.ImageUrl = "" }},
		{"bad_param.params[image_url]", func(r *feedproto.AddRequest) { r.Params.ImageUrl = "data:image/png;base64,x" }},
		{"bad_param.params[image_url]", func(r *feedproto.AddRequest) { r.Params.ImageUrl = "javascript:alert(1)" }},
		{"bad_param.params[image_url]", func(r *feedproto.AddRequest) { r.Params.ImageUrl = "ftp://example.com/a.png" }},
		{"bad_param.params[background_color]", func(r *feedproto.AddRequest) { r.Params.BackgroundColor = "FCF1EE" }},
		{"bad_param.params[background_color]", func(r *feedproto.AddRequest) { r.Params.BackgroundColor = "#333" }},
		{"bad_param.params[title_color]", func(r *feedproto.AddRequest) { r.Params.TitleColor = "red" }},
		{"bad_param.params[title_color]", func(r *feedproto.AddRequest) { r.Params.TitleColor = "#GGGGGG" }},
		{"bad_param.params[body_color]", func(r *feedproto.AddRequest) { r.Params.BodyColor = "#FCF1EE00" }},
		{"bad_param.params", func(r *feedproto.AddRequest) {
			r.Params.Body, r.Url = strings.Repeat("🥪", 1_000), "https://example.com/"+strings.Repeat("🥪", 1_900)
		}},
	} {
		req := hello()
		c.spoil(req)
		if _, err := f.Add(t.Context(), req); err == nil || errs.Of(err).Code != "bad_request."+c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	if got := f.ofAlice(t); len(got) > 0 {
		t.Errorf("the feed shows %v", got)
	}
}

func TestAPageOfLongItemsIsShorterAndTheNextGoesOn(t *testing.T) {
	f := newFeed(t)
	const many = 60
	for n := range many {
		long := hello()
		long.Params.Title = fmt.Sprint(n)
		long.Params.Body, long.Url = strings.Repeat("🥪", 1_000), "https://example.com/"+strings.Repeat("x", 1_900)
		f.add(t, long)
	}
	var seen []string
	for token, pages := "", 1; ; pages++ {
		rsp, err := f.List(t.Context(), &feedproto.ListRequest{AccountId: alices(), Limit: 100, PageToken: token})
		if err != nil || proto.Size(rsp) > 256<<10 {
			t.Fatalf("a page of %d bytes, %v", proto.Size(rsp), err)
		}
		for _, each := range rsp.GetItems() {
			seen = append(seen, each.GetTitle())
		}
		if token = rsp.GetNextPageToken(); token == "" {
			if len(seen) != many || pages < 2 {
				t.Errorf("%d items in %d pages", len(seen), pages)
			}
			return
		}
	}
}
