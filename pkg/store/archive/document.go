package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

const (
	folderMode = 0o700
	fileMode   = 0o600 // An archive is all that a bank knows.
)

// document is JSON that ends with a checksum of itself.
type document[T any] struct {
	Body     T      `json:"body"`
	Checksum string `json:"checksum"`
}

func sealed[T any](body T) ([]byte, error) {
	d := document[T]{Body: body}
	text, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	d.Checksum = hex.EncodeToString(sum[:])
	return json.MarshalIndent(d, "", " ")
}

// saveDocument replaces a document, so that a crash leaves either the old one or the new one.
func saveDocument[T any](dir, name string, body T) error {
	text, err := sealed(body)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	draft := filepath.Join(dir, name+".new")
	if err := writeSynced(draft, text); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := os.Rename(draft, filepath.Join(dir, name)); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return syncFolder(dir)
}

func writeSynced(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Sync(), file.Close())
}

func syncFolder(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// loadDocument reads a document, and tells whether there is one. Any changed byte of it is found.
func loadDocument[T any](dir, name string) (body T, found bool, err error) {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return body, false, nil
	}
	if err != nil {
		return body, false, fmt.Errorf("reading %s: %w", name, err)
	}
	var read document[T]
	if err := json.Unmarshal(text, &read); err != nil {
		return body, false, &Damage{File: name, Why: "it is not a document"}
	}
	again, err := sealed(read.Body)
	if err != nil || !bytes.Equal(text, again) {
		return body, false, &Damage{File: name, Why: "its checksum is wrong"}
	}
	return read.Body, true, nil
}
