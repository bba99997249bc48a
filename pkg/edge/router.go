package edge

import (
	"net/http"
	"slices"
	"strings"

	"farthing/pkg/errs"
	"farthing/pkg/trace"
)

// Router is a list of routes: a method, a path such as "/transactions/:id", a service. The zero value is empty.
//
// A fixed segment cannot stand beside a parameter ("/cards/search" with "/cards/:id"): Handler panics on it, at the
// start.
type Router struct {
	routes []*route
}

type route struct {
	method, path string // Both "" of the route that stands for all unknown paths.
	name         string // For traces and logs.
	svc          Service
}

// labels are a route's for metrics.
func (r *route) labels() (path, method string) {
	if r.path == "" {
		return "unmatched", "any"
	}
	return r.path, r.method
}

// GET adds a route that reads. HEAD is answered by it too.
func (r *Router) GET(path string, svc Service) { r.Handle(http.MethodGet, path, svc) }

// POST adds a route that makes something.
func (r *Router) POST(path string, svc Service) { r.Handle(http.MethodPost, path, svc) }

// PUT adds a route that sets or repeats safely.
func (r *Router) PUT(path string, svc Service) { r.Handle(http.MethodPut, path, svc) }

// PATCH adds a route that changes a part.
func (r *Router) PATCH(path string, svc Service) { r.Handle(http.MethodPatch, path, svc) }

// DELETE adds a route that removes.
func (r *Router) DELETE(path string, svc Service) { r.Handle(http.MethodDelete, path, svc) }

// Handle adds a route for any method, given in upper case.
func (r *Router) Handle(method, path string, svc Service) {
	path = normalPath(path)
	r.routes = append(r.routes, &route{method, path, method + " " + path, svc})
}

// Mount adds all routes that sub has now under prefix, behind filters of their own: the area at "/webhooks" says
// GET("/") and means "/webhooks".
func (r *Router) Mount(prefix string, sub *Router, filters ...Filter) {
	for _, each := range sub.routes {
		r.Handle(each.method, prefix+"/"+each.path, each.svc.Filter(filters...))
	}
}

// Routes lists what is served, as "GET /transactions/:id", sorted.
func (r *Router) Routes() []string {
	out := make([]string, 0, len(r.routes))
	for _, each := range r.routes {
		out = append(out, each.name)
	}
	slices.Sort(out)
	return out
}

// pathCharsShown bounds how much of an unknown path is sent back.
const pathCharsShown = 100

// unmatched answers a request that no route is for: 404, or 405 if the path is there under other methods.
func unmatched(req Request) Response {
	path := strings.ToValidUTF8(req.Path(), "\uFFFD")
	if len(path) > pathCharsShown {
		path = strings.ToValidUTF8(path[:pathCharsShown], "") + "…"
	}
	if len(req.x.allowed) == 0 {
		// Messages are logged, and somebody may have put a card number where an id belongs.
		return Error(errs.New(errs.NotFound, trace.Safe(path)+" not found"))
	}
	rsp := Error(errs.New(errs.BadRequest+".method_not_allowed", "The method is not allowed for "+path))
	rsp.status = http.StatusMethodNotAllowed
	return rsp.WithHeader("Allow", strings.Join(req.x.allowed, ", "))
}
