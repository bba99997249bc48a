package mail

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Folder has each mail be a file, for development: what would go to a customer can be read there.
type Folder struct {
	path, from string
}

const (
	suffix = ".eml"
	// mailsMax is how many mails a folder keeps: the newest.
	mailsMax = 200
)

// NewFolder is a folder of mails from an address. It need not be there yet.
func NewFolder(path, from string) *Folder { return &Folder{path, from} }

// Send writes a message to a file whose name sorts by time, and which only its owner can read. It is whole or not
// there.
func (f *Folder) Send(_ context.Context, m Message) error {
	at := now()
	msg, err := formed(f.from, m, at)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.path, 0o700); err != nil {
		return fmt.Errorf("making the folder of mails: %w", err)
	}
	name := at.Format("20060102T150405.000Z") + "-" + strings.ToLower(rand.Text()[:8]) + suffix
	fresh, err := os.OpenFile(filepath.Join(f.path, "."+name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("writing a mail: %w", err)
	}
	_, err = msg.WriteTo(fresh)
	if err = errors.Join(err, fresh.Sync(), fresh.Close()); err == nil {
		err = os.Rename(fresh.Name(), filepath.Join(f.path, name))
	}
	if err != nil {
		return fmt.Errorf("writing a mail: %w", errors.Join(err, os.Remove(fresh.Name())))
	}
	return f.tidy()
}

// tidy removes the oldest mails beyond what the folder keeps.
func (f *Folder) tidy() error {
	names, err := Names(f.path)
	for len(names) > mailsMax && err == nil {
		if err = os.Remove(filepath.Join(f.path, names[0])); errors.Is(err, fs.ErrNotExist) {
			err = nil // Somebody else tidies too.
		}
		names = names[1:]
	}
	return err
}

// Names are the files of the mails in a folder, oldest first; none if there is no such folder.
func Names(path string) ([]string, error) {
	entries, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the folder of mails: %w", err)
	}
	var names []string
	for _, each := range entries {
		if name := each.Name(); strings.HasSuffix(name, suffix) && !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}
