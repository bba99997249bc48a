package edge_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/pkg/metrics"
	"farthing/pkg/trace"
)

// balance is what the most frequent read answers.
type balance struct {
	Balance      int64  `json:"balance"`
	TotalBalance int64  `json:"total_balance"`
	Currency     string `json:"currency"`
	SpendToday   int64  `json:"spend_today"`
}

// chain is a door with all of its filters.
func chain(b *testing.B) http.Handler {
	b.Helper()
	measured, err := metrics.NewHTTP(prometheus.NewRegistry())
	if err != nil {
		b.Fatal(err)
	}
	router := &edge.Router{}
	router.GET("/balance", func(req edge.Request) edge.Response {
		form := req.Form()
		form.Required("account_id")
		if err := form.Err(); err != nil {
			return edge.Error(err)
		}
		return edge.OK(balance{123456, 123456, "GBP", -350})
	})
	router.GET("/transactions/:id", func(req edge.Request) edge.Response {
		return edge.Error(errs.Missing("transaction"))
	})
	router.POST("/authorisations", func(req edge.Request) edge.Response {
		var body swipe
		if err := req.Decode(&body); err != nil {
			return edge.Error(err)
		}
		return edge.OK(balance{123456, 123456, "GBP", -350})
	})
	router.POST("/feed", func(req edge.Request) edge.Response {
		form := req.Form()
		form.Required("account_id")
		form.Required("params[title]")
		return edge.Error(form.Err())
	})
	return edge.Handler(router, edge.Standard{
		Log:     slog.New(slog.NewJSONHandler(io.Discard, nil)),
		Tracer:  trace.NewRecorder(trace.Limits{}).Tracer("service.api"),
		Metrics: measured,
		Auth: func(req edge.Request, svc edge.Service) edge.Response {
			token, _ := req.Bearer()
			return svc(req.WithCaller(token))
		},
	}.Filters()...)
}

// discard is a response writer that keeps nothing, so that the figures are the handler's own.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

func serveAll(b *testing.B, method, target, contentType, body string, want int) {
	b.Helper()
	h := chain(b)
	sent := bytes.NewReader([]byte(body))
	req := httptest.NewRequest(method, target, sent)
	req.Header.Set("Authorization", "Bearer token")
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, req)
	if recorder.Code != want {
		b.Fatalf("got %d %s", recorder.Code, recorder.Body)
	}
	w := &discard{http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		sent.Reset([]byte(body))
		clear(w.header)
		h.ServeHTTP(w, req)
	}
}

func BenchmarkGET(b *testing.B) {
	serveAll(b, "GET", "/balance?account_id=acc_00008zIcpb1TB4yeIFXMzx", "", "", http.StatusOK)
}

func BenchmarkNotFound(b *testing.B) {
	serveAll(b, "GET", "/transactions/tx_00008zIcpb1TB4yeIFXMzx", "", "", http.StatusNotFound)
}

func BenchmarkPOSTStrictJSON(b *testing.B) {
	serveAll(b, "POST", "/authorisations", "application/json", swipeJSON, http.StatusOK)
}

func BenchmarkPOSTForm(b *testing.B) {
	serveAll(b, "POST", "/feed", "application/x-www-form-urlencoded",
		"account_id=acc_1&type=basic&params[title]=Hello&params[image_url]=https%3A%2F%2Fexample.com%2Fa.png", http.StatusOK)
}

func BenchmarkPOSTFormInJSON(b *testing.B) {
	serveAll(b, "POST", "/feed", "application/json",
		`{"account_id":"acc_1","type":"basic","params":{"title":"Hello","image_url":"https://example.com/a.png"}}`,
		http.StatusOK)
}

const swipeJSON = `{"id":"auth_00008zIcpb1TB4yeIFXMzx","pan":"4111111111111111",` +
	`"amount":{"minor":350,"currency":"GBP"},` +
	`"merchant":{"descriptor":"PRET A MANGER 1234 LONDON GBR","id":"123456789012345"},"mcc":5812,"contactless":true}`
