package world

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"testing"

	"farthing/service.api/openapi/openapitest"
)

// checked holds every answer of the public door against the API's document. One that is not as the document says fails
// the test, whatever the test was about.
type checked struct {
	*http.Transport
	t        testing.TB
	isPublic func(host string) bool
	document *openapitest.Document
}

// Documented is a transport to a bank whose public door, on the host that is told so, must answer as the API's document
// says. It is for one test.
func Documented(t testing.TB, to *http.Transport, isPublic func(host string) bool) http.RoundTripper {
	t.Helper()
	document, err := openapitest.Load()
	must(t, "reading the API's document", err)
	return &checked{to, t, isPublic, document}
}

// RoundTrip is http.RoundTripper's.
func (c *checked) RoundTrip(req *http.Request) (*http.Response, error) {
	rsp, err := c.Transport.RoundTrip(req)
	if err != nil || !c.isPublic(req.URL.Host) {
		return rsp, err
	}
	answer := openapitest.Answer{Status: rsp.StatusCode, Header: rsp.Header}
	if !isStream(rsp) {
		if answer.Body, err = io.ReadAll(rsp.Body); err != nil {
			return nil, err
		}
		rsp.Body.Close()
		rsp.Body = io.NopCloser(bytes.NewReader(answer.Body))
	}
	if err := c.document.Check(req.Method, req.URL.Path, answer); err != nil {
		c.t.Errorf("%s %s: %v", req.Method, req.URL.Path, err)
	}
	return rsp, nil
}

func isStream(rsp *http.Response) bool {
	media, _, _ := mime.ParseMediaType(rsp.Header.Get("Content-Type"))
	return media == "text/event-stream"
}
