package trace

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"farthing/pkg/errs"
)

const (
	defaultLimit = 20
	maxLimit     = 100
)

// Found is the answer for one trace.
type Found struct {
	TraceID string     `json:"trace_id"`
	Spans   []Finished `json:"spans"`
}

// Listed is the answer for a list of traces.
type Listed struct {
	Traces []Summary `json:"traces"`
}

// failed is the answer when there is none.
type failed struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Reader finds finished spans: a Recorder among its own, or whoever reads several recorders as one. What each method
// answers is said there.
type Reader interface {
	Trace(id string) []Finished
	Recent(limit int) []Summary
	Find(key, value string, limit int) []Summary
	Summaries(ids []string) []Summary
}

// Handler shows the recorder on the admin door.
func (r *Recorder) Handler() http.Handler { return Handler(r) }

// Handler shows traces on an admin door, in JSON:
//
//	GET /traces/{trace_id}              the spans of a trace that are still kept; 404 if there are none
//	GET /traces?limit=20                summaries of the newest traces, newest first; at most 100
//	GET /traces?transaction_id=tx_…     those with a span of that attribute, whichever key it has
//	GET /traces?trace_id=…&trace_id=…   those of these ids, at most 100, in this order
func Handler(from Reader) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /traces/{trace_id}", func(w http.ResponseWriter, req *http.Request) { serveTrace(from, w, req) })
	mux.HandleFunc("GET /traces", func(w http.ResponseWriter, req *http.Request) { serveList(from, w, req) })
	return mux
}

func serveTrace(from Reader, w http.ResponseWriter, req *http.Request) {
	id := req.PathValue("trace_id")
	spans := from.Trace(id)
	if len(spans) == 0 {
		fail(w, errs.Missing("trace"))
		return
	}
	answer(w, http.StatusOK, Found{id, spans})
}

func serveList(from Reader, w http.ResponseWriter, req *http.Request) {
	traces, err := list(from, req.URL.Query())
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, Listed{traces})
}

// IDParam asks for the summaries of some traces.
const IDParam = "trace_id"

func list(from Reader, query url.Values) ([]Summary, *errs.Error) {
	limit, err := limitOf(query.Get("limit"))
	if err != nil {
		return nil, err
	}
	query.Del("limit")
	if len(query) > 1 {
		return nil, errs.New(errs.BadRequest+".too_many_params", "Traces are found by one attribute at a time")
	}
	if ids := query[IDParam]; len(ids) > maxLimit {
		return nil, errs.BadParam(IDParam, "must not be there more than "+strconv.Itoa(maxLimit)+" times")
	} else if len(ids) > 0 {
		return from.Summaries(ids), nil
	}
	for key := range query {
		return from.Find(key, query.Get(key), limit), nil
	}
	return from.Recent(limit), nil
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
