package blobs_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"

	"farthing/pkg/errs"
	"farthing/service.attachment/blobs"
)

// The sweep that deletes has no deadline of its own: it must not wait for ever.
func TestAStoreThatTakesConnectionsAndSaysNothingIsNotWaitedForForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, blobs.S3Config{
			Endpoint: "https://s3.example.com", Bucket: "files", Region: "here", AccessKey: "id", SecretKey: "secret",
			Dial: func(context.Context, string, string) (net.Conn, error) {
				ours, other := net.Pipe()
				t.Cleanup(func() { _ = other.Close() })
				return ours, nil
			},
		})
		if err := s.Delete(t.Context(), "p"); !errs.Is(err, "unavailable.attachments") {
			t.Errorf("deleting: %v", err)
		}
	})
}
