package seal

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Open reads the ring called name from dir, where each key is a file name.N.key, mode 0600, of 64 hexadecimal digits,
// and the greatest N is current. If there is none, create makes the first (development), and without it Open fails:
// a bank that lost its keys must not go on with new ones.
func Open(dir, name string, create bool) (*Keyring, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	keys, err := readKeys(dir, name)
	if errors.Is(err, errNoKeys) && create {
		keys, err = firstKey(dir, name)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the keys %q: %w", name, err)
	}
	k := &Keyring{name: name, dir: dir}
	k.ring.Store(ringOf(keys))
	return k, nil
}

// checkName keeps a ring's name from naming files elsewhere, or another ring's.
func checkName(name string) error {
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return fmt.Errorf("the keys' name %q must be of lower-case letters, digits and hyphens", name)
	}
	return nil
}

var errNoKeys = errors.New("there are no keys")

func firstKey(dir, name string) ([]*key, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	// Another process may be first: then its key is the one.
	if err := writeKey(dir, name, 1, newSecret()); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return readKeys(dir, name)
}

func readKeys(dir, name string) ([]*key, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var keys []*key
	for _, entry := range entries {
		id, ok := idOf(entry.Name(), name)
		if !ok {
			continue
		}
		s, err := readKey(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		keys = append(keys, newKey(id, s))
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w in %s", errNoKeys, dir)
	}
	return keys, nil
}

// idOf is the N of "name.N.key".
func idOf(file, name string) (uint32, bool) {
	number, ok := strings.CutPrefix(file, name+".")
	if !ok {
		return 0, false
	}
	number, ok = strings.CutSuffix(number, ".key")
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseUint(number, 10, 32)
	return uint32(id), err == nil && id > 0 && strconv.FormatUint(id, 10) == number
}

func readKey(path string) (secret, error) {
	info, err := os.Stat(path)
	if err != nil {
		return secret{}, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return secret{}, fmt.Errorf("%s must be readable by its owner only (chmod 600)", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return secret{}, err
	}
	plain, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(plain) != secretBytes {
		return secret{}, fmt.Errorf("%s must hold %d hexadecimal digits", path, hex.EncodedLen(secretBytes))
	}
	return secret(plain), nil
}

// writeKey makes a key file whole or not at all, and fails with fs.ErrExist if another process made it first. It is
// on the disk before anything is sealed with it.
func writeKey(dir, name string, id uint32, s secret) error {
	draft, err := os.CreateTemp(dir, ".key-*") // Its mode is 0600.
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name()) //nolint:errcheck // The link is what counts.
	_, err = draft.WriteString(hex.EncodeToString(s[:]) + "\n")
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), filepath.Join(dir, fmt.Sprintf("%s.%d.key", name, id))); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
