package federation

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"

	"farthing/pkg/errs"
)

// patterns are routes that something was said about.
type patterns struct{ said sync.Map }

func (p *patterns) first(pattern string) bool {
	_, loaded := p.said.LoadOrStore(pattern, true)
	return !loaded
}

// operate adds the routes of the processes' operations. The first that runs has it: replicas do the same.
func (f *federation) operate(mux *http.ServeMux, sources []Source) {
	taken := make(map[string]bool)
	for _, s := range sources {
		for _, pattern := range s.Routes {
			if s.Admin == "" || taken[pattern] {
				continue
			}
			taken[pattern] = true
			f.complain(s, pattern, handle(mux, pattern, f.passOn(s)))
		}
	}
}

// handle adds a route that another process thought of: it may be malformed, or one that this door has already.
func handle(mux *http.ServeMux, pattern string, to http.Handler) (err error) {
	defer func() {
		if cause := recover(); cause != nil { // ServeMux has no other way to say so.
			err = fmt.Errorf("adding a route: %v", cause)
		}
	}()
	mux.Handle(pattern, to)
	return nil
}

// complain tells once of a route that is not passed on.
func (f *federation) complain(s Source, pattern string, err error) {
	if err != nil && f.told.first(pattern) {
		f.Log.Warn("an operation cannot be passed on", "process", s.Process, "pattern", pattern, "reason", err)
	}
}

// profiles are the supervisor's own, or those of the process that is named.
func (f *federation) profiles(sources []Source, own http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		name := req.URL.Query().Get(processLabel)
		if name == "" || name == supervisor {
			own(w, req)
			return
		}
		for _, s := range sources {
			if s.Process == name && s.Admin != "" {
				f.passOn(s).ServeHTTP(w, req)
				return
			}
		}
		fail(w, errs.Missing("process"))
	})
}

// passOn has a process answer, however long it takes: it may make customers by the thousand, or a profile.
func (f *federation) passOn(s Source) http.Handler {
	to, err := url.Parse(s.Admin)
	if err != nil {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fail(w, unreachable(s, err)) })
	}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host // The process compares it with the origin, as this door did.
		},
		Transport:    f.client.Transport,
		ErrorLog:     slog.NewLogLogger(f.Log.Handler(), slog.LevelWarn),
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) { fail(w, failureOf(s, err)) },
	}
}

// failureOf tells a process that was never reached from one that may have done what it was asked.
func failureOf(s Source, err error) *errs.Error {
	if failed, ok := errors.AsType[*net.OpError](err); ok && failed.Op == "dial" {
		return unreachable(s, err)
	}
	return errs.New(errs.OutcomeUnknown, s.Process+" did not answer").Because(err)
}

func unreachable(s Source, err error) *errs.Error {
	return errs.New(errs.Unavailable, s.Process+" cannot be reached").Because(err)
}

func fail(w http.ResponseWriter, err *errs.Error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(err.HTTPStatus())
	_ = json.NewEncoder(w).Encode(map[string]string{"code": err.Code, "message": err.Message})
}
