package edge_test

import (
	"context"
	"io"
	"net/http"
	"testing"

	"farthing/pkg/edge"
	"farthing/pkg/edge/edgetest"
	"farthing/pkg/errs"
)

// stream is a router with events at "/events".
func stream(run func(context.Context, *edge.EventWriter)) *edge.Router {
	router := &edge.Router{}
	router.GET("/events", func(edge.Request) edge.Response { return edge.Events(run) })
	return router
}

func TestEventsAreSentAsTheyCome(t *testing.T) {
	read := make(chan bool)
	door := edgetest.Serve(t, edge.Handler(stream(func(_ context.Context, out *edge.EventWriter) {
		for _, err := range []error{
			out.Send("greeting", "id_1", map[string]string{"says": "a\n<b>"}), out.Beat(), out.Send("end", "", nil),
		} {
			if err != nil {
				t.Error(err)
			}
		}
		<-read // The client reads while the stream is open.
	}), append(edge.Standard{}.Filters(), func(req edge.Request, svc edge.Service) edge.Response {
		return svc(req).WithHeader("RateLimit-Limit", "3000")
	})...))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, door.URL()+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	rsp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer rsp.Body.Close()
	for name, want := range map[string]string{
		"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
		"RateLimit-Limit": "3000",
	} {
		if got := rsp.Header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	want := "event: greeting\ndata: {\"says\":\"a\\n<b>\"}\nid: id_1\n\n:\n\nevent: end\ndata: {}\n\n"
	got := make([]byte, len(want))
	if _, err := io.ReadFull(rsp.Body, got); err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
	close(read)
}

func TestAStreamEndsWhenItsClientGoesOrItsServerDrains(t *testing.T) {
	ended := make(chan bool)
	server, address := listening(t, edge.Handler(stream(func(ctx context.Context, out *edge.EventWriter) {
		_ = out.Beat()
		<-ctx.Done()
		ended <- true
	})))
	open := func() (*http.Response, context.CancelFunc) {
		ctx, leave := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		rsp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return rsp, leave
	}
	rsp, leave := open()
	leave()
	<-ended
	_ = rsp.Body.Close()
	rsp, leave = open()
	defer leave()
	drained := make(chan error)
	go func() { drained <- server.Shutdown(t.Context()) }()
	<-ended
	if err := <-drained; err != nil {
		t.Error(err)
	}
	_ = rsp.Body.Close()
}

func TestAFilterMayStillRefuseAStream(t *testing.T) {
	refusing := func(_ edge.Request, svc edge.Service) edge.Response {
		rsp := svc(edge.Request{})
		rsp.Err = errs.New(errs.Unavailable, "Later")
		return rsp
	}
	ran := false
	door := edgetest.Serve(t, edge.Handler(stream(func(context.Context, *edge.EventWriter) { ran = true }), refusing))
	door.Get("/events").Refused(http.StatusServiceUnavailable, "unavailable")
	if rsp := door.Do(http.MethodHead, "/events", nil); rsp.Status != http.StatusServiceUnavailable || ran {
		t.Errorf("got %d, and it ran: %v", rsp.Status, ran)
	}
}

func TestTheHeadOfAStreamIsItsHeader(t *testing.T) {
	door := edgetest.Serve(t, edge.Handler(stream(func(context.Context, *edge.EventWriter) { t.Error("it runs") })))
	if rsp := door.Do(http.MethodHead, "/events", nil); rsp.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("got %v", rsp.Header)
	}
}
