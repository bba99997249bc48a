package handler

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/foundation/foundationtest"
	"farthing/pkg/store/faults"
	"farthing/service.webhook/logic"
	webhookproto "farthing/service.webhook/proto"
	"farthing/service.webhook/standard"
)

func TestAPaymentIsToldOfAtOnceSignedWithItsMerchantAndItsNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{})
		place, url := b.net.serve(1001)
		hookID, secret := b.register(t, url)
		paid := b.pay(t)
		calls := place.calls()
		if len(calls) != 1 {
			t.Fatalf("%d calls", len(calls))
		}
		wantSigned(t, calls[0], secret)
		if calls[0].path != "/hooks?token=s3cr3t" || calls[0].header.Get("Content-Type") != "application/json" {
			t.Errorf("called is %s with %v", calls[0].path, calls[0].header)
		}
		var body struct {
			Type, Timestamp string
			Data            struct {
				ID           string `json:"id"`
				AccountID    string `json:"account_id"`
				Settled      string
				Notes        string
				Merchant     struct{ Name, Emoji string }
				Counterparty struct{ Name string }
				Metadata     map[string]string
			}
		}
		if err := json.Unmarshal([]byte(calls[0].body), &body); err != nil {
			t.Fatal(err)
		}
		if body.Type != "transaction.created" || body.Timestamp != "2026-03-14T09:20:00.123Z" || body.Data.ID != paid ||
			body.Data.AccountID != account || body.Data.Merchant.Name != "Pret A Manger" || body.Data.Settled != "" ||
			body.Data.Counterparty.Name != "Grace Hopper" || body.Data.Notes != "of "+client {
			t.Errorf("it says %+v", body)
		}
		log := b.logOf(t, hookID)
		if len(log) != 1 || log[0].GetId() != calls[0].header.Get("webhook-id") || log[0].GetAbout() != paid ||
			log[0].GetStatus() != webhookproto.Status_STATUS_DELIVERED || len(log[0].GetAttempts()) != 1 ||
			log[0].GetAttempts()[0].GetHttpStatus() != 200 || log[0].GetNextMs() != 0 {
			t.Errorf("the log says %v", log)
		}
		b.pass(30 * 24 * time.Hour)
		if n := len(place.calls()); n != 1 {
			t.Errorf("in the end it was sent %d times", n)
		}
	})
}

func TestAWebhookThatIsDownIsTriedForThreeDaysByTheBanksClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{})
		place, url := b.net.serve(1001)
		place.says(http.StatusInternalServerError)
		hookID, secret := b.register(t, url)
		started := b.Clock.Now()
		b.pay(t)
		for {
			time.Sleep(10 * time.Second) // A rest is of real time.
			synctest.Wait()
			log := b.logOf(t, hookID)[0]
			if log.GetStatus() != webhookproto.Status_STATUS_PENDING {
				break
			}
			if early := time.UnixMilli(log.GetNextMs()).Sub(b.Clock.Now()) - time.Second; early > 0 {
				b.pass(early)
			}
			if n := len(place.calls()); n > len(log.GetAttempts()) {
				t.Fatalf("attempt %d came early", n)
			}
			b.pass(2 * time.Second)
		}
		calls := place.calls()
		if len(calls) != logic.AttemptsMax() || b.Clock.Now().Sub(started) < 72*time.Hour {
			t.Errorf("%d attempts within %v", len(calls), b.Clock.Now().Sub(started))
		}
		for _, call := range calls {
			if call.body != calls[0].body || call.header.Get("webhook-id") != calls[0].header.Get("webhook-id") {
				t.Error("a repeat is another message")
			}
		}
		if calls[0].header.Get("webhook-timestamp") == calls[9].header.Get("webhook-timestamp") {
			t.Error("a repeat is of the time of the first")
		}
		wantSigned(t, calls[len(calls)-1], secret)
		if log := b.logOf(t, hookID)[0]; log.GetStatus() != webhookproto.Status_STATUS_FAILED || log.GetNextMs() != 0 {
			t.Errorf("in the end: %v", log)
		}
		b.pass(10 * 24 * time.Hour)
		place.says(http.StatusOK)
		if n := len(place.calls()); n != len(calls) {
			t.Errorf("once given up it was sent %d times", n)
		}
		rsp, err := b.hooks.Replay(t.Context(), &webhookproto.ReplayRequest{
			WebhookId: hookID, DeliveryId: b.logOf(t, hookID)[0].GetId(),
		})
		time.Sleep(10 * time.Second)
		if err != nil || rsp.GetReplayed() != 1 || len(place.calls()) != len(calls)+1 {
			t.Errorf("replayed: %v, %v, %d calls", rsp, err, len(place.calls()))
		}
		if log := b.logOf(t, hookID)[0]; log.GetStatus() != webhookproto.Status_STATUS_DELIVERED ||
			!log.GetAttempts()[len(log.GetAttempts())-1].GetReplay() {
			t.Errorf("replayed it is %v", log)
		}
	})
}

func TestADayOfDownTimeEndsWithEverythingDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{})
		place, url := b.net.serve(1001)
		place.says(http.StatusServiceUnavailable)
		hookID, _ := b.register(t, url)
		const payments = 30
		want := make(map[string]bool)
		for range payments {
			want[b.pay(t)] = true
		}
		for range 12 {
			b.pass(2 * time.Hour)
			time.Sleep(6 * time.Second)
		}
		failed := len(place.calls())
		place.says(http.StatusOK)
		for range 20 {
			b.pass(6 * time.Hour)
			time.Sleep(6 * time.Second)
		}
		for _, each := range b.logOf(t, hookID) {
			if each.GetStatus() != webhookproto.Status_STATUS_DELIVERED {
				t.Errorf("it is %v", each)
			}
			delete(want, each.GetAbout())
		}
		if len(want) > 0 || failed > payments*5 {
			t.Errorf("%d were not told of; it was called %d times while it was down", len(want), failed)
		}
	})
}

func TestARepeatedEventMakesOneMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{})
		place, url := b.net.serve(1001)
		b.register(t, url, "transaction.created", "transaction.updated")
		paid := b.payment(1, 1)
		first := b.enriched(t, paid, true)
		better := b.payment(1, 2)
		better.Id = paid.GetId()
		second := b.enriched(t, better, false)
		for range 3 {
			b.deliver(t, b.h.transactionChanged, second)
			b.deliver(t, b.h.transactionChanged, first)
			synctest.Wait()
		}
		b.pass(24 * time.Hour)
		var kinds []string
		for _, call := range place.calls() {
			kind, _, _ := strings.Cut(strings.TrimPrefix(call.body, `{"type":"`), `"`)
			kinds = append(kinds, kind)
		}
		slices.Sort(kinds)
		if diff := cmp.Diff([]string{"transaction.created", "transaction.updated"}, kinds); diff != "" {
			t.Error(diff)
		}
	})
}

func TestASlowWebhookAndADeadOneDelayNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{})
		slow, slowURL := b.net.serve(1001)
		slow.answers(func(*http.Request) int {
			time.Sleep(9 * time.Second)
			return http.StatusOK
		})
		quick, quickURL := b.net.serve(1002)
		b.register(t, slowURL)
		b.register(t, "http://127.0.0.1:1/dead")
		b.register(t, quickURL)
		start := time.Now()
		for n := range 20 {
			b.pay(t)
			if got := len(quick.calls()); got != n+1 || time.Since(start) > 0 {
				t.Fatalf("after %d payments and %v it has %d", n+1, time.Since(start), got)
			}
		}
		if n := len(slow.calls()); n != bounds().Each {
			t.Errorf("%d calls of a slow one are under way", n)
		}
		time.Sleep(time.Minute)
		if n := len(slow.calls()); n != 20 {
			t.Errorf("a slow one got %d", n)
		}
	})
}

func TestAnEndpointThatFailsIsLeftAloneForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{})
		place, url := b.net.serve(1001)
		place.says(http.StatusBadGateway)
		hookID, _ := b.register(t, url)
		for range 40 {
			b.pay(t)
		}
		if n := len(place.calls()); n != 5 {
			t.Errorf("it was called %d times", n)
		}
		problems := make(map[string]int)
		for _, each := range b.logOf(t, hookID) {
			problems[each.GetAttempts()[0].GetProblem()]++
		}
		if diff := cmp.Diff(map[string]int{"status": 5, "resting": 35}, problems); diff != "" {
			t.Error(diff)
		}
		place.says(http.StatusOK)
		b.pass(6 * time.Second)
		time.Sleep(6 * time.Second) // Its rest is over.
		b.pass(2 * time.Minute)
		time.Sleep(6 * time.Second)
		b.pass(10 * time.Minute)
		for _, each := range b.logOf(t, hookID) {
			if each.GetStatus() != webhookproto.Status_STATUS_DELIVERED {
				t.Fatalf("it is %v", each)
			}
		}
	})
}

func TestOneThatSaysThatItIsGoneIsToldNothingMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{})
		place, url := b.net.serve(1001)
		place.says(http.StatusServiceUnavailable)
		hookID, _ := b.register(t, url)
		b.pay(t)
		place.says(http.StatusGone)
		b.pay(t)
		place.says(http.StatusOK)
		b.pay(t)
		b.pass(5 * 24 * time.Hour)
		if n := len(place.calls()); n != 2 {
			t.Errorf("it was called %d times", n)
		}
		rsp, err := b.hooks.List(t.Context(), &webhookproto.ListRequest{AccountId: account, ClientId: client})
		if err != nil || len(rsp.GetWebhooks()) != 1 || rsp.GetWebhooks()[0].GetState() != webhookproto.State_STATE_DISABLED {
			t.Errorf("listed are %v, %v", rsp, err)
		}
		for _, each := range b.logOf(t, hookID) {
			if each.GetStatus() != webhookproto.Status_STATUS_FAILED {
				t.Errorf("it is %v", each)
			}
		}
		_, err = b.hooks.Replay(t.Context(), &webhookproto.ReplayRequest{
			WebhookId: hookID, DeliveryId: b.logOf(t, hookID)[0].GetId(),
		})
		wantCode(t, err, "precondition_failed.webhook_disabled")
	})
}

func TestWhatIsOnItsWayToOneThatIsDeregisteredIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{})
		place, url := b.net.serve(1001)
		place.says(http.StatusServiceUnavailable)
		hookID, _ := b.register(t, url)
		b.pay(t)
		for range 2 {
			if _, err := b.hooks.Deregister(t.Context(), &webhookproto.DeregisterRequest{WebhookId: hookID}); err != nil {
				t.Fatal(err)
			}
		}
		b.pay(t)
		b.pass(5 * 24 * time.Hour)
		if n := len(place.calls()); n != 1 {
			t.Errorf("it was called %d times", n)
		}
	})
}

func TestWhileASecretRotatesBothSign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{})
		place, url := b.net.serve(1001)
		hookID, former := b.register(t, url)
		var fresh string
		for range 2 {
			rsp, err := b.hooks.RotateSecret(t.Context(), &webhookproto.RotateSecretRequest{WebhookId: hookID})
			if err != nil || fresh != "" && rsp.GetSecret() != fresh || rsp.GetSecret() == former {
				t.Fatalf("rotating: %v", err)
			}
			fresh = rsp.GetSecret()
		}
		signatures := func() int { // Of the last call, which the fresh secret has signed in any case.
			b.pay(t)
			calls := place.calls()
			wantSigned(t, calls[len(calls)-1], fresh)
			return len(strings.Fields(calls[len(calls)-1].header.Get(standard.HeaderSignature)))
		}
		if n := signatures(); n != 2 {
			t.Errorf("%d signatures while it rotates", n)
		}
		wantSigned(t, place.calls()[0], former)
		b.pass(24 * time.Hour)
		if n := signatures(); n != 1 {
			t.Errorf("%d signatures a day later", n)
		}
	})
}

func TestTheNextProcessSendsWhatADeadOneHasNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{dead: true})
		place, url := b.net.serve(1001)
		_, secret := b.register(t, url)
		b.pay(t)
		if n := len(place.calls()); n != 0 {
			t.Fatalf("it was called %d times by the dead", n)
		}
		b.revive(t)
		b.pass(2 * time.Minute)
		calls := place.calls()
		if len(calls) != 1 {
			t.Fatalf("it was called %d times", len(calls))
		}
		wantSigned(t, calls[0], secret)
	})
}

func TestOfSeveralReplicasOneMakesAnAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{replicas: 3})
		place, url := b.net.serve(1001)
		place.says(http.StatusServiceUnavailable)
		hookID, _ := b.register(t, url)
		b.pay(t)
		for n := 2; n <= 4; n++ {
			b.pass(3 * time.Hour)
			time.Sleep(6 * time.Second)
			if got := len(place.calls()); got != n {
				t.Errorf("after attempt %d it was called %d times", n, got)
			}
		}
		if n := len(b.logOf(t, hookID)[0].GetAttempts()); n != 4 {
			t.Errorf("%d attempts are in the log", n)
		}
	})
}

func TestWhatIsCutShortAnywhereIsDeliveredInTheEnd(t *testing.T) {
	foundationtest.AtEachWrite(t, func(t *testing.T, pick faults.Pick) {
		synctest.Test(t, func(t *testing.T) {
			b := newBank(t, options{pick: pick})
			place, url := b.net.serve(1001)
			asked := asked(url)
			asked.DedupeId = "once"
			rsp, err := foundationtest.Until(func() (*webhookproto.RegisterResponse, error) {
				return b.hooks.Register(t.Context(), asked)
			})
			if err != nil {
				t.Fatal(err)
			}
			b.pay(t)
			b.Settle(t)
			for range 2 {
				b.pass(3 * time.Minute)
				time.Sleep(2 * sweepEvery)
			}
			ids := make(map[string]bool)
			for _, call := range place.calls() {
				ids[call.header.Get("webhook-id")] = true
				wantSignedOnce(t, call, rsp.GetSecret())
			}
			if len(ids) != 1 || len(place.calls()) > 2 {
				t.Errorf("%d messages in %d calls", len(ids), len(place.calls()))
			}
			if log := b.logOf(t, rsp.GetWebhook().GetId()); len(log) != 1 ||
				log[0].GetStatus() != webhookproto.Status_STATUS_DELIVERED {
				t.Errorf("the log says %v", log)
			}
		})
	})
}

// wantSignedOnce checks a call that was made some time ago.
func wantSignedOnce(t *testing.T, call sent, secret string) {
	t.Helper()
	seconds, err := strconv.ParseInt(call.header.Get(standard.HeaderTimestamp), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	key, err := standard.ParseSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := standard.Verify(call.header, []byte(call.body), time.Unix(seconds, 0), key); err != nil {
		t.Error(err)
	}
}

func TestNoURLNoSecretAndNoNameIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{})
		place, url := b.net.serve(1001)
		place.says(http.StatusTeapot)
		hookID, secret := b.register(t, url)
		_, alien := b.register(t, "http://127.0.0.1:1/s3cr3t")
		b.pay(t)
		b.pass(time.Hour)
		place.says(http.StatusGone)
		b.pass(10 * time.Hour)
		if _, err := b.hooks.Get(t.Context(), &webhookproto.GetRequest{WebhookId: "s3cr3t"}); err == nil {
			t.Error("a webhook of nonsense")
		}
		if len(place.calls()) < 2 || !strings.Contains(b.Logged(), hookID) {
			t.Fatal("it came to nothing: the test looks in the wrong place")
		}
		keys := []string{"s3cr3t", secret[6:], alien[6:], "Grace Hopper", "PRET", "whsec_"}
		for _, each := range keys {
			if strings.Contains(b.Logged(), each) {
				t.Errorf("%q is logged", each)
			}
		}
	})
}
