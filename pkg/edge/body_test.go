package edge_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"farthing/pkg/edge"
)

// measures answers how long the body was.
func measures(req edge.Request) edge.Response {
	body, err := req.Body()
	if err != nil {
		return edge.Error(err)
	}
	return edge.OK(map[string]int{"bytes": len(body)})
}

func gzipped(t testing.TB, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// endless counts what is read of it.
type endless struct{ read atomic.Int64 }

func (e *endless) Read(b []byte) (int, error) {
	e.read.Add(int64(len(b)))
	return len(b), nil
}

func TestABodyOverTheLimitIsRefusedAndItsRestIsNotRead(t *testing.T) {
	const tenMB = 10 << 20
	// Behind the connection's own buffers much of a body may be under way; the whole of it must not be.
	const onTheWay = 8 << 20
	for name, length := range map[string]int64{"declared": tenMB, "chunked": -1} {
		t.Run(name, func(t *testing.T) {
			door := serveOne(t, measures, edge.Standard{}.Filters()...)
			source := &endless{}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, door.URL()+"/x",
				io.NopCloser(io.LimitReader(source, tenMB)))
			if err != nil {
				t.Fatal(err)
			}
			req.ContentLength = length
			rsp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer rsp.Body.Close()
			answer, _ := io.ReadAll(rsp.Body)
			if rsp.StatusCode != http.StatusBadRequest || !strings.Contains(string(answer), "bad_request.body_too_large") {
				t.Fatalf("got %d %s", rsp.StatusCode, answer)
			}
			if got := source.read.Load(); got > onTheWay {
				t.Fatalf("%d bytes were taken from the client", got)
			}
		})
	}
}

func TestABodyOfTheLimitPassesAndOneByteMoreDoesNot(t *testing.T) {
	door := serveOne(t, measures, edge.BodyLimit(1000))
	var got struct{ Bytes int }
	door.Do("POST", "/x", strings.NewReader(strings.Repeat("a", 1000))).Into(&got)
	if got.Bytes != 1000 {
		t.Fatalf("%d bytes arrived", got.Bytes)
	}
	door.Do("POST", "/x", strings.NewReader(strings.Repeat("a", 1001))).
		Refused(http.StatusBadRequest, "bad_request.body_too_large")
}

func TestGzipIsInflatedWithinTheLimit(t *testing.T) {
	door := serveOne(t, measures, edge.BodyLimit(1000)).With("Content-Encoding", "gzip")
	var got struct{ Bytes int }
	door.Do("POST", "/x", bytes.NewReader(gzipped(t, make([]byte, 1000)))).Into(&got)
	if got.Bytes != 1000 {
		t.Fatalf("%d bytes arrived", got.Bytes)
	}
	bomb := gzipped(t, make([]byte, 900<<10)) // About 900 bytes.
	if len(bomb) > 1000 {
		t.Fatalf("the bomb is too large to be let in: %d", len(bomb))
	}
	door.Do("POST", "/x", bytes.NewReader(bomb)).Refused(http.StatusBadRequest, "bad_request.body_too_large")
	door.Do("POST", "/x", strings.NewReader("not gzip")).Refused(http.StatusBadRequest, "bad_request.bad_body")
	cut := gzipped(t, []byte("hello"))
	door.Do("POST", "/x", bytes.NewReader(cut[:len(cut)-6])).Refused(http.StatusBadRequest, "bad_request.bad_body")
	door.With("Content-Encoding", "br").Do("POST", "/x", strings.NewReader("x")).
		Refused(http.StatusBadRequest, "bad_request.bad_content_encoding")
}

func TestABodylessRequestMayHaveAContentType(t *testing.T) {
	door := serveOne(t, func(req edge.Request) edge.Response {
		if err := req.Form().Err(); err != nil {
			return edge.Error(err)
		}
		return edge.OK(nil)
	})
	for _, contentType := range []string{"application/json", "application/x-www-form-urlencoded", "text/plain"} {
		for _, method := range []string{"GET", "POST"} {
			door.With("Content-Type", contentType).Do(method, "/x", nil).Into(&struct{}{})
		}
	}
}
