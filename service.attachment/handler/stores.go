package handler

import (
	"crypto/x509"
	"fmt"
	"os"
	"strings"

	"farthing/pkg/foundation"
	"farthing/service.attachment/blobs"
)

// Config says where the bytes of files are kept. Without an endpoint they lie in the service's own tables; with one,
// new files go there, and older ones are still read from the tables.
type Config struct {
	S3Endpoint   string `setting:"ATTACHMENT_S3_ENDPOINT"` // https://host[:port] of what speaks S3.
	S3Bucket     string `setting:"ATTACHMENT_S3_BUCKET"`
	S3Region     string `setting:"ATTACHMENT_S3_REGION"`
	S3KeyFile    string `setting:"ATTACHMENT_S3_KEY_FILE"`    // A file with the id of an access key.
	S3SecretFile string `setting:"ATTACHMENT_S3_SECRET_FILE"` // A file with its secret.
	S3CAFile     string `setting:"ATTACHMENT_S3_CA_FILE"`     // PEM; the system's roots if empty.
}

// The stores of pieces. Their names are stored with each file.
const (
	inTables = "tables"
	inS3     = "s3"
)

// openStores are the stores of pieces, and where new ones go.
func openStores(env *foundation.Env) (stores map[string]blobs.Store, newest string, err error) {
	var config Config
	if err := env.Config(&config); err != nil {
		return nil, "", err
	}
	stores = map[string]blobs.Store{inTables: blobs.NewTables(env.Store)}
	if config.S3Endpoint == "" {
		return stores, inTables, nil
	}
	objects, err := openS3(env, config)
	if err != nil {
		return nil, "", fmt.Errorf("setting FARTHING_ATTACHMENT_S3_…: %w", err)
	}
	env.Defer(objects.Close)
	stores[inS3] = objects
	return stores, inS3, nil
}

func openS3(env *foundation.Env, config Config) (*blobs.S3, error) {
	key, err := os.ReadFile(config.S3KeyFile)
	if err != nil {
		return nil, fmt.Errorf("reading the key: %w", err)
	}
	secret, err := os.ReadFile(config.S3SecretFile)
	if err != nil {
		return nil, fmt.Errorf("reading the secret: %w", err)
	}
	roots, err := rootsFrom(config.S3CAFile)
	if err != nil {
		return nil, fmt.Errorf("reading the roots: %w", err)
	}
	return blobs.NewS3(blobs.S3Config{
		Endpoint: config.S3Endpoint, Bucket: config.S3Bucket, Region: config.S3Region,
		AccessKey: strings.TrimSpace(string(key)), SecretKey: strings.TrimSpace(string(secret)), RootCAs: roots,
		Dial: env.Egress,
	})
}

func rootsFrom(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", file)
	}
	return roots, nil
}
