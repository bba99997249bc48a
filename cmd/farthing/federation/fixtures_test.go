package federation_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.uber.org/goleak"

	"farthing/cmd/farthing/federation"
	"farthing/pkg/clock"
	"farthing/pkg/foundation"
	"farthing/pkg/rpc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// process is a real one of one service, with its doors open.
func process(t *testing.T, name string, register func(*foundation.Env) error) (federation.Source, *foundation.Ground) {
	t.Helper()
	ground := foundation.NewGround(&clock.Business{}, slog.New(slog.DiscardHandler))
	ground.Transport = rpc.NewInProcess()
	options := ground.Options([]foundation.Service{{Name: name, Register: register}})
	options.Listen = func(foundation.Door) (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }
	running, err := ground.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := running.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
	admin := "http://" + opened[foundation.Admin].String()
	return federation.Source{Process: name, Service: name, Admin: admin}, ground
}

// network is processes without a network between: the door of each by its name, which is its host too.
type network map[string]http.HandlerFunc

// RoundTrip has the door answer. One that nobody has cannot be dialled; one that answers nothing hangs.
func (n network) RoundTrip(req *http.Request) (*http.Response, error) {
	door, there := n[req.URL.Host]
	if !there {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	}
	if door == nil {
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	rsp := httptest.NewRecorder()
	door(rsp, req)
	return rsp.Result(), nil
}

// over is the federated door of processes on the network, in this order.
func (n network) over(names ...string) federation.Options {
	var sources []federation.Source
	for _, name := range names {
		sources = append(sources, federation.Source{Process: name, Service: name, Admin: "http://" + name})
	}
	o := over(sources...)
	o.Client = &http.Client{Transport: n}
	return o
}

func over(sources ...federation.Source) federation.Options {
	return federation.Options{
		Sources: func() []federation.Source { return sources }, Log: slog.New(slog.DiscardHandler),
	}
}

// says is a door that answers every request with this page of metrics.
func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", string(expfmt.FmtText))
		_, _ = w.Write([]byte(text))
	}
}

func get(t testing.TB, o federation.Options, path string) *httptest.ResponseRecorder {
	t.Helper()
	return send(t, o, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
}

func send(t testing.TB, o federation.Options, req *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	rsp := httptest.NewRecorder()
	federation.New(o).ServeHTTP(rsp, req)
	return rsp
}

// ask is the status and the body that a door answers.
func ask(t testing.TB, door http.Handler, path string) string {
	t.Helper()
	rsp := httptest.NewRecorder()
	door.ServeHTTP(rsp, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
	return fmt.Sprint(rsp.Code, " ", strings.TrimSpace(rsp.Body.String()))
}

type families map[string]*dto.MetricFamily

func parse(t testing.TB, text string) families {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	found, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("the page cannot be parsed: %v\n%s", err, text)
	}
	return found
}

// page is the merged page, parsed again.
func page(t testing.TB, o federation.Options) families {
	t.Helper()
	rsp := get(t, o, "/metrics")
	if rsp.Code != http.StatusOK {
		t.Fatalf("got %d %s", rsp.Code, rsp.Body)
	}
	return parse(t, rsp.Body.String())
}

// value is a counter's or gauge's, of one process; -1 if it is not there.
func (f families) value(name, process string) int64 {
	for _, m := range f[name].GetMetric() {
		if label(m, "process") == process {
			return int64(m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue())
		}
	}
	return -1
}

func label(m *dto.Metric, name string) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}

// lines are what is logged, by many at once.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}
