package handler

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/errs"
	webhookproto "farthing/service.webhook/proto"
)

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if !errs.Is(err, code) {
		t.Errorf("got %v, want %s", err, code)
	}
}

func (b *bank) listed(t *testing.T, of string) (urls []string) {
	t.Helper()
	rsp, err := b.hooks.List(t.Context(), &webhookproto.ListRequest{AccountId: account, ClientId: of})
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range rsp.GetWebhooks() {
		urls = append(urls, each.GetUrl())
	}
	return urls
}

func TestAClientSeesItsOwnWebhooksAndEachCallMakesAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{strict: true})
		one, _ := b.register(t, "https://example.com/1")
		two, _ := b.register(t, "https://example.com/1")
		if one == two {
			t.Error("two calls made one webhook")
		}
		alien := asked("https://example.com/2")
		alien.ClientId = otherClient
		if _, err := b.hooks.Register(t.Context(), alien); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"https://example.com/1", "https://example.com/1"}, b.listed(t, client)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"https://example.com/2"}, b.listed(t, otherClient)); diff != "" {
			t.Error(diff)
		}
		if _, err := b.hooks.Deregister(t.Context(), &webhookproto.DeregisterRequest{WebhookId: one}); err != nil {
			t.Fatal(err)
		}
		if got := b.listed(t, client); len(got) != 1 {
			t.Errorf("listed are %v", got)
		}
	})
}

func TestARepeatOfARegistrationAnswersWhatWasMadeFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{strict: true})
		req := asked("https://example.com/")
		req.DedupeId = "mine"
		first, err := b.hooks.Register(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		again, err := b.hooks.Register(t.Context(), req)
		if err != nil || again.GetWebhook().GetId() != first.GetWebhook().GetId() || again.GetSecret() != first.GetSecret() {
			t.Errorf("the repeat: %v, %v", again, err)
		}
		if got := b.listed(t, client); len(got) != 1 {
			t.Errorf("listed are %v", got)
		}
		other := asked("https://example.com/other")
		other.DedupeId = "mine"
		_, err = b.hooks.Register(t.Context(), other)
		wantCode(t, err, "conflict.dedupe_id")
		hook := &webhookproto.DeregisterRequest{WebhookId: first.GetWebhook().GetId()}
		if _, err := b.hooks.Deregister(t.Context(), hook); err != nil {
			t.Fatal(err)
		}
		_, err = b.hooks.Register(t.Context(), req)
		wantCode(t, err, "conflict.dedupe_id")
		if got := b.listed(t, client); len(got) != 0 {
			t.Errorf("listed are %v", got)
		}
	})
}

func TestBadRegistrationsNameTheFieldAndMakeNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{strict: true})
		for code, spoil := range map[string]func(*webhookproto.RegisterRequest){
			"missing_param.account_id": func(r *webhookproto.RegisterRequest) { r.AccountId = "" },
			"bad_param.account_id":     func(r *webhookproto.RegisterRequest) { r.AccountId = "acc_1" },
			"missing_param.user_id":    func(r *webhookproto.RegisterRequest) { r.UserId = "" },
			"missing_param.client_id":  func(r *webhookproto.RegisterRequest) { r.ClientId = "" },
			"missing_param.url":        func(r *webhookproto.RegisterRequest) { r.Url = "" },
			"bad_param.url":            func(r *webhookproto.RegisterRequest) { r.Url = "http://127.0.0.1:1/s3cr3t" },
			"bad_param.events":         func(r *webhookproto.RegisterRequest) { r.Events = []string{"s3cr3t"} },
			"bad_param.dedupe_id":      func(r *webhookproto.RegisterRequest) { r.DedupeId = strings.Repeat("d", 65) },
		} {
			req := asked("https://example.com/")
			spoil(req)
			_, err := b.hooks.Register(t.Context(), req)
			wantCode(t, err, "bad_request."+code)
			if err != nil && strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("it quotes the value: %v", err)
			}
		}
		if got := b.listed(t, client); len(got) != 0 {
			t.Errorf("listed are %v", got)
		}
	})
}

func TestAClientHasOnlySoManyWebhooksAndRoomAgainAfterOneIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{strict: true})
		first, _ := b.register(t, "https://example.com/0")
		for n := range 19 {
			b.register(t, fmt.Sprintf("https://example.com/%d", n+1))
		}
		one := asked("https://example.com/one-more")
		one.DedupeId = "one more"
		_, err := b.hooks.Register(t.Context(), one)
		wantCode(t, err, "precondition_failed.too_many_webhooks")
		if got := b.listed(t, client); len(got) != 20 {
			t.Errorf("%d are listed", len(got))
		}
		// Its deregistration was cut short between its two writes.
		if _, err := b.h.change(t.Context(), first, deregistered); err != nil {
			t.Fatal(err)
		}
		if _, err := b.hooks.Register(t.Context(), asked("https://example.com/one-more")); err != nil {
			t.Errorf("after one was deregistered: %v", err)
		}
	})
}

func TestWhatIsUnknownOrDeregisteredIsNotFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{strict: true})
		hookID, _ := b.register(t, "https://example.com/")
		other, _ := b.register(t, "https://example.com/")
		if _, err := b.hooks.Deregister(t.Context(), &webhookproto.DeregisterRequest{WebhookId: hookID}); err != nil {
			t.Fatal(err)
		}
		const nobodys = "webhook_00009zIcpb1TB4yeIFXMzx"
		for _, each := range []string{hookID, nobodys} {
			_, err := b.hooks.RotateSecret(t.Context(), &webhookproto.RotateSecretRequest{WebhookId: each})
			wantCode(t, err, "not_found.webhook")
			_, err = b.hooks.ListDeliveries(t.Context(), &webhookproto.ListDeliveriesRequest{WebhookId: each, Limit: 1})
			wantCode(t, err, "not_found.webhook")
			_, err = b.hooks.Replay(t.Context(), &webhookproto.ReplayRequest{WebhookId: each, SinceMs: 1, Limit: 1})
			wantCode(t, err, "not_found.webhook")
		}
		_, err := b.hooks.Deregister(t.Context(), &webhookproto.DeregisterRequest{WebhookId: nobodys})
		wantCode(t, err, "not_found.webhook")
		for _, each := range []string{"msg_00009zIcpb1TB4yeIFXMzx", "msg_1", "x"} {
			_, err := b.hooks.Replay(t.Context(), &webhookproto.ReplayRequest{WebhookId: other, DeliveryId: each})
			wantCode(t, err, "not_found.delivery")
		}
	})
}

func TestARotationOfSixtyMinutesAgoIsRepeatedAndOneOfYesterdayIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{strict: true})
		hookID, first := b.register(t, "https://example.com/")
		seen := map[string]int{first: 1}
		for range 3 {
			for range 2 {
				rsp, err := b.hooks.RotateSecret(t.Context(), &webhookproto.RotateSecretRequest{WebhookId: hookID})
				if err != nil {
					t.Fatal(err)
				}
				seen[rsp.GetSecret()]++
				b.pass(time.Hour)
			}
			b.pass(24 * time.Hour)
		}
		if len(seen) != 4 {
			t.Errorf("%d secrets in all", len(seen))
		}
	})
}
