package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"sync"

	"farthing/pkg/errs"
)

// Response is a service's answer: a body with status 200, or an error. OK and Error make them; Document and Redirect
// are for doors that browsers come to.
type Response struct {
	Body   any         // Encoded as JSON; nil is {}.
	Header http.Header // Beside those that every response has; may be nil.
	Err    error       // Instead of a body.

	status  int           // Overrides 200, or that of Err's class, where the table has none: 302, 405, 406.
	encoded *bytes.Buffer // Body, once it has been encoded, or what is shown instead.
	media   string        // Of what is shown instead of JSON; "" for JSON.
	oauth   string        // What RFC 6749 calls Err.
	events  func(context.Context, *EventWriter)
	file    *file // Shown instead, a part at a time.
}

// OK answers 200 and the body as JSON. OK(nil) is {}.
func OK(body any) Response { return Response{Body: body} }

// Error answers a failure: the coded error in err's chain, or an internal one whose text stays hidden.
func Error(err error) Response { return Response{Err: err} }

// Document answers 200 and content as it is, of a media type: a page, a style sheet.
func Document(media string, content []byte) Response { return OK(nil).Shown(media, content) }

// Redirect answers 302 and sends a browser elsewhere. Where to is the caller's to check.
func Redirect(location string) Response {
	rsp := OK(nil).WithHeader("Location", location)
	rsp.status = http.StatusFound
	return rsp
}

// Shown is the response with content, of a media type, for its body. An error stays one, with its status, for whoever
// counts and logs.
func (r Response) Shown(media string, content []byte) Response {
	r.media, r.encoded = media, bytes.NewBuffer(content)
	return r
}

// IsShown tells whether the response has content in the place of JSON.
func (r Response) IsShown() bool { return r.media != "" }

// AsOAuth is an error that also says what RFC 6749 calls it, in the field error: "invalid_grant".
func (r Response) AsOAuth(name string) Response {
	r.oauth = name
	return r
}

// OAuth is what RFC 6749 calls the error, "" if that was not said.
func (r Response) OAuth() string { return r.oauth }

// WithHeader is the response with one more header.
func (r Response) WithHeader(name, value string) Response {
	r.Header = maps.Clone(r.Header)
	if r.Header == nil {
		r.Header = make(http.Header, 1)
	}
	r.Header.Set(name, value)
	return r
}

// Status is the HTTP status that the response will have.
func (r Response) Status() int {
	switch {
	case r.status != 0:
		return r.status
	case r.Err == nil:
		return http.StatusOK
	default:
		return errs.Of(r.Err).HTTPStatus()
	}
}

// buffers keeps the buffers of encoded bodies for reuse.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// bufferBytesMax bounds what one rare large body leaves in the pool.
const bufferBytesMax = 64 << 10

// asJSON is the innermost filter. A body that cannot be encoded so becomes an error that all others see.
func asJSON(req Request, svc Service) Response { return svc(req).inJSON() }

// inJSON is the response with its body encoded, or with the failure to do so.
func (r Response) inJSON() Response {
	if r.Err != nil || r.encoded != nil || r.events != nil || r.file != nil {
		return r
	}
	encoded, err := encode(r.Body)
	if err != nil {
		return Error(fmt.Errorf("encoding a %T: %w", r.Body, err))
	}
	r.encoded = encoded
	return r
}

// JSON is the body as it will be sent, for a filter that keeps answers; nil of an error. OK of the same bytes, as a
// json.RawMessage, is sent as they were. It fails if the body cannot be encoded.
func (r Response) JSON() (json.RawMessage, error) {
	encoded := r.inJSON()
	if encoded.Err != nil || r.Err != nil {
		return nil, encoded.Err
	}
	if r.encoded == nil {
		defer release(encoded.encoded)
	}
	return bytes.TrimSuffix(bytes.Clone(encoded.encoded.Bytes()), []byte("\n")), nil
}

func encode(body any) (*bytes.Buffer, error) {
	if body == nil {
		body = struct{}{}
	}
	buffer, ok := buffers.Get().(*bytes.Buffer)
	if !ok {
		buffer = new(bytes.Buffer)
	}
	buffer.Reset()
	encoder := json.NewEncoder(buffer)
	encoder.SetEscapeHTML(false) // It is never HTML: nosniff is set.
	if err := encoder.Encode(body); err != nil {
		return nil, err
	}
	return buffer, nil
}

func release(buffer *bytes.Buffer) {
	if buffer.Cap() <= bufferBytesMax {
		buffers.Put(buffer)
	}
}

// Header values that every response shares; net/http only reads them.
var (
	contentJSON = []string{"application/json"}
	noSniff     = []string{"nosniff"}
	noStore     = []string{"no-store"}
)

// write sends the response. That the client is gone by then is no one's failure.
func (r Response) write(x *exchange) {
	r = r.inJSON() // It is already, unless a filter answered.
	body, media := r.encoded, contentJSON
	switch {
	case r.IsShown():
		media = []string{r.media}
	case r.Err != nil:
		body = encodeError(r.Err, x.traceID, r.oauth)
		defer release(body)
	default:
		defer release(body)
	}
	header := x.writer.Header()
	maps.Copy(header, r.Header)
	header["Content-Type"] = media
	header["X-Content-Type-Options"] = noSniff
	header["Cache-Control"] = noStore
	sizes := [2]string{r.size(body), x.traceID}
	header["Content-Length"] = sizes[:1:1]
	if x.traceID != "" {
		header["Trace-Id"] = sizes[1:]
	}
	if r.Err != nil {
		explain(header, errs.Of(r.Err), r.oauth)
	}
	x.writer.WriteHeader(r.Status())
	if r.file != nil {
		r.file.write(x.writer, x.http)
		return
	}
	_, _ = x.writer.Write(body.Bytes())
}

// size is how many bytes follow the header.
func (r Response) size(body *bytes.Buffer) string {
	if r.file != nil {
		return strconv.FormatInt(r.file.size, 10)
	}
	return strconv.Itoa(body.Len())
}
