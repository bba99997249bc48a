package edge

import (
	"net/http"
	"slices"
	"strings"

	"github.com/julienschmidt/httprouter"
)

// handler serves a router's routes over net/http.
type handler struct {
	tree      *httprouter.Router
	methods   []string // All that any route has, sorted.
	unmatched *route
}

// Handler serves the routes that r has now, each behind the filters, the first of which is the outermost. Requests
// that match no route pass the filters too, and find Route() empty. It panics on routes that contradict each other.
func Handler(r *Router, filters ...Filter) http.Handler {
	h := &handler{tree: httprouter.New(), unmatched: &route{name: "unmatched"}}
	h.unmatched.svc = Service(unmatched).behind(asJSON).Filter(filters...)
	for _, each := range r.routes {
		h.tree.Handle(each.method, each.path, served(each, filters))
		h.methods = append(h.methods, each.method)
	}
	slices.Sort(h.methods)
	h.methods = slices.Compact(h.methods)
	return h
}

// served puts one route behind the filters, once, not for each request.
func served(r *route, filters []Filter) httprouter.Handle {
	behind := &route{r.method, r.path, r.name, r.svc.behind(asJSON).Filter(filters...)}
	return func(w http.ResponseWriter, req *http.Request, params httprouter.Params) {
		serve(&exchange{http: req, writer: w, route: behind, params: params})
	}
}

// ServeHTTP looks the route up in place of httprouter, which would redirect, and answer in plain text.
func (h *handler) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	method, path := normalMethod(req.Method), normalPath(req.URL.Path)
	if handle, params, _ := h.lookUp(method, path); handle != nil {
		handle(w, req, params)
		return
	}
	//nolint:contextcheck // The request has it.
	serve(&exchange{http: req, writer: w, route: h.unmatched, allowed: h.allowed(path)})
}

func (h *handler) lookUp(method, path string) (httprouter.Handle, httprouter.Params, bool) {
	handle, params, slash := h.tree.Lookup(method, path)
	if handle == nil && method == http.MethodHead {
		return h.tree.Lookup(http.MethodGet, path) // net/http leaves the body out.
	}
	return handle, params, slash
}

func (h *handler) allowed(path string) []string {
	var methods []string
	for _, method := range h.methods {
		if handle, _, _ := h.tree.Lookup(method, path); handle != nil {
			methods = append(methods, method)
		}
	}
	return methods
}

func serve(x *exchange) {
	x.method = normalMethod(x.http.Method)
	x.body.limit = BodyBytesMax
	rsp := x.route.svc(Request{ctx: x.http.Context(), x: x})
	if rsp.events != nil && rsp.Err == nil {
		rsp.stream(x.http.Context(), x)
		return
	}
	rsp.write(x)
}

// normalMethod takes "patch" for PATCH, which some clients send.
func normalMethod(method string) string { return strings.ToUpper(method) }

// normalPath drops doubled and trailing slashes: "//accounts/" is "/accounts".
func normalPath(path string) string {
	if isNormal(path) {
		return path
	}
	var out strings.Builder
	for segment := range strings.SplitSeq(path, "/") {
		if segment != "" {
			out.WriteString("/" + segment)
		}
	}
	if out.Len() == 0 {
		return "/"
	}
	return out.String()
}

func isNormal(path string) bool {
	if path == "/" {
		return true
	}
	return strings.HasPrefix(path, "/") && !strings.HasSuffix(path, "/") && !strings.Contains(path, "//")
}
