package fakeapple_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"farthing/pkg/errs"
	"farthing/service.apns/fakeapple"
)

func TestFaultsSpoilTheNextPushesOfTheirDevice(t *testing.T) {
	for reason, status := range map[fakeapple.Reason]int{
		fakeapple.TooManyRequests: 429, fakeapple.InternalServerError: 500, fakeapple.ServiceUnavailable: 503,
		fakeapple.Unregistered: 410, fakeapple.BadDeviceToken: 400,
	} {
		t.Run(string(reason), func(t *testing.T) {
			w := newWorld(t)
			bearer := w.bearer(t)
			w.inject(t, fakeapple.Fault{Device: phone, Reason: reason, Times: 2})
			w.push(t, bearer, http.StatusOK, device(other))
			for range 2 {
				if got := w.push(t, bearer, status); got.Reason != reason {
					t.Fatalf("spoilt with %s", got.Reason)
				}
			}
			w.push(t, bearer, http.StatusOK)
		})
	}
}

func TestAFaultWithoutTimesLastsUntilCleared(t *testing.T) {
	w := newWorld(t)
	bearer := w.bearer(t)
	w.inject(t, fakeapple.Fault{Reason: fakeapple.Shutdown})
	for range 3 {
		w.push(t, bearer, http.StatusServiceUnavailable)
	}
	w.ClearFaults()
	w.push(t, bearer, http.StatusOK)
	if got := w.Stats(); got.Refused[fakeapple.Shutdown] != 3 || got.Delivered != 1 || got.Connections != 1 {
		t.Fatalf("stats are %+v", got)
	}
}

func TestA410CarriesItsTime(t *testing.T) {
	w := newWorld(t)
	bearer := w.bearer(t)
	since := start.Add(-time.Hour)
	w.inject(t, fakeapple.Fault{Reason: fakeapple.Unregistered, Times: 1, Since: since})
	w.inject(t, fakeapple.Fault{Reason: fakeapple.ExpiredToken, Times: 1})
	if got := w.push(t, bearer, http.StatusGone); got.Timestamp != since.UnixMilli() {
		t.Errorf("the given time came as %d", got.Timestamp)
	}
	if got := w.push(t, bearer, http.StatusGone); got.Timestamp != start.UnixMilli() {
		t.Errorf("no given time came as %d", got.Timestamp)
	}
}

func TestAHangLastsUntilTheSenderGivesUp(t *testing.T) {
	w := newWorld(t)
	w.inject(t, fakeapple.Fault{Reason: fakeapple.Hang})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	rsp, err := w.client.Do(w.request(t, w.bearer(t)).WithContext(ctx))
	if err == nil {
		_ = rsp.Body.Close()
		t.Fatalf("a hung push was answered %d", rsp.StatusCode)
	}
	if got := w.Book().Total(); got != 0 {
		t.Fatalf("%d hung pushes were delivered", got)
	}
}

func TestALostAnswerIsOfADeliveredPush(t *testing.T) {
	w := newWorld(t)
	w.inject(t, fakeapple.Fault{Reason: fakeapple.LostAnswer, Times: 1})
	bearer := w.bearer(t)
	rsp, err := w.client.Do(w.request(t, bearer))
	if err == nil {
		_ = rsp.Body.Close()
		t.Fatalf("a lost answer arrived: %d", rsp.StatusCode)
	}
	if got := w.Book().Total(); got != 1 {
		t.Fatalf("%d pushes were delivered, want 1", got)
	}
	w.push(t, bearer, http.StatusOK)
}

func TestAnUnknownFaultIsRefused(t *testing.T) {
	w := newWorld(t)
	for field, fault := range map[string]fakeapple.Fault{
		"reason": {Reason: "Sulking"}, "times": {Reason: fakeapple.Hang, Times: -1},
	} {
		if err := w.Inject(fault); !errs.Is(err, "bad_request.bad_param."+field) {
			t.Errorf("a bad %s: %v", field, err)
		}
	}
}

func TestAnotherProcessReadsTheBookAndSetsFaults(t *testing.T) {
	w := newWorld(t)
	admin := httptest.NewServer(w.Admin())
	defer admin.Close()
	bearer := w.bearer(t)

	call(t, admin, http.MethodPost, "/faults", `{"device_token":"`+phone+`","reason":"Unregistered","times":1}`, 201)
	w.push(t, bearer, http.StatusGone)
	w.push(t, bearer, http.StatusOK)
	var got fakeapple.Deliveries
	text := call(t, admin, http.MethodGet, "/deliveries?device_token="+phone, "", 200)
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.Total != 1 || len(got.Deliveries) != 1 || got.Deliveries[0].ApnsID != apnsID {
		t.Fatalf("the book as read from afar is %s", text)
	}

	call(t, admin, http.MethodPost, "/faults", `{"reason":"TooManyRequests"}`, 201)
	call(t, admin, http.MethodDelete, "/faults", "", 204)
	w.push(t, bearer, http.StatusOK)
	call(t, admin, http.MethodGet, "/deliveries?limit=1", "", 200)
	call(t, admin, http.MethodGet, "/stats", "", 200)
	if ca := call(t, admin, http.MethodGet, "/ca.pem", "", 200); string(ca) != string(w.CA()) {
		t.Fatalf("the authority as read from afar is %q", ca)
	}
}

func TestTheAdminHandlerRefusesNonsense(t *testing.T) {
	w := newWorld(t)
	admin := httptest.NewServer(w.Admin())
	defer admin.Close()
	for _, text := range []string{
		"", "[]", `{"reason":"Sulking"}`, `{"reason":"hang","tims":1}`, strings.Repeat(" ", 5000) + "{}",
	} {
		call(t, admin, http.MethodPost, "/faults", text, 400)
	}
	for _, limit := range []string{"0", "10001", "x"} {
		call(t, admin, http.MethodGet, "/deliveries?limit="+limit, "", 400)
	}
}

func call(t *testing.T, admin *httptest.Server, method, path, text string, want int) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, admin.URL+path, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	rsp, err := admin.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rsp.Body.Close() }()
	got, err := io.ReadAll(rsp.Body)
	if err != nil || rsp.StatusCode != want {
		t.Fatalf("%s %s was answered %d %s (%v), want %d", method, path, rsp.StatusCode, got, err, want)
	}
	return got
}
