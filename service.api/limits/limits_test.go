package limits

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"farthing/pkg/edge"
	"farthing/service.api/caller"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wound is a clock that a test winds on.
type wound struct{ now time.Time }

func (w *wound) Now() time.Time { return w.now }

func newLimits(t testing.TB, c Config) (*Limits, *wound) {
	t.Helper()
	w := &wound{time.Date(2026, time.March, 14, 9, 26, 53, 0, time.UTC)}
	l, err := New(c, w, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return l, w
}

// behind is a service behind filters, for a caller who is named by a header.
func behind(svc edge.Service, filters ...edge.Filter) http.Handler {
	router := &edge.Router{}
	router.GET("/x", svc)
	authenticated := func(req edge.Request, svc edge.Service) edge.Response {
		if who := req.Header("Sender"); who != "" {
			req = req.WithCaller(caller.Caller{UserID: who, ClientID: "app"})
		}
		return svc(req)
	}
	return edge.Handler(router, append([]edge.Filter{authenticated}, filters...)...)
}

func fine(edge.Request) edge.Response { return edge.OK(nil).WithHeader("X-Own", "kept") }

func ask(t testing.TB, h http.Handler, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x", nil)
	req.RemoteAddr = "192.0.2.7:4321"
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	if remote := req.Header.Get("Remote"); remote != "" {
		req.RemoteAddr = remote
	}
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, req)
	return recorder
}

func wantRefused(t testing.TB, rsp *httptest.ResponseRecorder, status int, code, retryAfter string) {
	t.Helper()
	if rsp.Code != status || !strings.Contains(rsp.Body.String(), `"`+code+`"`) ||
		rsp.Header().Get("Retry-After") != retryAfter {
		t.Fatalf("got %d %s, Retry-After %q", rsp.Code, rsp.Body, rsp.Header().Get("Retry-After"))
	}
}

func TestAProgramIsToldWhatItHasLeftAndThenToWait(t *testing.T) {
	l, w := newLimits(t, Config{TokenRate: 2, TokenBurst: 5})
	h := behind(fine, l.Token)
	for left := 4; left >= 0; left-- {
		rsp := ask(t, h, "Sender", "alice")
		got := rsp.Header().Get("RateLimit-Remaining") + " " + rsp.Header().Get("RateLimit-Limit") + " " +
			rsp.Header().Get("RateLimit-Reset") + " " + rsp.Header().Get("X-Own")
		if want := fmt.Sprintf("%d 5 %d kept", left, (5-left+1)/2); rsp.Code != http.StatusOK || got != want {
			t.Fatalf("got %d %s, want %s", rsp.Code, got, want)
		}
	}
	rsp := ask(t, h, "Sender", "alice")
	wantRefused(t, rsp, http.StatusTooManyRequests, "rate_limited.token", "1")
	if got := rsp.Header().Get("RateLimit-Remaining"); got != "0" {
		t.Errorf("%s remain", got)
	}
	if rsp := ask(t, h, "Sender", "bob"); rsp.Code != http.StatusOK {
		t.Errorf("somebody else: got %d", rsp.Code)
	}
	w.now = w.now.Add(time.Second)
	for range 2 {
		if rsp := ask(t, h, "Sender", "alice"); rsp.Code != http.StatusOK {
			t.Errorf("a second later: got %d", rsp.Code)
		}
	}
	wantRefused(t, ask(t, h, "Sender", "alice"), http.StatusTooManyRequests, "rate_limited.token", "1")
}

func TestWhoWaitsAsLongAsToldIsLetThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBuckets(rapid.IntRange(1, 50).Draw(t, "rate"), rapid.IntRange(1, 50).Draw(t, "burst"))
		now := time.Unix(1_800_000_000, 0)
		for range rapid.IntRange(1, 200).Draw(t, "requests") {
			left := b.take("alice", now)
			now = now.Add(time.Duration(rapid.IntRange(0, 50).Draw(t, "pause")) * time.Millisecond)
			if left.allowed {
				continue
			}
			wait, err := strconv.Atoi(seconds(left.reset))
			if err != nil || wait < 1 {
				t.Fatalf("told to wait %d s, %v", wait, err)
			}
			if now = now.Add(time.Duration(wait) * time.Second); !b.take("alice", now).allowed {
				t.Fatal("refused after waiting")
			}
		}
	})
}

func TestAnAddressIsLimitedWhoeverItSaysItIs(t *testing.T) {
	l, _ := newLimits(t, Config{AddressRate: 1, AddressBurst: 2})
	h := behind(fine, l.Address)
	ask(t, h, "Sender", "alice")
	ask(t, h, "Sender", "bob", "X-Forwarded-For", "198.51.100.1")
	wantRefused(t, ask(t, h), http.StatusTooManyRequests, "rate_limited.address", "1")
	if rsp := ask(t, h, "Remote", "192.0.2.8:1"); rsp.Code != http.StatusOK {
		t.Errorf("another address: got %d", rsp.Code)
	}
}

func TestAnAddressIsWhatTheLastStrangerHas(t *testing.T) {
	l, _ := newLimits(t, Config{TrustedProxies: "10.0.0.0/8, 2001:db8:ffff::/48"})
	for _, c := range []struct{ remote, forwarded, want string }{
		{"192.0.2.7:1", "", "192.0.2.7"},
		{"192.0.2.7:1", "198.51.100.1", "192.0.2.7"},
		{"10.0.0.1:1", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:1", "203.0.113.9, 198.51.100.1, 10.2.3.4", "198.51.100.1"},
		{"[::ffff:10.0.0.1]:1", "198.51.100.1:8080", "198.51.100.1"},
		{"10.0.0.1:1", "", "10.0.0.1"},
		{"10.0.0.1:1", "198.51.100.1, unknown", "10.0.0.1"},
		{"10.0.0.1:1", "10.0.0.2", "10.0.0.2"},
		{"[2001:db8:1:2:3:4:5:6]:1", "", "2001:db8:1:2::/64"},
		{"[2001:db8:1:2:ffff::1%eth0]:1", "", "2001:db8:1:2::/64"},
		{"[2001:db8:ffff::1]:1", "2001:db8:9:9:9::1", "2001:db8:9:9::/64"},
	} {
		if got := l.addressOf(c.remote, c.forwarded); got != c.want {
			t.Errorf("%s for %q: got %s, want %s", c.remote, c.forwarded, got, c.want)
		}
	}
}

func TestAnAddressIsWhatTheLastProxySaysOnWhateverLine(t *testing.T) {
	l, _ := newLimits(t, Config{AddressRate: 1, AddressBurst: 1, TrustedProxies: "10.0.0.0/8"})
	h := behind(fine, l.Address)
	for n, want := range []int{http.StatusOK, http.StatusTooManyRequests} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x", nil)
		req.RemoteAddr = "10.0.0.1:1"
		req.Header.Add("X-Forwarded-For", fmt.Sprintf("203.0.113.%d", n)) // As the stranger wrote it.
		req.Header.Add("X-Forwarded-For", "198.51.100.1")                 // As some proxies add theirs.
		recorder := httptest.NewRecorder()
		if h.ServeHTTP(recorder, req); recorder.Code != want {
			t.Errorf("request %d: got %d, want %d", n, recorder.Code, want)
		}
	}
}

func TestCallersAreForgottenBeforeTheyAreTooMany(t *testing.T) {
	b := newBuckets(1, 2)
	now := time.Unix(1_800_000_000, 0)
	for n := range bucketsMax {
		b.take(strconv.Itoa(n), now)
	}
	now = now.Add(time.Second) // All are full again, but for those who ask twice.
	b.take("0", now)
	b.take("0", now)
	b.take("newcomer", now)
	if len(b.full) > 2 || b.take("0", now).allowed {
		t.Errorf("%d are known, and who had nothing left is allowed: %v", len(b.full), b.take("0", now).allowed)
	}
}

func TestAConfigurationThatMakesNoSenseIsRefused(t *testing.T) {
	for _, c := range []Config{
		{TokenRate: -1}, {TokenBurst: -1}, {AddressRate: -1}, {AddressBurst: -1}, {AtOnce: -1},
		{TrustedProxies: "10.0.0.1"}, {TrustedProxies: "10.0.0.0/33"}, {TrustedProxies: "mallory"},
	} {
		if _, err := New(c, &wound{}, prometheus.NewRegistry()); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}
