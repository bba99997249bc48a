package openapi

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"farthing/pkg/edge"
	"farthing/pkg/errs"
)

// The routes. They need no token: what an API is like is no secret.
const (
	DocumentPath = "/openapi.yaml"
	DocsPath     = "/docs"
	FilePath     = DocsPath + "/:file"
)

//go:embed ui/index.html
var page []byte

//go:embed ui/docs.js
var script []byte

// Swagger UI's own two files lie here gzipped, as they are sent to almost everybody.
var (
	//go:embed ui/swagger-ui-bundle.js.gz
	bundlePacked []byte
	//go:embed ui/swagger-ui.css.gz
	stylePacked []byte
)

// policy lets the page have what lies beside it and nothing else: no host but this one, no script or style in the page
// itself. Its pictures are in the style sheet.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// file is something to be sent, gzipped once it is asked for.
type file struct {
	media  string
	packed func() []byte
}

// area is what is served.
type area struct {
	document file
	files    map[string]file
}

// Routes are the area's routes, to be mounted at the root.
func Routes() *edge.Router {
	const js = "text/javascript; charset=utf-8"
	a := area{
		document: file{"application/yaml", packed(document)},
		files: map[string]file{
			"docs.js":              {js, packed(script)},
			"swagger-ui-bundle.js": {js, func() []byte { return bundlePacked }},
			"swagger-ui.css":       {"text/css; charset=utf-8", func() []byte { return stylePacked }},
		},
	}
	router := &edge.Router{}
	router.GET(DocumentPath, a.sendDocument)
	router.GET(DocsPath, show)
	router.GET(FilePath, a.sendFile)
	return router
}

func (a area) sendDocument(req edge.Request) edge.Response { return a.document.send(req) }

// show answers the page. What it needs it names by relative paths, so that it also works behind a proxy that serves the
// API below a path; with a slash at its end they would lead elsewhere.
func show(req edge.Request) edge.Response {
	if strings.HasSuffix(req.Path(), "/") {
		return edge.Redirect(".." + DocsPath)
	}
	return edge.Document("text/html; charset=utf-8", page).
		WithHeader("Content-Security-Policy", policy).WithHeader("Referrer-Policy", "no-referrer")
}

func (a area) sendFile(req edge.Request) edge.Response {
	found, ok := a.files[req.Param("file")]
	if !ok {
		return edge.Error(errs.Missing("file"))
	}
	return found.send(req)
}

// send answers a file, gzipped if the client takes that.
func (f file) send(req edge.Request) edge.Response {
	if acceptsGzip(req.Header("Accept-Encoding")) {
		return edge.Document(f.media, f.packed()).
			WithHeader("Content-Encoding", "gzip").WithHeader("Vary", "Accept-Encoding")
	}
	plain, err := unpack(f.packed())
	if err != nil {
		return edge.Error(fmt.Errorf("unpacking a file: %w", err))
	}
	return edge.Document(f.media, plain).WithHeader("Vary", "Accept-Encoding")
}

// acceptsGzip reads Accept-Encoding (RFC 9110, section 12.5.3).
func acceptsGzip(accepted string) bool {
	for each := range strings.SplitSeq(strings.ToLower(accepted), ",") {
		coding, weight, _ := strings.Cut(strings.ReplaceAll(each, " ", ""), ";")
		if coding == "gzip" || coding == "*" {
			return strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != "" || weight == ""
		}
	}
	return false
}

// packed is a file as it will be gzipped when somebody first asks for it: few processes are ever asked.
func packed(plain []byte) func() []byte { return sync.OnceValue(func() []byte { return pack(plain) }) }

func pack(plain []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(plain)
	if errors.Join(err, w.Close()) != nil {
		panic("openapi: memory does not take what is written") // It always does.
	}
	return out.Bytes()
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
