package edge_test

import (
	"net/http"
	"testing"

	"farthing/pkg/edge"
	"farthing/pkg/edge/edgetest"
	"farthing/pkg/errs"
)

// says answers with what a service knows of its route.
func says(name string) edge.Service {
	return func(req edge.Request) edge.Response {
		return edge.OK(map[string]string{"service": name, "route": req.Route(), "id": req.Param("id")})
	}
}

func bank() *edge.Router {
	webhooks := &edge.Router{}
	webhooks.GET("/", says("list"))
	webhooks.POST("/", says("register"))
	webhooks.DELETE("/:id", says("deregister"))
	bank := &edge.Router{}
	bank.GET("/accounts", says("accounts"))
	bank.PATCH("/transactions/:id", says("annotate"))
	bank.POST("/oauth2/logout", func(edge.Request) edge.Response { return edge.OK(nil) })
	bank.Mount("/webhooks", webhooks)
	return bank
}

func TestARequestReachesItsService(t *testing.T) {
	door := edgetest.Serve(t, edge.Handler(bank()))
	for _, c := range []struct{ method, path, service, route, id string }{
		{"GET", "/accounts", "accounts", "/accounts", ""},
		{"GET", "/accounts/", "accounts", "/accounts", ""},
		{"GET", "//accounts", "accounts", "/accounts", ""},
		{"GET", "//accounts//?x=1", "accounts", "/accounts", ""},
		{"patch", "/transactions/tx_1", "annotate", "/transactions/:id", "tx_1"},
		{"GET", "/webhooks", "list", "/webhooks", ""},
		{"GET", "/webhooks/", "list", "/webhooks", ""},
		{"POST", "/webhooks", "register", "/webhooks", ""},
		{"DELETE", "/webhooks/webhook_1", "deregister", "/webhooks/:id", "webhook_1"},
	} {
		var got struct{ Service, Route, ID string }
		door.Do(c.method, c.path, nil).Into(&got)
		if got.Service != c.service || got.Route != c.route || got.ID != c.id {
			t.Errorf("%s %s: got %+v", c.method, c.path, got)
		}
	}
}

func TestNothingToSayIsAnEmptyObject(t *testing.T) {
	rsp := edgetest.Serve(t, edge.Handler(bank())).Do("POST", "/oauth2/logout", nil)
	if rsp.Status != http.StatusOK || string(rsp.Body) != "{}\n" {
		t.Fatalf("got %d %q", rsp.Status, rsp.Body)
	}
	if got := rsp.Header.Get("Content-Type"); got != "application/json" {
		t.Fatalf("got content type %q", got)
	}
}

func TestAnUnknownPathIs404InJSON(t *testing.T) {
	rsp := edgetest.Serve(t, edge.Handler(bank())).Get("/a").Refused(http.StatusNotFound, errs.NotFound)
	want := `{"code":"not_found","message":"/a not found","params":{},"retryable":{}}` + "\n"
	if string(rsp.Body) != want {
		t.Fatalf("got %s want %s", rsp.Body, want)
	}
}

func TestAnUnknownMethodIs405InJSON(t *testing.T) {
	door := edgetest.Serve(t, edge.Handler(bank()))
	for _, method := range []string{"PUT", "OPTIONS", "TRACE", "FROB"} {
		rsp := door.Do(method, "/webhooks", nil).
			Refused(http.StatusMethodNotAllowed, "bad_request.method_not_allowed")
		if got := rsp.Header.Get("Allow"); got != "GET, POST" {
			t.Errorf("%s: allowed are %q", method, got)
		}
	}
}

func TestHEADIsGETWithoutItsBody(t *testing.T) {
	door := edgetest.Serve(t, edge.Handler(bank()))
	get, head := door.Get("/accounts"), door.Do("HEAD", "/accounts", nil)
	if head.Status != http.StatusOK || len(head.Body) != 0 ||
		head.Header.Get("Content-Length") != get.Header.Get("Content-Length") {
		t.Fatalf("got %d, %q, %v", head.Status, head.Body, head.Header)
	}
}
