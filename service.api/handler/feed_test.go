package handler

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	feedproto "farthing/service.feed/proto"
)

type fakeFeed struct {
	feedproto.FeedClient
	b *bank
}

func (f fakeFeed) List(
	_ context.Context, req *feedproto.ListRequest, _ ...grpc.CallOption,
) (*feedproto.ListResponse, error) {
	if err := f.b.fails["feed"]; err != nil {
		return nil, err
	}
	rsp := &feedproto.ListResponse{}
	for _, each := range slices.Backward(f.b.items) {
		inWindow := each.GetId() > req.GetSinceId() && (req.GetPageToken() == "" || each.GetId() < req.GetPageToken())
		if each.GetAccountId() == req.GetAccountId() && inWindow && len(rsp.GetItems()) < int(req.GetLimit()) {
			rsp.Items = append(rsp.Items, each)
		}
	}
	if n := len(rsp.GetItems()); n == int(req.GetLimit()) {
		rsp.NextPageToken = rsp.GetItems()[n-1].GetId()
	}
	return rsp, nil
}

func (f fakeFeed) Add(
	_ context.Context, req *feedproto.AddRequest, _ ...grpc.CallOption,
) (*feedproto.AddResponse, error) {
	if req.GetParams().GetTitleColor() == "red" {
		return nil, errs.BadParam("params[title_color]", "must be a colour")
	}
	f.b.changes = append(f.b.changes, req)
	return &feedproto.AddResponse{ItemId: idOf("feed", req.GetParams().GetTitle(), noon)}, f.b.fails["feed"]
}

func (f fakeFeed) GetAdded(
	_ context.Context, req *feedproto.GetAddedRequest, _ ...grpc.CallOption,
) (*feedproto.GetAddedResponse, error) {
	found, err := find(f.b, "feed_item", f.b.items, (*feedproto.Item).GetId, req.GetItemId())
	if err == nil && found.GetClientId() != req.GetClientId() {
		return nil, errs.Missing("feed_item")
	}
	return &feedproto.GetAddedResponse{Item: found}, err
}

func (f fakeFeed) Remove(
	_ context.Context, req *feedproto.RemoveRequest, _ ...grpc.CallOption,
) (*feedproto.RemoveResponse, error) {
	f.b.changes = append(f.b.changes, req)
	return &feedproto.RemoveResponse{}, nil
}

// itemsOfAlice are one that her program has added, and one of a transaction.
func itemsOfAlice() []*feedproto.Item {
	return []*feedproto.Item{
		{
			Id: idOf("feed", "hello", noon), Type: feedproto.TypeBasic, AccountId: alicesAcc, ClientId: alicesClient,
			CreatedMs: noon.UnixMilli(), Title: "Welcome", Body: "Your account is open",
			ImageUrl: "www.images.example/hello.png", Url: "https://hello.example/", BackgroundColor: "#FCF1EE",
		},
		{
			Id: idOf("feed", "pret", noon.Add(time.Hour)), Type: feedproto.TypeTransaction, AccountId: alicesAcc,
			TransactionId: idOf("tx", "pending", noon), CreatedMs: noon.Add(time.Hour).UnixMilli(),
			Title: "Pret A Manger", Body: "Eating out", Emoji: "🥪", Amount: pence(-350),
		},
	}
}

func TestAFeedHasItsShape(t *testing.T) {
	b := newBank()
	b.items = itemsOfAlice()
	wantGolden(t, "feed.json", b.serve(t).As("alice").Get("/feed?account_id="+alicesAcc))
}

func TestAnItemIsAddedByFormAndByJSON(t *testing.T) {
	want := func(with func(*feedproto.AddRequest)) *feedproto.AddRequest {
		asked := &feedproto.AddRequest{
			AccountId: alicesAcc, UserId: alice, ClientId: alicesClient, Type: "basic",
			Params: &feedproto.Params{Title: "Hi & hello", ImageUrl: "www.example.com/image.png"},
		}
		with(asked)
		return asked
	}
	bare := func(*feedproto.AddRequest) {}
	whole := func(r *feedproto.AddRequest) {
		r.DedupeId, r.Url, r.Params.Body = "d1", "https://example.com/", "How are\nyou?"
		r.Params.BackgroundColor, r.Params.TitleColor, r.Params.BodyColor = "#FCF1EE", "#333333", "#444444"
	}
	account := `{"account_id":"` + alicesAcc + `","type":"basic",`
	for name, c := range map[string]struct {
		form, json string
		want       func(*feedproto.AddRequest)
	}{
		"form": {form: "params[title]=Hi+%26+hello&params[image_url]=www.example.com/image.png", want: bare},
		"encoded form": {
			form: "params%5Btitle%5D=Hi%20%26%20hello&params%5Bimage_url%5D=www.example.com%2Fimage.png&url=", want: bare,
		},
		"nested JSON": {
			json: account + `"params":{"title":"Hi & hello","image_url":"www.example.com/image.png","body":null}}`, want: bare,
		},
		"flat JSON": {
			json: account + `"params[title]":"Hi & hello","params[image_url]":"www.example.com/image.png"}`, want: bare,
		},
		"whole form": {
			form: "params[title]=Hi+%26+hello&params[image_url]=www.example.com/image.png&params[body]=How+are%0Ayou?" +
				"&params[background_color]=%23FCF1EE&params[title_color]=%23333333&params[body_color]=%23444444" +
				"&url=https://example.com/&dedupe_id=d1", want: whole,
		},
		"whole JSON": {
			json: account + `"url":"https://example.com/","dedupe_id":"d1","params":{"title":"Hi & hello",
				"image_url":"www.example.com/image.png","body":"How are\nyou?","background_color":"#FCF1EE",
				"title_color":"#333333","body_color":"#444444","sparkle":true}}`, want: whole,
		},
	} {
		b := newBank()
		door := b.serve(t).As("alice")
		rsp := door.JSON("POST", "/feed", c.json)
		if c.form != "" {
			rsp = door.Form("POST", "/feed/", "account_id="+alicesAcc+"&type=basic&"+c.form)
		}
		if rsp.Status != http.StatusOK || string(rsp.Body) != "{}\n" || len(b.changes) != 1 {
			t.Fatalf("%s: got %d %s, and changed were %v", name, rsp.Status, rsp.Body, b.changes)
		}
		if diff := cmp.Diff(want(c.want), b.changes[0], protocmp.Transform()); diff != "" {
			t.Errorf("%s: asked for\n%s", name, diff)
		}
	}
}

func TestWhatTheFeedRefusesIsRefusedByItsName(t *testing.T) {
	b := newBank()
	b.serve(t).As("alice").JSON("POST", "/feed", `{"account_id":"`+alicesAcc+`","type":"basic","params":{"title":"Hi",
		"image_url":"www.example.com/image.png","title_color":"red"}}`).
		Refused(http.StatusBadRequest, "bad_request.bad_param.params[title_color]")
	wantUnchanged(t, b)
}

func TestAnItemIsTakenAwayByTheProgramThatAddedIt(t *testing.T) {
	b := newBank()
	b.items = itemsOfAlice()
	door := b.serve(t).As("alice")
	mine, transactions := "/feed/"+b.items[0].GetId(), "/feed/"+b.items[1].GetId()
	door.Do("DELETE", transactions, nil).Refused(http.StatusNotFound, "not_found.feed_item")
	b.tokens["alice"].ClientId = "oauth2client_other"
	door.Do("DELETE", mine, nil).Refused(http.StatusNotFound, "not_found.feed_item")
	wantUnchanged(t, b)
	b.tokens["alice"].ClientId = alicesClient
	if rsp := door.Do("DELETE", mine, nil); string(rsp.Body) != "{}\n" || len(b.changes) != 1 {
		t.Errorf("got %d %s, and changed were %v", rsp.Status, rsp.Body, b.changes)
	}
}

func badItems() []badly {
	return []badly{
		{"POST", "/feed", `{"type":"basic","params":{"title":"Hi","image_url":"a.b"}}`, "missing_param.account_id"},
		{"POST", "/feed", `{"account_id":"x","params":{"title":"Hi","image_url":"a.b"}}`, "missing_param.type"},
		{"POST", "/feed", `{"account_id":"x","type":"basic"}`, "missing_param.params[title]"},
		{"POST", "/feed", `{"account_id":"x","type":"basic","params":{"title":""}}`, "missing_param.params[title]"},
		{"POST", "/feed", `{"account_id":"x","type":"basic","params":{"title":"Hi"}}`, "missing_param.params[image_url]"},
		{"POST", "/feed", `{"account_id":"x","type":"basic","params":{"title":7}}`, "bad_param.params[title]"},
		{"POST", "/feed", `{"account_id":"x","type":"basic","params":{"title":["Hi"]}}`, "bad_param.params[title]"},
	}
}
