// Package edge is HTTP as the outside world sees it: two types, a router, and the decoding of what strangers send.
//
// A Service answers a request, a Filter stands before a service. Handler puts them behind net/http, with the answers
// that the public API promises: always JSON, success exactly 200, each error with a code and a message.
package edge

// Service answers one request.
type Service func(req Request) Response

// Filter stands before a service: it may answer by itself, change the request on its way in, or the response on its
// way out.
type Filter func(req Request, svc Service) Response

// Filter is the service behind filters, the first of which is the outermost.
func (svc Service) Filter(filters ...Filter) Service {
	for i := len(filters) - 1; i >= 0; i-- {
		svc = svc.behind(filters[i])
	}
	return svc
}

func (svc Service) behind(f Filter) Service {
	return func(req Request) Response { return f(req, svc) }
}
