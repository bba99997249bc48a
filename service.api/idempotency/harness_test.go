package idempotency_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/pkg/seal"
	"farthing/pkg/store"
	"farthing/pkg/store/faults"
	"farthing/pkg/store/storetest"
	"farthing/service.api/caller"
	"farthing/service.api/idempotency"
	"farthing/service.api/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Who asks: customer and program.
const (
	alice       = "alice by app"
	alicesOther = "alice by other"
	bob         = "bob by app"
	nobody      = ""
)

// desk is a door with one service behind the filter, which counts what it does.
type desk struct {
	handler http.Handler
	engine  store.Engine
	hour    *hour
	says    func() string
	fails   error
	during  func() // Called while a request is being done.

	done  atomic.Int64
	mu    sync.Mutex
	names []string // Of the requests done.
}

func newDesk(t testing.TB, pick faults.Pick) *desk {
	t.Helper()
	engine := storetest.Memory(t, storage.Schema()).Open("api")
	d := &desk{
		engine: engine, hour: &hour{}, says: func() string { return "<&> paid" }, during: func() {},
	}
	if pick == nil {
		pick = func(faults.Op) faults.Fault { return faults.None }
	}
	keyspace := store.NewKeyspace("api", faults.Wrap(engine, pick))
	keys := idempotency.Keys{
		Answers: storage.NewAnswers(keyspace), Ring: seal.Ephemeral("answers"), Clock: d.hour,
	}
	router := &edge.Router{}
	for _, path := range []string{"/pay", "/pay/:id"} {
		router.GET(path, d.pays)
		router.POST(path, d.pays)
		router.PUT(path, d.pays)
	}
	d.handler = edge.Handler(router, edge.Recover, authenticate, keys.Filter)
	return d
}

// hour is a clock that goes forward by the hour.
type hour struct{ n atomic.Int64 }

func (h *hour) Now() time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(h.n.Load()) * time.Hour)
}

func (h *hour) advance() { h.n.Add(1) }

// authenticate believes what a request says of itself.
func authenticate(req edge.Request, svc edge.Service) edge.Response {
	user, client, known := strings.Cut(req.Header("Sender"), " by ")
	if !known {
		return svc(req)
	}
	return svc(req.WithCaller(caller.Caller{UserID: user, ClientID: client}))
}

func (d *desk) pays(req edge.Request) edge.Response {
	d.done.Add(1)
	d.mu.Lock()
	d.names = append(d.names, caller.Of(req).RequestID)
	d.mu.Unlock()
	d.during()
	switch {
	case errs.Is(d.fails, errs.BadRequest+".grant"):
		return edge.Error(d.fails).AsOAuth("invalid_grant")
	case d.fails != nil:
		return edge.Error(d.fails)
	}
	return edge.OK(map[string]string{"says": d.says()})
}

// emptyKey stands for a header that is there and says nothing.
const emptyKey = "(empty)"

type request struct{ sender, method, path, key, form string }

type answer struct {
	status         int
	body, replayed string
}

func (d *desk) pay(t testing.TB, sender, key, form string) answer {
	t.Helper()
	return d.ask(t, request{sender, "PUT", "/pay", key, form})
}

func (d *desk) ask(t testing.TB, r request) answer {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), r.method, r.path, strings.NewReader(r.form))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sender", r.sender)
	switch r.key {
	case "":
	case emptyKey:
		req.Header.Set("Idempotency-Key", "")
	default:
		req.Header.Set("Idempotency-Key", r.key)
	}
	recorder := httptest.NewRecorder()
	d.handler.ServeHTTP(recorder, req)
	return answer{recorder.Code, recorder.Body.String(), recorder.Header().Get("Idempotent-Replayed")}
}

func (d *desk) wantDone(t testing.TB, want int64) {
	t.Helper()
	if got := d.done.Load(); got != want {
		t.Errorf("it was done %d times, want %d", got, want)
	}
}

// stored is all that is kept, as text.
func (d *desk) stored(t testing.TB) string {
	t.Helper()
	rows, _, err := d.engine.Walk(t.Context(), storage.Schema().Tables[0].Spec(), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, row := range rows {
		for _, value := range row {
			if bytes, ok := value.([]byte); ok {
				value = string(bytes)
			}
			fmt.Fprintln(&out, value)
		}
	}
	return out.String()
}
