package edge

import (
	"context"
	"errors"
	"io"
	"net/http"
)

// Incoming is a request's body, to be read as it comes.
type Incoming struct {
	plain io.Reader
	body  *body
	read  int64
	err   error
}

// Stream is the body for who need not have all of it at once, in the place of Body and Form: a file. It is inflated if
// it came gzipped, and its Read fails as Body does.
func (r Request) Stream() *Incoming {
	x := r.x
	in := &Incoming{body: &x.body}
	if x.http.Body == nil {
		in.err = io.EOF
		return in
	}
	in.plain, in.err = x.openBody()
	return in
}

// Read is io.Reader's. After a failure it fails the same way.
func (in *Incoming) Read(p []byte) (int, error) {
	if in.err != nil {
		return 0, in.err
	}
	n, err := in.plain.Read(p)
	in.read += int64(n)
	switch {
	case in.read > in.body.limit:
		n, in.err = 0, tooLarge(in.body.limit)
	case err != nil && !errors.Is(err, io.EOF):
		in.err = broken(err)
	default:
		in.err = err
	}
	return n, in.err
}

// SentBytes is how many bytes were sent so far: fewer than were read if they came gzipped.
func (in *Incoming) SentBytes() int64 { return in.body.sent.bytes }

// File answers 200 and size bytes of a media type, which send writes a part at a time: it need not have all of them at
// once. Its context is the request's, without deadline; once it has begun, all that can be done about a failure is to
// break off, which the other end sees by the size.
func File(media string, size int64, send func(context.Context, io.Writer) error) Response {
	return Response{media: media, file: &file{size, send}}
}

type file struct {
	size int64
	send func(context.Context, io.Writer) error
}

// write sends the file's bytes, after the header.
func (f *file) write(w http.ResponseWriter, req *http.Request) {
	if req.Method == http.MethodHead {
		return
	}
	if f.send(req.Context(), w) != nil {
		panic(http.ErrAbortHandler) // It has net/http close the connection, and nothing be logged.
	}
}
