package bench

import (
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"farthing/cmd/farthing/bench/loop"
)

// edge is a card edge that approves all but every tenth swipe.
func edge(t *testing.T, seen func(body string)) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		text := new(strings.Builder)
		buffer := make([]byte, 4<<10)
		n, _ := req.Body.Read(buffer)
		text.Write(buffer[:n])
		seen(text.String())
		outcome := "approved"
		if strings.Contains(text.String(), `0","rrn"`) { // The swipe's number ends in 0.
			outcome = "declined"
		}
		_, _ = w.Write([]byte(`{"outcome":"` + outcome + `","transaction_id":"tx_1"}`))
	}))
	t.Cleanup(server.Close)
	return server
}

func TestAnOpenLoopSwipesAsItsRateAsksFor(t *testing.T) {
	at := edge(t, func(string) {})
	s := &Swiper{do: overHTTP(8).Do, edge: at.URL, cards: []string{"card_1", "card_2"}, run: "r"}
	got := drive(t.Context(), loop.Of(100, 0, 300*time.Millisecond), s)
	if got.Approved+got.Declined != 30 || got.Declined != 3 || got.Failed != 0 {
		t.Fatalf("30 swipes became %+v", got)
	}
	if got.Done != 30 {
		t.Fatalf("%d latencies of 30 swipes", got.Done)
	}
}

func TestARefusalIsCountedAndShown(t *testing.T) {
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusTeapot)
	}))
	t.Cleanup(broken.Close)
	s := &Swiper{do: overHTTP(2).Do, edge: broken.URL, cards: []string{"card_1"}, run: "r"}
	got := drive(t.Context(), loop.Of(50, 0, 100*time.Millisecond), s)
	if got.Failed != 5 || !strings.Contains(got.FirstFailure, "418") {
		t.Fatalf("five refusals became %+v", got)
	}
}

func TestLagIsThatOfTheRunAlone(t *testing.T) {
	metrics := func(fast, slow string) *httptest.Server {
		return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("# TYPE feed_lag_seconds histogram\n" +
				"feed_lag_seconds_bucket{le=\"0.01\"} " + fast + "\n" +
				"feed_lag_seconds_bucket{le=\"1\"} " + slow + "\n" +
				"feed_lag_seconds_bucket{le=\"+Inf\"} " + slow + "\n" +
				"feed_lag_seconds_sum 1\nfeed_lag_seconds_count " + slow + "\n" +
				"# TYPE feed_items_total counter\nfeed_items_total{type=\"transaction\"} " + slow + "\n"))
		}))
	}
	readFrom := func(server *httptest.Server) reading {
		t.Helper()
		t.Cleanup(server.Close)
		got, err := read(t.Context(), overHTTP(1), server.URL)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	before := readFrom(metrics("0", "100"))   // A slow past.
	after := readFrom(metrics("995", "1100")) // Of 1,000 more, 995 were fast.
	if got := after.quantileSince(before, feedLag, 0.99); got != 10*time.Millisecond {
		t.Errorf("p99 of the run is %v, want 10ms", got)
	}
	if got := after.quantileSince(before, feedLag, 0.999); got != time.Second {
		t.Errorf("p99.9 of the run is %v, want 1s", got)
	}
	if got := after.counter(feedCounter, nil) - before.counter(feedCounter, nil); got != 1000 {
		t.Errorf("%d items in the run, want 1000", got)
	}
	if got := before.quantileSince(before, feedLag, 0.5); got != 0 || math.Signbit(float64(got)) {
		t.Errorf("of nothing the median is %v", got)
	}
}

func TestEverySwipeHasIDsOfItsOwn(t *testing.T) {
	s := &Swiper{cards: []string{"card_1"}, run: "r"}
	seen := make(map[string]bool)
	for n := range int64(1000) {
		_, rest, _ := strings.Cut(string(s.body(n)), `"stan":"`)
		stan, _, _ := strings.Cut(rest, `"`)
		if seen[stan] {
			t.Fatalf("two swipes have the number %s", stan)
		}
		seen[stan] = true
	}
}
