package blobstest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"farthing/service.attachment/blobs"
)

const (
	bucket    = "attachments"
	region    = "eu-west-2"
	accessKey = "AKIAFARTHING"
	secretKey = "notasecret"
)

// Cloud is an object store in this process, over TLS. It lets in who signs each request as AWS wants it, version 4.
type Cloud struct {
	Dialled atomic.Int64 // How often Dial of its Config was used.
	Fails   atomic.Int64 // How many requests it answers with 503 only.

	server *httptest.Server
	kept   gofakes3.Backend
}

// NewCloud serves an object store with an empty bucket until the test ends.
func NewCloud(t testing.TB) *Cloud {
	t.Helper()
	kept := s3mem.New()
	if err := kept.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	c := &Cloud{kept: kept}
	objects := gofakes3.New(kept, gofakes3.WithIntegrityCheck(true)).Server()
	c.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		switch {
		case err != nil || !signedWell(req, body):
			w.WriteHeader(http.StatusForbidden)
		case c.Fails.Add(-1) >= 0:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			req.Body = io.NopCloser(bytes.NewReader(body))
			objects.ServeHTTP(w, req)
		}
	}))
	c.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	c.server.StartTLS()
	t.Cleanup(c.server.Close)
	return c
}

// signedWell tells whether a request carries the signature of its own method, path, headers and body.
func signedWell(req *http.Request, body []byte) bool {
	fields := make(map[string]string)
	_, list, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	for each := range strings.SplitSeq(list, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(each), "=")
		fields[name] = value
	}
	at, sum := req.Header.Get("X-Amz-Date"), sha256.Sum256(body)
	if len(at) < 8 || req.Header.Get("X-Amz-Content-Sha256") != hex.EncodeToString(sum[:]) {
		return false
	}
	scope := strings.Join([]string{at[:8], region, "s3", "aws4_request"}, "/")
	headers := strings.Split(fields["SignedHeaders"], ";")
	if !slices.Contains(headers, "host") || !slices.Contains(headers, "x-amz-content-sha256") {
		return false
	}
	canonical := []string{req.Method, req.URL.EscapedPath(), req.URL.RawQuery}
	for _, name := range headers {
		value := req.Header.Get(name)
		switch name {
		case "host":
			value = req.Host
		case "content-length":
			value = fmt.Sprint(req.ContentLength)
		}
		canonical = append(canonical, name+":"+strings.TrimSpace(value))
	}
	canonical = append(canonical, "", fields["SignedHeaders"], hex.EncodeToString(sum[:]))
	asked := sha256.Sum256([]byte(strings.Join(canonical, "\n")))
	key := []byte("AWS4" + secretKey)
	for _, part := range strings.Split(scope, "/") {
		key = keyed(key, part)
	}
	signed := keyed(key, strings.Join([]string{"AWS4-HMAC-SHA256", at, scope, hex.EncodeToString(asked[:])}, "\n"))
	return fields["Credential"] == accessKey+"/"+scope && fields["Signature"] == hex.EncodeToString(signed)
}

func keyed(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(text))
	return mac.Sum(nil)
}

// Config is how to use it.
func (c *Cloud) Config() blobs.S3Config {
	roots := x509.NewCertPool()
	roots.AddCert(c.server.Certificate())
	return blobs.S3Config{
		Endpoint: c.server.URL, Bucket: bucket, Region: region, AccessKey: accessKey, SecretKey: secretKey, RootCAs: roots,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			c.Dialled.Add(1)
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}
}

// Settings is how to tell service.attachment of it, with its secrets in files of a folder.
func (c *Cloud) Settings(t testing.TB, folder string) map[string]string {
	t.Helper()
	settings := map[string]string{
		"FARTHING_ATTACHMENT_S3_ENDPOINT": c.server.URL, "FARTHING_ATTACHMENT_S3_BUCKET": bucket,
		"FARTHING_ATTACHMENT_S3_REGION": region,
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.server.Certificate().Raw})
	for name, content := range map[string][]byte{
		"KEY": []byte(accessKey + "\n"), "SECRET": []byte(secretKey + "\n"), "CA": certificate,
	} {
		file := filepath.Join(folder, "s3-"+strings.ToLower(name))
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		settings["FARTHING_ATTACHMENT_S3_"+name+"_FILE"] = file
	}
	return settings
}

// Objects is how many objects there are.
func (c *Cloud) Objects(t testing.TB) int {
	t.Helper()
	listed, err := c.kept.ListBucket(bucket, nil, gofakes3.ListBucketPage{})
	if err != nil {
		t.Fatal(err)
	}
	return len(listed.Contents)
}
