package edge_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"farthing/pkg/clock"
	"farthing/pkg/edge"
	"farthing/pkg/metrics"
)

// listening is a server as doors have it, and where.
func listening(t *testing.T, h http.Handler) (*http.Server, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := edge.NewServer(h, slog.New(slog.DiscardHandler))
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serving ended with %v", err)
		}
	})
	return server, listener.Addr().String()
}

// say sends bytes as they are and answers the status and the body that come back.
func say(t *testing.T, address, request string) (int, string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	rsp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(rsp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return rsp.StatusCode, string(body)
}

func TestOddRequestLinesAreAnsweredInJSON(t *testing.T) {
	_, address := listening(t, edge.Handler(bank()))
	for line, want := range map[string]int{
		"OPTIONS *": 404, "CONNECT example.com:80": 404, "GET //accounts": 200, "patch /transactions/tx_1": 200,
		"GET /accounts/%2e%2e": 404, "GET /%ff": 404, "GET http://other.example/accounts": 200,
	} {
		status, body := say(t, address, line+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		if status != want || !strings.HasPrefix(body, "{") {
			t.Errorf("%s: got %d %s, want %d", line, status, body, want)
		}
	}
}

func TestHeadersHaveALimit(t *testing.T) {
	_, address := listening(t, edge.Handler(bank()))
	status, _ := say(t, address, "GET /accounts HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", 24<<10)+"\r\n\r\n")
	if status != http.StatusRequestHeaderFieldsTooLarge {
		t.Fatalf("got %d", status)
	}
}

func TestEveryPhaseOfAConnectionHasATimeLimit(t *testing.T) {
	s := edge.NewServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	if s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= 0 || s.IdleTimeout <= 0 {
		t.Fatalf("a time limit is missing: %+v", s)
	}
}

func TestABodyThatDoesNotComeIsWaitedForNoLongerThanARequestMayTake(t *testing.T) {
	router := &edge.Router{}
	router.POST("/x", func(req edge.Request) edge.Response {
		_, err := req.Body()
		return edge.Error(err)
	})
	_, address := listening(t, edge.Handler(router, edge.Standard{Deadline: 50 * time.Millisecond}.Filters()...))
	waiting := clock.Start()
	status, body := say(t, address, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\na=")
	if status != http.StatusBadRequest || !strings.Contains(body, "bad_request.bad_body") {
		t.Errorf("got %d %s", status, body)
	}
	if waited := waiting.Elapsed(); waited > 10*time.Second {
		t.Errorf("it was waited for for %v", waited)
	}
}

func TestDrainingLetsRequestsUnderWayFinish(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	router := &edge.Router{}
	router.GET("/x", func(edge.Request) edge.Response {
		close(arrived)
		<-release
		return edge.OK(nil)
	})
	server, address := listening(t, edge.Handler(router))
	server.RegisterOnShutdown(func() { close(release) }) // The drain has begun before the request ends.
	answered := make(chan int, 1)
	go func() {
		rsp, err := http.Get("http://" + address + "/x")
		if err != nil {
			answered <- 0
			return
		}
		_ = rsp.Body.Close()
		answered <- rsp.StatusCode
	}()
	<-arrived
	if err := server.Shutdown(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	if got := <-answered; got != http.StatusOK {
		t.Fatalf("the request under way got %d", got)
	}
}

func TestRequestsAreCountedByRouteAsDeclared(t *testing.T) {
	registry := prometheus.NewRegistry()
	measured, err := metrics.NewHTTP(registry)
	if err != nil {
		t.Fatal(err)
	}
	_, address := listening(t, edge.Handler(bank(), edge.Standard{Metrics: measured}.Filters()...))
	for _, line := range []string{
		"patch //transactions/tx_1", "PATCH /transactions/tx_2", "GET /accounts", "FROB /accounts", "GET /a",
	} {
		say(t, address, line+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	}
	want := map[string]int{
		"GET /accounts 200": 1, "PATCH /transactions/:id 200": 2, "any unmatched 404": 1, "any unmatched 405": 1,
	}
	if diff := cmp.Diff(want, counted(t, registry)); diff != "" {
		t.Fatal(diff)
	}
}

// counted is http_requests_total by method, route and status.
func counted(t *testing.T, registry *prometheus.Registry) map[string]int {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, family := range families {
		if family.GetName() != "http_requests_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			labels := metric.GetLabel() // Sorted: method, route, status.
			key := labels[0].GetValue() + " " + labels[1].GetValue() + " " + labels[2].GetValue()
			out[key] = int(metric.GetCounter().GetValue())
		}
	}
	return out
}

func TestARouterListsItsRoutes(t *testing.T) {
	want := []string{
		"DELETE /webhooks/:id", "GET /accounts", "GET /webhooks", "PATCH /transactions/:id", "POST /oauth2/logout",
		"POST /webhooks",
	}
	if diff := cmp.Diff(want, bank().Routes()); diff != "" {
		t.Fatal(diff)
	}
}
