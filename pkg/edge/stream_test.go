package edge_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"farthing/pkg/clock"
	"farthing/pkg/edge"
	"farthing/pkg/edge/edgetest"
	"farthing/pkg/errs"
)

// streams answers how long a body was, read in pieces.
func streams(req edge.Request) edge.Response {
	in := req.Stream()
	read, err := io.Copy(io.Discard, in)
	if err != nil {
		return edge.Error(err)
	}
	return edge.OK(map[string]int64{"bytes": read, "sent": in.SentBytes()})
}

// carrying is a door with a route for files of up to 1,000 bytes, and one for the rest, of up to 100.
func carrying(t *testing.T, file, rest edge.Service) *edgetest.Door {
	t.Helper()
	router := &edge.Router{}
	router.POST("/files/:id", file)
	router.GET("/files/:id", file)
	router.POST("/rest", rest)
	return edgetest.Serve(t, edge.Handler(router, edge.Standard{
		BodyLimit: 100, Deadline: time.Second,
		Files: map[string]edge.Limits{"/files/:id": {BodyLimit: 1_000, Deadline: time.Minute}},
	}.Filters()...))
}

func TestABodyIsReadAsItComesUpToTheLimitOfItsRoute(t *testing.T) {
	door := carrying(t, streams, streams)
	type got struct{ Bytes, Sent int64 }
	zipped := gzipped(t, bytes.Repeat([]byte("a"), 1_000))
	for name, c := range map[string]struct {
		path     string
		body     []byte
		encoding string
		want     got
	}{
		"plain":       {"/files/1", bytes.Repeat([]byte("a"), 1_000), "", got{1_000, 1_000}},
		"empty":       {"/files/1", nil, "", got{}},
		"gzipped":     {"/files/1", zipped, "gzip", got{1_000, int64(len(zipped))}},
		"of the rest": {"/rest", bytes.Repeat([]byte("a"), 100), "", got{100, 100}},
	} {
		var is got
		door.With("Content-Encoding", c.encoding).Do("POST", c.path, bytes.NewReader(c.body)).Into(&is)
		if is != c.want {
			t.Errorf("%s: got %+v, want %+v", name, is, c.want)
		}
	}
	for name, c := range map[string]struct {
		path, encoding string
		body           io.Reader
		code           string
	}{
		"too long":            {"/files/1", "", strings.NewReader(strings.Repeat("a", 1_001)), "body_too_large"},
		"too long, unsaid":    {"/files/1", "", io.MultiReader(bytes.NewReader(make([]byte, 1_001))), "body_too_large"},
		"too long, inflated":  {"/files/1", "gzip", bytes.NewReader(gzipped(t, make([]byte, 1_001))), "body_too_large"},
		"too long a rest":     {"/rest", "", strings.NewReader(strings.Repeat("a", 101)), "body_too_large"},
		"not gzipped":         {"/files/1", "gzip", strings.NewReader("a"), "bad_body"},
		"cut short":           {"/files/1", "gzip", bytes.NewReader(zipped[:len(zipped)-4]), "bad_body"},
		"of another encoding": {"/files/1", "br", strings.NewReader("a"), "bad_content_encoding"},
	} {
		rsp := door.With("Content-Encoding", c.encoding).Do("POST", c.path, c.body)
		if !strings.Contains(string(rsp.Body), `"bad_request.`+c.code+`"`) {
			t.Errorf("%s: got %d %s", name, rsp.Status, rsp.Body)
		}
	}
}

func TestARouteForFilesHasItsOwnDeadlineAndAnswersNoJSON(t *testing.T) {
	left := func(req edge.Request) edge.Response {
		deadline, _ := req.Context().Deadline()
		return edge.OK(deadline.After(clock.Real{}.Now().Add(10 * time.Second)))
	}
	for path, want := range map[string]string{"/files/1": "true\n", "/rest": "false\n"} {
		if rsp := carrying(t, left, left).Do("POST", path, nil); string(rsp.Body) != want {
			t.Errorf("%s has long: %s", path, rsp.Body)
		}
	}
	door := carrying(t, left, left).With("Accept", "image/png")
	door.Do("POST", "/files/1", nil).Into(new(bool))
	door.Do("POST", "/rest", nil).Refused(http.StatusNotAcceptable, "bad_request.not_acceptable")
}

func TestAFileIsAnsweredAPartAtATime(t *testing.T) {
	picture := edge.File("image/png", 6, func(_ context.Context, w io.Writer) error {
		_, err := io.Copy(w, io.MultiReader(strings.NewReader("abc"), strings.NewReader("def")))
		return err
	}).WithHeader("Content-Disposition", "inline")
	door := carrying(t, func(edge.Request) edge.Response { return picture }, streams)
	rsp := door.Get("/files/1")
	if rsp.Status != http.StatusOK || string(rsp.Body) != "abcdef" {
		t.Errorf("got %d %q", rsp.Status, rsp.Body)
	}
	for name, want := range map[string]string{
		"Content-Type": "image/png", "Content-Length": "6", "X-Content-Type-Options": "nosniff",
		"Content-Disposition": "inline",
	} {
		if got := rsp.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if rsp = door.Do("HEAD", "/files/1", nil); rsp.Header.Get("Content-Length") != "6" || len(rsp.Body) != 0 {
		t.Errorf("its head is %v, %q", rsp.Header, rsp.Body)
	}
}

func TestAFileThatBreaksOffIsNeverTakenForWhole(t *testing.T) {
	door := carrying(t, func(edge.Request) edge.Response {
		return edge.File("image/png", 6, func(_ context.Context, w io.Writer) error {
			_, _ = w.Write([]byte("abc"))
			return errs.New(errs.Unavailable, "Not now")
		})
	}, streams)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, door.URL()+"/files/1", nil)
	if err != nil {
		t.Fatal(err)
	}
	rsp, err := http.DefaultClient.Do(req)
	if err == nil {
		_, err = io.ReadAll(rsp.Body)
		_ = rsp.Body.Close()
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		t.Errorf("reading it: %v", err)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestAnOriginIsWhereTheClientFoundTheDoor(t *testing.T) {
	door := carrying(t, streams, func(req edge.Request) edge.Response { return edge.OK(req.Origin()) })
	if rsp := door.Do("POST", "/rest", nil); string(rsp.Body) != `"`+door.URL()+`"`+"\n" {
		t.Errorf("got %s, want %s", rsp.Body, door.URL())
	}
}
