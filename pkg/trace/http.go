package trace

import (
	"encoding/json"
	"net/http"
	"strconv"

	"farthing/pkg/errs"
)

const (
	defaultLimit = 20
	maxLimit     = 100
)

// found is the answer for one trace.
type found struct {
	TraceID string     `json:"trace_id"`
	Spans   []Finished `json:"spans"`
}

// listed is the answer for a list of traces.
type listed struct {
	Traces []Summary `json:"traces"`
}

// failed is the answer when there is none.
type failed struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Handler shows the recorder on the admin door, in JSON:
//
//	GET /traces/{trace_id}              the spans of a trace that are still kept; 404 if there are none
//	GET /traces?limit=20                summaries of the newest traces, newest first; at most 100
//	GET /traces?transaction_id=tx_…     those with a span of that attribute, whichever key it has
func (r *Recorder) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /traces/{trace_id}", r.serveTrace)
	mux.HandleFunc("GET /traces", r.serveList)
	return mux
}

func (r *Recorder) serveTrace(w http.ResponseWriter, req *http.Request) {
	id := req.PathValue("trace_id")
	spans := r.Trace(id)
	if len(spans) == 0 {
		fail(w, errs.Missing("trace"))
		return
	}
	answer(w, http.StatusOK, found{id, spans})
}

func (r *Recorder) serveList(w http.ResponseWriter, req *http.Request) {
	query := req.URL.Query()
	limit, err := limitOf(query.Get("limit"))
	if err != nil {
		fail(w, err)
		return
	}
	query.Del("limit")
	if len(query) > 1 {
		fail(w, errs.New(errs.BadRequest+".too_many_params", "Traces are found by one attribute at a time"))
		return
	}
	traces := r.Recent
	for key := range query {
		traces = func(limit int) []Summary { return r.Find(key, query.Get(key), limit) }
	}
	answer(w, http.StatusOK, listed{traces(limit)})
}

func limitOf(text string) (int, *errs.Error) {
	if text == "" {
		return defaultLimit, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > maxLimit {
		return 0, errs.BadParam("limit", "must be a whole number from 1 to "+strconv.Itoa(maxLimit))
	}
	return limit, nil
}

func fail(w http.ResponseWriter, err *errs.Error) {
	answer(w, err.HTTPStatus(), failed{err.Code, err.Message})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // What fails here is the connection, and nobody is left to be told.
}
