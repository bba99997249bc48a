package handler

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/testing/protocmp"

	"farthing/pkg/errs"
	authproto "farthing/service.auth/proto"
	webhookproto "farthing/service.webhook/proto"
)

// registration is the body of a registration that is told of more than transactions.
var registration = "account_id=" + alicesAcc +
	"&url=https%3A%2F%2Fexample.com%2F&events[]=pot.updated&events[]=transaction.created"

// hooksOfAlice are one, and one that is disabled.
func hooksOfAlice() []*webhookproto.Webhook {
	hook := func(name string, state webhookproto.State) *webhookproto.Webhook {
		return &webhookproto.Webhook{
			Id: idOf("webhook", name, noon), AccountId: alicesAcc, ClientId: alicesClient, State: state,
			Url: "https://example.com/" + name, Events: []string{"transaction.created"}, CreatedMs: noon.UnixMilli(),
		}
	}
	return []*webhookproto.Webhook{
		hook("good", webhookproto.State_STATE_ACTIVE), hook("gone", webhookproto.State_STATE_DISABLED),
	}
}

type fakeWebhooks struct {
	webhookproto.WebhooksClient
	b *bank
}

func (f fakeWebhooks) Get(
	_ context.Context, req *webhookproto.GetRequest, _ ...grpc.CallOption,
) (*webhookproto.GetResponse, error) {
	found, err := find(f.b, "webhook", f.b.hooks, (*webhookproto.Webhook).GetId, req.GetWebhookId())
	return &webhookproto.GetResponse{Webhook: found}, err
}

func (f fakeWebhooks) List(
	_ context.Context, req *webhookproto.ListRequest, _ ...grpc.CallOption,
) (*webhookproto.ListResponse, error) {
	own := func(each *webhookproto.Webhook) bool {
		return each.GetAccountId() == req.GetAccountId() && each.GetClientId() == req.GetClientId() &&
			each.GetState() != webhookproto.State_STATE_DEREGISTERED
	}
	rsp := &webhookproto.ListResponse{}
	for _, each := range f.b.hooks {
		if own(each) {
			rsp.Webhooks = append(rsp.Webhooks, each)
		}
	}
	return rsp, f.b.fails["webhook"]
}

func (f fakeWebhooks) Register(
	_ context.Context, req *webhookproto.RegisterRequest, _ ...grpc.CallOption,
) (*webhookproto.RegisterResponse, error) {
	if !strings.HasPrefix(req.GetUrl(), "https://") {
		return nil, errs.BadParam("url", "must begin with https://")
	}
	f.b.changes = append(f.b.changes, req)
	made := &webhookproto.Webhook{
		Id: idOf("webhook", "made", noon), AccountId: req.GetAccountId(), ClientId: req.GetClientId(), Url: req.GetUrl(),
		Events: req.GetEvents(), State: webhookproto.State_STATE_ACTIVE,
	}
	f.b.hooks = append(f.b.hooks, made)
	return &webhookproto.RegisterResponse{Webhook: made, Secret: "whsec_1"}, nil
}

func (f fakeWebhooks) Deregister(
	_ context.Context, req *webhookproto.DeregisterRequest, _ ...grpc.CallOption,
) (*webhookproto.DeregisterResponse, error) {
	found, err := find(f.b, "webhook", f.b.hooks, (*webhookproto.Webhook).GetId, req.GetWebhookId())
	if err == nil {
		f.b.changes = append(f.b.changes, req)
		found.State = webhookproto.State_STATE_DEREGISTERED
	}
	return &webhookproto.DeregisterResponse{}, err
}

func (f fakeWebhooks) RotateSecret(
	_ context.Context, req *webhookproto.RotateSecretRequest, _ ...grpc.CallOption,
) (*webhookproto.RotateSecretResponse, error) {
	found, err := find(f.b, "webhook", f.b.hooks, (*webhookproto.Webhook).GetId, req.GetWebhookId())
	f.b.changes = append(f.b.changes, req)
	return &webhookproto.RotateSecretResponse{Webhook: found, Secret: "whsec_2"}, err
}

func (f fakeWebhooks) ListDeliveries(
	_ context.Context, req *webhookproto.ListDeliveriesRequest, _ ...grpc.CallOption,
) (*webhookproto.ListDeliveriesResponse, error) {
	f.b.asked = append(f.b.asked, req)
	at := noon.UnixMilli()
	return &webhookproto.ListDeliveriesResponse{Deliveries: []*webhookproto.Delivery{
		{
			Id: idOf("msg", "arrived", noon), Event: "transaction.created", About: idOf("tx", "a", noon),
			Status: webhookproto.Status_STATUS_DELIVERED, CreatedMs: at, Attempts: []*webhookproto.Attempt{
				{AtMs: at, Problem: "timeout", TookMs: 10_000}, {AtMs: at + 60_000, HttpStatus: 204, TookMs: 85, Replay: true},
			},
		},
		{
			Id: idOf("msg", "waiting", noon), Event: "balance.updated", About: alicesAcc,
			Status: webhookproto.Status_STATUS_PENDING, CreatedMs: at, NextMs: at + 5_000,
		},
	}, NextPageToken: idOf("msg", "waiting", noon)}, nil
}

func (f fakeWebhooks) Replay(
	_ context.Context, req *webhookproto.ReplayRequest, _ ...grpc.CallOption,
) (*webhookproto.ReplayResponse, error) {
	f.b.changes = append(f.b.changes, req)
	return &webhookproto.ReplayResponse{Replayed: 3, NextSinceId: "msg_1"}, nil
}

func TestAWebhookHasTheExactShapeOfThePublicAPIAndMore(t *testing.T) {
	b := newBank()
	b.hooks = hooksOfAlice()
	door := b.serve(t).As("alice")
	wantGolden(t, "webhooks.json", door.Get("/webhooks?account_id="+alicesAcc))
	wantGolden(t, "webhook.json", door.Form("POST", "/webhooks", registration))
	wantGolden(t, "deliveries.json", door.Get("/webhooks/"+b.hooks[0].GetId()+"/deliveries"))
	wantGolden(t, "replayed.json", door.JSON("POST", "/webhooks/"+b.hooks[0].GetId()+"/replay", `{"delivery_id":"msg_1"}`))
}

func TestAWebhookIsRegisteredByFormAndByJSON(t *testing.T) {
	want := &webhookproto.RegisterRequest{
		AccountId: alicesAcc, UserId: alice, ClientId: alicesClient, Url: "https://example.com/",
		Events: []string{"pot.updated", "transaction.created"}, DedupeId: "1",
	}
	b := newBank()
	door := b.serve(t).As("alice")
	door.Form("POST", "/webhooks", registration+"&dedupe_id=1").Into(new(any))
	door.JSON("POST", "/webhooks", `{"account_id":"`+alicesAcc+`","url":"https://example.com/","dedupe_id":"1",
		"events":["pot.updated","transaction.created"]}`).Into(new(any))
	for _, each := range b.changes {
		if diff := cmp.Diff(want, each, protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	}
	if len(b.changes) != 2 {
		t.Errorf("%d registrations", len(b.changes))
	}
}

func TestAWebhookIsToldOnlyOfWhatItsTokenMayRead(t *testing.T) {
	for event, scope := range map[string]string{
		"": "transactions:read", "transaction.created": "transactions:read", "transaction.updated": "transactions:read",
		"balance.updated": "accounts:read", "card.updated": "cards:read", "pot.updated": "pots:read",
	} {
		b := newBank()
		door := b.serve(t).As("alice")
		form := "account_id=" + alicesAcc + "&url=https://example.com/"
		if event != "" {
			form += "&events[]=" + event
		}
		b.tokens["alice"].Scopes = slices.DeleteFunc(authproto.Scopes(), func(s string) bool { return s == scope })
		door.Form("POST", "/webhooks", form).Refused(http.StatusForbidden, "forbidden.insufficient_permissions")
		wantUnchanged(t, b)
		b.tokens["alice"].Scopes = []string{"webhooks:write", scope}
		door.Form("POST", "/webhooks", form).Into(new(any))
	}
}

func TestAnotherProgramOfTheSameCustomerSeesNoneOfTheWebhooks(t *testing.T) {
	b := newBank()
	b.hooks = hooksOfAlice()
	b.tokens["other"] = newBank().tokens["alice"]
	b.tokens["other"].ClientId = "oauth2client_other"
	door := b.serve(t).As("other")
	var listed struct{ Webhooks []any }
	if door.Get("/webhooks?account_id=" + alicesAcc).Into(&listed); listed.Webhooks == nil || len(listed.Webhooks) != 0 {
		t.Errorf("listed are %v", listed.Webhooks)
	}
	for _, call := range []string{
		"DELETE /webhooks/THING", "GET /webhooks/THING/deliveries", "POST /webhooks/THING/rotate-secret",
		"POST /webhooks/THING/replay since=2026-11-09T00:00:00Z",
	} {
		ask(door, call, b.hooks[0].GetId()).Refused(http.StatusNotFound, "not_found.webhook")
	}
	wantUnchanged(t, b)
}

func TestAWebhookIsDeregisteredAsOftenAsOneLikesAndGoneForAllElse(t *testing.T) {
	b := newBank()
	b.hooks = hooksOfAlice()
	door, hook := b.serve(t).As("alice"), "/webhooks/"+b.hooks[0].GetId()
	for range 2 {
		if rsp := door.Do("DELETE", hook, nil); rsp.Status != http.StatusOK || string(rsp.Body) != "{}\n" {
			t.Errorf("got %d %s", rsp.Status, rsp.Body)
		}
	}
	door.Get(hook+"/deliveries").Refused(http.StatusNotFound, "not_found.webhook")
	door.Form("POST", hook+"/rotate-secret", "").Refused(http.StatusNotFound, "not_found.webhook")
	var listed struct{ Webhooks []struct{ ID, Secret string } }
	if door.Get("/webhooks?account_id=" + alicesAcc).Into(&listed); len(listed.Webhooks) != 1 {
		t.Errorf("listed are %v", listed.Webhooks)
	}
}

func TestASecretIsRotatedAndAnswered(t *testing.T) {
	b := newBank()
	b.hooks = hooksOfAlice()
	var got struct {
		Webhook struct{ ID, Secret string }
	}
	b.serve(t).As("alice").Form("POST", "/webhooks/"+b.hooks[0].GetId()+"/rotate-secret", "").Into(&got)
	if got.Webhook.Secret != "whsec_2" || got.Webhook.ID != b.hooks[0].GetId() {
		t.Errorf("got %+v", got)
	}
}

func TestAReplaySelectsOneDeliveryOrARange(t *testing.T) {
	msg := idOf("msg", "a", noon)
	for json, want := range map[string]*webhookproto.ReplayRequest{
		`{"delivery_id":"` + msg + `","dedupe_id":"1"}`: {DeliveryId: msg, DedupeId: "1"},
		`{"since":"2026-11-09T12:30:53.695Z"}`:          {SinceMs: noon.UnixMilli(), Limit: 100},
		`{"since":"` + msg + `","before":"2026-11-09T12:30:53.695Z","limit":7}`: {
			SinceId: msg, BeforeMs: noon.UnixMilli(), Limit: 7,
		},
	} {
		b := newBank()
		b.hooks = hooksOfAlice()
		want.WebhookId = b.hooks[0].GetId()
		b.serve(t).As("alice").JSON("POST", "/webhooks/"+b.hooks[0].GetId()+"/replay", json).Into(new(any))
		if diff := cmp.Diff(want, b.changes[0], protocmp.Transform()); diff != "" {
			t.Errorf("%s:\n%s", json, diff)
		}
	}
}
