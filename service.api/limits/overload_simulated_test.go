package limits

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"farthing/pkg/edge"
)

func TestAFullDoorRefusesEarlyAndOpensAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := newLimits(t, Config{AtOnce: 2})
		h := behind(func(edge.Request) edge.Response {
			time.Sleep(time.Second) // Its own time, by the bubble's clock.
			return edge.OK(nil)
		}, l.Overload)
		var inside sync.WaitGroup
		for range 2 {
			inside.Go(func() {
				if rsp := ask(t, h); rsp.Code != http.StatusOK {
					t.Errorf("who came first: got %d", rsp.Code)
				}
			})
		}
		synctest.Wait()
		before := time.Now()
		wantRefused(t, ask(t, h), http.StatusServiceUnavailable, "unavailable.overload", "1")
		if took := time.Since(before); took != waitMax {
			t.Errorf("it was refused after %v", took)
		}
		inside.Wait()
		if rsp := ask(t, h); rsp.Code != http.StatusOK {
			t.Errorf("when all had gone: got %d", rsp.Code)
		}
	})
}

func TestWhoLeavesWhileWaitingTakesNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := newLimits(t, Config{AtOnce: 1})
		leave := make(chan struct{})
		h := behind(func(edge.Request) edge.Response {
			<-leave
			return edge.OK(nil)
		}, l.Overload)
		var inside sync.WaitGroup
		inside.Go(func() { ask(t, h) })
		synctest.Wait()
		impatient := behind(fine, edge.Deadline(waitMax/2), l.Overload)
		if rsp := ask(t, impatient); rsp.Code != http.StatusGatewayTimeout {
			t.Errorf("got %d %s", rsp.Code, rsp.Body)
		}
		close(leave)
		inside.Wait()
		if rsp := ask(t, impatient); rsp.Code != http.StatusOK {
			t.Errorf("got %d %s", rsp.Code, rsp.Body)
		}
	})
}

// Whoever is slow with a file keeps nobody out but others with files.
func TestFilesHaveSlotsOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := New(Config{AtOnce: 1, FilesAtOnce: 1}, &wound{}, prometheus.NewRegistry(), "/file")
		if err != nil {
			t.Fatal(err)
		}
		leave := make(chan struct{})
		router := &edge.Router{}
		router.GET("/x", fine)
		router.GET("/file", func(edge.Request) edge.Response {
			<-leave
			return edge.OK(nil)
		})
		h := edge.Handler(router, l.Overload)
		get := func(path string) *httptest.ResponseRecorder {
			recorder := httptest.NewRecorder()
			h.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			return recorder
		}
		var inside sync.WaitGroup
		inside.Go(func() { get("/file") })
		synctest.Wait()
		wantRefused(t, get("/file"), http.StatusServiceUnavailable, "unavailable.overload", "1")
		if rsp := get("/x"); rsp.Code != http.StatusOK {
			t.Errorf("without a file: got %d", rsp.Code)
		}
		close(leave)
		inside.Wait()
	})
}
