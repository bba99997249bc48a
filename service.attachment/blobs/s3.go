package blobs

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // S3 checks what it was sent by it; nothing rests on it.
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"farthing/pkg/errs"
)

// S3Config says where an object store is that speaks S3, and who asks it.
type S3Config struct {
	Endpoint string // https://host[:port], or http:// on a network that is one's own.
	Bucket   string
	Region   string
	// AccessKey and SecretKey are the two halves of a key that may get, put and delete in the bucket.
	AccessKey, SecretKey string
	RootCAs              *x509.CertPool // The system's roots if nil.
	// Dial opens connections: the environment's egress dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// S3 is pieces in a bucket, an object each.
type S3 struct {
	client *minio.Core
	bucket string
	close  func()
}

const (
	// askAgain is how often a request is sent that was not answered, in all.
	askAgain = 3
	// answerWithin is how long the store may take to say who it is, and then to begin to answer, and idleFor how long a
	// connection waits.
	answerWithin = 10 * time.Second
	idleFor      = 90 * time.Second
	// connections to the store are kept open, up to so many.
	connections = 32
)

// NewS3 is the pieces in a bucket, which must be there. It asks the store nothing yet.
func NewS3(c S3Config) (*S3, error) {
	where, err := url.Parse(c.Endpoint)
	switch {
	case err != nil || where.Host == "" || where.Scheme != "https" && where.Scheme != "http" || len(where.Path) > 1:
		return nil, fmt.Errorf("the endpoint must be https://host[:port]")
	case c.Bucket == "" || c.Region == "":
		return nil, fmt.Errorf("a bucket and a region are needed")
	case c.AccessKey == "" || c.SecretKey == "":
		return nil, fmt.Errorf("both halves of a key are needed")
	}
	transport := &http.Transport{
		DialContext: c.Dial, TLSClientConfig: &tls.Config{RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: answerWithin, ResponseHeaderTimeout: answerWithin, IdleConnTimeout: idleFor,
		MaxIdleConnsPerHost: connections,
	}
	client, err := minio.NewCore(where.Host, &minio.Options{
		Creds:  credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""),
		Secure: where.Scheme == "https", Region: c.Region, Transport: transport, MaxRetries: askAgain,
	})
	if err != nil {
		return nil, err
	}
	return &S3{client, c.Bucket, transport.CloseIdleConnections}, nil
}

// Close closes the connections that wait.
func (s *S3) Close() { s.close() }

// Put puts an object. The store checks its bytes by both hashes.
func (s *S3) Put(ctx context.Context, name string, piece []byte) error {
	if len(piece) > BytesMax {
		return tooLong()
	}
	md, sha := md5.Sum(piece), sha256.Sum256(piece) //nolint:gosec // As above.
	_, err := s.client.PutObject(ctx, s.bucket, name, bytes.NewReader(piece), int64(len(piece)),
		base64.StdEncoding.EncodeToString(md[:]), hex.EncodeToString(sha[:]),
		minio.PutObjectOptions{ContentType: "application/octet-stream", DisableContentSha256: true})
	return failure("putting", err)
}

// Get gets an object.
func (s *S3) Get(ctx context.Context, name string) ([]byte, error) {
	body, _, _, err := s.client.GetObject(ctx, s.bucket, name, minio.GetObjectOptions{})
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		return nil, missing()
	}
	if err != nil {
		return nil, failure("getting", err)
	}
	defer body.Close()
	piece, err := io.ReadAll(io.LimitReader(body, BytesMax+1))
	if err != nil {
		return nil, failure("getting", err)
	}
	return piece, nil
}

// Delete removes an object.
func (s *S3) Delete(ctx context.Context, name string) error {
	return failure("deleting", s.client.RemoveObject(ctx, s.bucket, name, minio.RemoveObjectOptions{}))
}

// failure is what could not be done. Whether or not it was done after all: doing it again is harmless.
func failure(doing string, err error) error {
	if err == nil {
		return nil
	}
	return errs.New(errs.Unavailable+".attachments", "The store of attachments is not available").
		Because(fmt.Errorf("%s a piece: %w", doing, err))
}
