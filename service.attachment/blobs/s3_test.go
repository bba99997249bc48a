package blobs_test

import (
	"crypto/x509"
	"strings"
	"testing"

	"farthing/pkg/errs"
	"farthing/service.attachment/blobs"
	"farthing/service.attachment/blobs/blobstest"
)

func open(t *testing.T, c blobs.S3Config) *blobs.S3 {
	t.Helper()
	s, err := blobs.NewS3(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestAnObjectStoreKeepsPieces(t *testing.T) {
	c := blobstest.NewCloud(t)
	blobstest.Run(t, open(t, c.Config()))
	if c.Dialled.Load() == 0 {
		t.Error("it was not reached through the door to the outside")
	}
}

func TestAStoreThatIsAwayForAMomentIsAskedAgain(t *testing.T) {
	c := blobstest.NewCloud(t)
	s := open(t, c.Config())
	c.Fails.Store(1)
	if err := s.Put(t.Context(), "p", []byte("x")); err != nil {
		t.Error(err)
	}
}

func TestWhatAStoreRefusesIsNotTakenForDone(t *testing.T) {
	c := blobstest.NewCloud(t)
	for name, change := range map[string]func(*blobs.S3Config){
		"a wrong secret":   func(c *blobs.S3Config) { c.SecretKey = "guessed" },
		"no such bucket":   func(c *blobs.S3Config) { c.Bucket = "elsewhere" },
		"a stranger's TLS": func(c *blobs.S3Config) { c.RootCAs = x509.NewCertPool() },
	} {
		config := c.Config()
		change(&config)
		err := open(t, config).Put(t.Context(), "p", []byte("x"))
		if !errs.Is(err, "unavailable.attachments") || strings.Contains(errs.Of(err).Message, "127.0.0.1") {
			t.Errorf("%s: putting: %v", name, err)
		}
	}
	config := c.Config()
	config.SecretKey = "guessed"
	s := open(t, config)
	if got, err := s.Get(t.Context(), "p"); !errs.Is(err, "unavailable.attachments") {
		t.Errorf("getting: %v, %v", got, err)
	}
	if err := s.Delete(t.Context(), "p"); !errs.Is(err, "unavailable.attachments") {
		t.Errorf("deleting: %v", err)
	}
}

func TestAConfigurationThatCannotWorkStopsTheStart(t *testing.T) {
	c := blobstest.NewCloud(t)
	for name, change := range map[string]func(*blobs.S3Config){
		"no scheme":  func(c *blobs.S3Config) { c.Endpoint = "s3.example.com" },
		"a path":     func(c *blobs.S3Config) { c.Endpoint = "https://s3.example.com/bucket" },
		"no bucket":  func(c *blobs.S3Config) { c.Bucket = "" },
		"no region":  func(c *blobs.S3Config) { c.Region = "" },
		"half a key": func(c *blobs.S3Config) { c.SecretKey = "" },
	} {
		config := c.Config()
		change(&config)
		if _, err := blobs.NewS3(config); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
