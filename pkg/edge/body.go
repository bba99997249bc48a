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
	sent  counted
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
	plain, err := x.openBody()
	if err != nil {
		return nil, err
	}
	return readUpTo(plain, max(x.http.ContentLength, 0), x.body.limit)
}

// openBody is the body's bytes, inflated if they came gzipped. Those that are sent are at most the limit; those that
// are read may be more.
func (x *exchange) openBody() (io.Reader, error) {
	limit := x.body.limit
	if x.http.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	// Beyond the limit MaxBytesReader has the connection closed, so that the rest is never read.
	x.body.sent.from = http.MaxBytesReader(x.writer, x.http.Body, limit)
	switch encoding := strings.ToLower(x.http.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
		return &x.body.sent, nil
	case "gzip", "x-gzip":
		inflated, err := gzip.NewReader(&x.body.sent)
		if err != nil {
			return nil, broken(err)
		}
		return inflated, nil
	default:
		return nil, errs.New(errs.BadRequest+".bad_content_encoding", "The body must be plain or gzipped")
	}
}

// counted counts what is read of a body as it was sent.
type counted struct {
	from  io.Reader
	bytes int64
}

// Read is io.Reader's.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.bytes += int64(n)
	return n, err
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
