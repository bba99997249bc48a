package handler

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"farthing/service.webhook/logic"
	webhookproto "farthing/service.webhook/proto"
)

// payments has n payments told of, an hour between, and answers the messages' ids, oldest first.
func (b *bank) payments(t *testing.T, place *place, n int) (ids []string) {
	t.Helper()
	for range n {
		b.told++
		e := b.enriched(t, b.payment(b.told, 1), true)
		e.OccurredAt = b.Clock.Now()
		b.deliver(t, b.h.transactionChanged, e)
		b.pass(time.Hour)
	}
	for _, call := range place.calls() {
		ids = append(ids, call.header.Get("webhook-id"))
	}
	if len(ids) != n {
		t.Fatalf("%d of %d were told of", len(ids), n)
	}
	return ids
}

func TestARangeIsReplayedInPagesOldestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{})
		place, url := b.net.serve(1001)
		hookID, _ := b.register(t, url)
		since := b.Clock.Now()
		ids := b.payments(t, place, 7)
		var replayed []int32
		req := &webhookproto.ReplayRequest{
			WebhookId: hookID, SinceMs: since.UnixMilli(), BeforeMs: since.Add(5*time.Hour + time.Minute).UnixMilli(), Limit: 4,
		}
		for more := true; more; more = req.GetSinceId() != "" {
			rsp, err := b.hooks.Replay(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			replayed = append(replayed, rsp.GetReplayed())
			req.SinceMs, req.SinceId = 0, rsp.GetNextSinceId()
			synctest.Wait()
		}
		times := make(map[string]int)
		for _, call := range place.calls() {
			times[call.header.Get("webhook-id")]++
		}
		want := make(map[string]int)
		for n, each := range ids {
			want[each] = 1
			if n < 6 {
				want[each] = 2
			}
		}
		if diff := cmp.Diff(want, times); diff != "" || fmt.Sprint(replayed) != "[4 2]" {
			t.Errorf("replayed %v:\n%s", replayed, diff)
		}
	})
}

func TestAReplayOfOneIdHappensOnceAndNotMoreThanTwentyTimesInAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{})
		place, url := b.net.serve(1001)
		hookID, _ := b.register(t, url)
		msg := b.payments(t, place, 1)[0]
		req := &webhookproto.ReplayRequest{WebhookId: hookID, DeliveryId: msg, DedupeId: "mine/1"}
		for range 3 {
			if rsp, err := b.hooks.Replay(t.Context(), req); err != nil || rsp.GetReplayed() != 1 {
				t.Fatalf("replaying: %v, %v", rsp, err)
			}
			synctest.Wait()
		}
		if n := len(place.calls()); n != 2 {
			t.Errorf("it was sent %d times", n)
		}
		req.DedupeId = ""
		for range logic.ReplaysMax - 1 {
			if _, err := b.hooks.Replay(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		_, err := b.hooks.Replay(t.Context(), req)
		wantCode(t, err, "precondition_failed.replayed_too_often")
		rsp, err := b.hooks.Replay(t.Context(), &webhookproto.ReplayRequest{WebhookId: hookID, SinceMs: 1, Limit: 10})
		if err != nil || rsp.GetReplayed() != 0 {
			t.Errorf("a range: %v, %v", rsp, err)
		}
		if n := len(place.calls()); n != logic.ReplaysMax+1 {
			t.Errorf("it was sent %d times", n)
		}
	})
}

func TestAReplayThatArrivesEndsTheWaitForTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{})
		place, url := b.net.serve(1001)
		place.says(http.StatusInternalServerError)
		hookID, _ := b.register(t, url)
		b.pay(t)
		b.pass(time.Hour)
		place.says(http.StatusOK)
		log := b.logOf(t, hookID)[0]
		if log.GetStatus() != webhookproto.Status_STATUS_PENDING {
			t.Fatalf("it is %v", log)
		}
		if _, err := b.hooks.Replay(t.Context(), &webhookproto.ReplayRequest{
			WebhookId: hookID, DeliveryId: log.GetId(),
		}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		calls := len(place.calls())
		b.pass(10 * 24 * time.Hour)
		time.Sleep(10 * time.Second)
		if log := b.logOf(t, hookID)[0]; log.GetStatus() != webhookproto.Status_STATUS_DELIVERED ||
			len(place.calls()) != calls {
			t.Errorf("after %d calls %d: %v", calls, len(place.calls()), log)
		}
	})
}

func TestTheLogIsPagedNewestFirstAndKeptForThirtyDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{})
		place, url := b.net.serve(1001)
		hookID, _ := b.register(t, url)
		ids := b.payments(t, place, 5)
		var pages [][]string
		req := &webhookproto.ListDeliveriesRequest{WebhookId: hookID, Limit: 2}
		for more := true; more; more = req.GetPageToken() != "" {
			rsp, err := b.hooks.ListDeliveries(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			var page []string
			for _, each := range rsp.GetDeliveries() {
				page = append(page, each.GetId())
			}
			pages = append(pages, page)
			req.PageToken = rsp.GetNextPageToken()
		}
		want := [][]string{{ids[4], ids[3]}, {ids[2], ids[1]}, {ids[0]}}
		if diff := cmp.Diff(want, pages); diff != "" {
			t.Error(diff)
		}
		b.pass(30*24*time.Hour - 150*time.Minute)
		if got := b.logOf(t, hookID); len(got) != 2 {
			t.Errorf("after almost thirty days there are %d", len(got))
		}
		_, err := b.hooks.Replay(t.Context(), &webhookproto.ReplayRequest{WebhookId: hookID, DeliveryId: ids[0]})
		wantCode(t, err, "not_found.delivery")
	})
}

func TestBadPagesAndRangesNameTheField(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, options{strict: true})
		hookID, _ := b.register(t, "https://example.com/")
		for code, req := range map[string]*webhookproto.ListDeliveriesRequest{
			"bad_param.limit": {Limit: 101}, "bad_param.page_token": {Limit: 1, PageToken: "tx_1"},
		} {
			req.WebhookId = hookID
			_, err := b.hooks.ListDeliveries(t.Context(), req)
			wantCode(t, err, "bad_request."+code)
		}
		for code, req := range map[string]*webhookproto.ReplayRequest{
			"missing_param.since": {Limit: 1}, "bad_param.since": {Limit: 1, SinceId: "tx_1"},
			"bad_param.limit": {SinceMs: 1}, "bad_param.before": {SinceMs: 2000, BeforeMs: 1000, Limit: 1},
			"bad_param.dedupe_id": {SinceMs: 1, Limit: 1, DedupeId: fmt.Sprintf("%065d", 1)},
		} {
			req.WebhookId = hookID
			_, err := b.hooks.Replay(t.Context(), req)
			wantCode(t, err, "bad_request."+code)
		}
	})
}
