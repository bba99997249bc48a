package edge

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"farthing/pkg/errs"
)

// BodyBytesMax is the most that a request's body may have, before and after inflation, unless BodyLimit says
// otherwise.
const BodyBytesMax = 1 << 20

// body is a request's body, read at most once.
type body struct {
	limit int64 // Bytes.
	read  bool
	bytes []byte
	err   error
}

// Body is the whole body, inflated if it came gzipped, never more than the limit; a repeat answers the same bytes.
// It fails with bad_request.body_too_large, and the rest is then not read.
func (r Request) Body() ([]byte, error) {
	b := &r.x.body
	if !b.read {
		b.read = true
		b.bytes, b.err = r.x.readBody()
	}
	return b.bytes, b.err
}

// BodyLimit lets bodies have at most limit bytes, before and after inflation.
func BodyLimit(limit int64) Filter {
	return func(req Request, svc Service) Response {
		if req.x.http.ContentLength > limit {
			return Error(tooLarge(limit))
		}
		req.x.body.limit = limit
		return svc(req)
	}
}

func tooLarge(limit int64) error {
	return errs.Newf(errs.BadRequest+".body_too_large", "The body must have at most %d bytes", limit)
}

func (x *exchange) readBody() ([]byte, error) {
	if x.http.ContentLength == 0 || x.http.Body == nil {
		return nil, nil
	}
	limit := x.body.limit
	if x.http.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	// Beyond the limit MaxBytesReader has the connection closed, so that the rest is never read.
	sent := io.Reader(http.MaxBytesReader(x.writer, x.http.Body, limit))
	switch encoding := strings.ToLower(x.http.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
		return readUpTo(sent, max(x.http.ContentLength, 0), limit)
	case "gzip", "x-gzip":
		return inflate(sent, limit)
	default:
		return nil, errs.New(errs.BadRequest+".bad_content_encoding", "The body must be plain or gzipped")
	}
}

func inflate(sent io.Reader, limit int64) ([]byte, error) {
	inflated, err := gzip.NewReader(sent)
	if err != nil {
		return nil, broken(err)
	}
	return readUpTo(inflated, 0, limit)
}

// readUpTo reads all of r into room for hint bytes, and fails if there are more than limit.
func readUpTo(r io.Reader, hint, limit int64) ([]byte, error) {
	out := make([]byte, 0, max(hint+1, 512)) // One more than the hint, to meet the end without growing.
	limited := io.LimitReader(r, limit+1)
	for {
		n, err := limited.Read(out[len(out):cap(out)])
		out = out[:len(out)+n]
		switch {
		case int64(len(out)) > limit:
			return nil, tooLarge(limit)
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, broken(err)
		case len(out) == cap(out):
			out = append(out, 0)[:len(out)]
		}
	}
}

// broken is a body that did not arrive whole. The client is told which rule it broke, and nothing was done.
func broken(err error) error {
	if tooBig, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge(tooBig.Limit)
	}
	return errs.New(errs.BadRequest+".bad_body", "The body could not be read").
		Because(fmt.Errorf("reading the body: %w", err))
}
