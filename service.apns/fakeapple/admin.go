package fakeapple

import (
	"encoding/json"
	"net/http"
	"strconv"

	"farthing/pkg/errs"
)

const maxFaultBytes = 4096

// Admin lets a test in another process read the book and make pushes fail:
//
//	GET    /deliveries?device_token=…   what one phone shows; without it, the latest of all (limit=N, at most 10,000)
//	GET    /stats                       Stats
//	GET    /ca.pem                      the authority to trust
//	POST   /faults                      a Fault
//	DELETE /faults                      end all faults
//
// It asks nobody who they are: mount it on a door that strangers cannot reach.
func (s *Server) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /deliveries", s.listDeliveries)
	mux.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, s.Stats()) })
	mux.HandleFunc("GET /ca.pem", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-pem-file")
		_, _ = w.Write(s.ca)
	})
	mux.HandleFunc("POST /faults", s.injectFault)
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

// Deliveries is the answer of GET /deliveries, oldest first.
type Deliveries struct {
	Total      int64      `json:"total"` // Of all devices, since the start.
	Deliveries []Delivery `json:"deliveries"`
}

func (s *Server) listDeliveries(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	list := Deliveries{Total: s.book.Total()}
	if device := query.Get("device_token"); device != "" {
		list.Deliveries = s.book.Shown(device)
		answer(w, http.StatusOK, list)
		return
	}
	limit := 0
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > defaultMax {
			refuseAdmin(w, errs.BadParam("limit", "must be a number from 1 to 10000"))
			return
		}
		limit = n
	}
	list.Deliveries = s.book.Latest(limit)
	answer(w, http.StatusOK, list)
}

func (s *Server) injectFault(w http.ResponseWriter, r *http.Request) {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxFaultBytes))
	decoder.DisallowUnknownFields()
	var fault Fault
	if err := decoder.Decode(&fault); err != nil {
		refuseAdmin(w, errs.BadParam("body", "must be a fault as JSON: device_token, reason, times, since"))
		return
	}
	if err := s.Inject(fault); err != nil {
		refuseAdmin(w, err)
		return
	}
	answer(w, http.StatusCreated, fault)
}

func refuseAdmin(w http.ResponseWriter, err error) {
	coded := errs.Of(err)
	answer(w, coded.HTTPStatus(), map[string]string{"code": coded.Code, "message": coded.Message})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // Fails only if the client has gone.
}
