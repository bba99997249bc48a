package handler

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"farthing/pkg/edge"
	transactionsproto "farthing/service.transactions/proto"
)

// Whatever a query says, it selects a window or is refused; it is never our failure.
func FuzzAQueryIsAWindowOrRefused(f *testing.F) {
	for _, seed := range []string{
		"", "limit=100", "limit=0", "since=2026-11-09T12:30:53.695Z&before=2026-11-10T00:00:00Z", "since=1", "since=tx_",
		"since=" + idOf("tx", "seed", noon) + "&before=9999-12-31T23:59:59.999999999Z", "before=0001-01-01T00:00:00Z",
		"expand[]=merchant&expand=", "since[]=x", "since=%ff", "account_id=", "&&=&", "since=2026-11-09+12:30:53+00:00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		b := newBank()
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/transactions", nil)
		req.URL.RawQuery = "account_id=" + alicesAcc + "&" + query
		req.Header.Set("Authorization", "Bearer alice")
		rsp := httptest.NewRecorder()
		door(b.peers(), edge.Standard{}).ServeHTTP(rsp, req)
		if !json.Valid(rsp.Body.Bytes()) || rsp.Code != http.StatusOK && rsp.Code != http.StatusBadRequest {
			t.Fatalf("got %d %s", rsp.Code, rsp.Body)
		}
		for _, each := range b.asked {
			asked, ok := each.(*transactionsproto.ListRequest)
			if !ok || asked.GetSinceMs() < 0 || asked.GetBeforeMs() < 0 || asked.GetLimit() < 1 || asked.GetLimit() > 100 ||
				asked.GetSinceMs() != 0 && asked.GetSinceId() != "" {
				t.Fatalf("asked for %v", each)
			}
		}
	})
}
