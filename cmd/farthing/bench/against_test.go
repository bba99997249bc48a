package bench

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"farthing/cmd/farthing/bench/loop"
)

func TestTheStoreAndTheBankTakeTurns(t *testing.T) {
	var order []string
	raw := func(context.Context) *loop.Result {
		order = append(order, "store")
		return &loop.Result{Done: 1_000, Seconds: 1}
	}
	reports := []*Report{ // The second turn catches up for as long as it swiped.
		{Approved: 300, Seconds: 1, ConditionalWrites: 450},
		{Approved: 100, Declined: 100, Seconds: 0.5, CatchUpMillis: 500, ConditionalWrites: 300},
	}
	swipes := func(context.Context) (*Report, error) {
		order = append(order, "swipes")
		next := reports[0]
		reports = reports[1:]
		return next, nil
	}
	got, err := Against(t.Context(), 2, raw, swipes)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"store", "swipes", "store", "swipes"}; !slices.Equal(order, want) {
		t.Errorf("measured %v, want %v", order, want)
	}
	if got.StorePerSecond != 1_000 || got.SwipesPerSecond != 200 || got.Ratio != 0.2 || got.WritesPerSwipe != 1.5 {
		t.Errorf("got %+v", got)
	}
}

func TestAStoreThatWritesNothingIsAnError(t *testing.T) {
	broken := func(context.Context) *loop.Result { return &loop.Result{Failed: 3, FirstFailure: "no such host"} }
	_, err := Against(t.Context(), 2, broken, func(context.Context) (*Report, error) {
		t.Error("swiped beside a store that does nothing")
		return nil, nil
	})
	if err == nil || !strings.Contains(err.Error(), "no such host") {
		t.Errorf("got %v", err)
	}
}

func TestConditionalWritesAreThoseThatTheStoreAnswered(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("# TYPE store_requests_total counter\n" +
			`store_requests_total{keyspace="balance",operation="apply",outcome="ok"} 1000` + "\n" +
			`store_requests_total{keyspace="balance",operation="apply",outcome="refused"} 20` + "\n" +
			`store_requests_total{keyspace="balance",operation="apply",outcome="unavailable"} 7` + "\n" +
			`store_requests_total{keyspace="balance",operation="write",outcome="ok"} 5000` + "\n" +
			`store_requests_total{keyspace="cards",operation="apply",outcome="ok"} 3` + "\n"))
	}))
	t.Cleanup(server.Close)
	got, err := read(t.Context(), overHTTP(1), server.URL)
	if err != nil || got.conditionalWrites() != 1_023 {
		t.Errorf("counted %d conditional writes, want 1023; %v", got.conditionalWrites(), err)
	}
	if none := (reading{}).conditionalWrites(); none != 0 {
		t.Errorf("a bank that counts none has %d", none)
	}
}
