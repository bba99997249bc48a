package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// script is a bank that answers each request for a stream with the next of its answers, and keeps what was asked.
type script struct {
	answers []answer
	asked   []string // The Last-Event-ID of each.
}

type answer struct {
	status  int // 0 is a connection that cannot be made.
	body    string
	hanging bool // It stays open, and says nothing more.
}

// RoundTrip is http.RoundTripper's.
func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	s.asked = append(s.asked, req.Header.Get("Last-Event-ID"))
	next := s.answers[min(len(s.asked), len(s.answers))-1]
	if next.status == 0 {
		return nil, errors.New("connection refused")
	}
	body, out := io.Pipe()
	go func() {
		_, _ = io.WriteString(out, next.body)
		if next.hanging {
			<-req.Context().Done()
		}
		_ = out.CloseWithError(req.Context().Err())
	}()
	header := http.Header{"Retry-After": {"20"}}
	return &http.Response{StatusCode: next.status, Header: header, Body: body, Request: req}, nil
}

func (s *script) client() *Client {
	return New("http://bank", WithHTTPClient(&http.Client{Transport: s}))
}

const denied = `{"code":"unauthorized.bad_access_token","message":"It has ended"}`

func TestAStreamThatBreaksGoesOnWhereItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := &script{answers: []answer{
			{status: 200, body: "event: ready\nid: c0\ndata: {}\n\n: a beat\n\n" +
				"event: a\ndata: 1\nid: c1\n\nevent: b\nid: c2\nda"},
			{},
			{status: 503, body: `{}`},
			{status: 200, body: "event: b\ndata: 2\nid: c2\n\n", hanging: true},
			{status: 401, body: denied},
		}}
		var told []string
		var last error
		began := time.Now()
		for event, err := range bank.client().Follow(t.Context(), FollowParams{AccountID: "acc_1", LastID: "before"}) {
			told, last = append(told, event.Name+string(event.Data)+" "+event.LastID), err
		}
		if diff := cmp.Diff([]string{"ready{} c0", "a1 c1", "b2 c2", " "}, told); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"before", "c1", "c1", "c1", "c2"}, bank.asked); diff != "" {
			t.Error(diff)
		}
		if !IsCode(last, "unauthorized") {
			t.Errorf("it ended with %v", last)
		}
		// It comes back after a second, two, as long as the bank says, and once there was silence for long enough.
		want := 1*time.Second + 2*time.Second + 20*time.Second + silenceMax + comeBackAfter
		if took := time.Since(began); took != want {
			t.Errorf("it took %v, want %v", took, want)
		}
	})
}

func TestWhoStopsListeningIsToldNothingMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := &script{answers: []answer{{status: 200, body: "event: a\ndata: 1\n\nevent: b\ndata: 2\n\n", hanging: true}}}
		for event, err := range bank.client().Follow(t.Context(), FollowParams{AccountID: "acc_1"}) {
			if event.Name != "a" || err != nil {
				t.Errorf("got %+v, %v", event, err)
			}
			break
		}
		if len(bank.asked) != 1 {
			t.Errorf("it came back %d times", len(bank.asked)-1)
		}
	})
}

func TestAStreamEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		bank := &script{answers: []answer{{status: 200, body: "event: a\ndata: 1\n\n", hanging: true}}}
		var last error
		for _, err := range bank.client().Follow(ctx, FollowParams{AccountID: "acc_1"}) {
			last = err
		}
		if !errors.Is(last, context.DeadlineExceeded) {
			t.Errorf("it ended with %v", last)
		}
	})
}

func TestAnEventIsReadIntoItsType(t *testing.T) {
	event := Event{Name: EventFeedItemDeleted, Data: []byte(`{"id":"feed_1","account_id":"acc_1"}`)}
	var item FeedItemDeleted
	if err := event.Decode(&item); err != nil || item.ID != "feed_1" {
		t.Errorf("got %+v, %v", item, err)
	}
	err := Event{Name: EventReady, Data: []byte(`[`)}.Decode(&item)
	if err == nil || !strings.Contains(err.Error(), EventReady) {
		t.Errorf("got %v", err)
	}
}
