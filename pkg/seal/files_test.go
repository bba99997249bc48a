package seal_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"farthing/pkg/seal"
)

func opened(t *testing.T, dir string, create bool) *seal.Keyring {
	t.Helper()
	k, err := seal.Open(dir, "cards", create)
	if err != nil {
		t.Fatalf("opening the keys: %v", err)
	}
	return k
}

func TestTheFirstStartMakesAKeyAndTheSecondFindsIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	sealed := opened(t, dir, true).Seal(secret, place)
	mustOpen(t, opened(t, dir, false), sealed)
	mustOpen(t, opened(t, dir, true), sealed)

	info, err := os.Stat(filepath.Join(dir, "cards.1.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the key file: %v, %v", info, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("the folder holds %v, %v", entries, err)
	}
}

func TestWithoutKeysNothingOpensUnlessTheyMayBeMade(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if _, err := seal.Open(dir, "cards", false); err == nil || !strings.Contains(err.Error(), dir) {
			t.Fatalf("got %v", err)
		}
	}
}

func TestBadKeyFilesAreNamed(t *testing.T) {
	whole := strings.Repeat("ab", 32)
	for name, c := range map[string]struct {
		text, says string
		mode       os.FileMode
	}{
		"open to others": {whole, "chmod 600", 0o644},
		"too short":      {whole[2:], "64 hexadecimal digits", 0o600},
		"not a key":      {"hello", "64 hexadecimal digits", 0o600},
		"empty":          {"", "64 hexadecimal digits", 0o600},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "cards.1.key")
			if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
				t.Fatal(err)
			}
			_, err := seal.Open(dir, "cards", true)
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("got %v", err)
			}
			if c.text != "" && strings.Contains(err.Error(), c.text) {
				t.Fatalf("the error quotes the key: %v", err)
			}
		})
	}
}

func TestANameCannotReachOtherFiles(t *testing.T) {
	for _, name := range []string{"", "../cards", "cards.1", "Cards", "a/b"} {
		if _, err := seal.Open(t.TempDir(), name, true); err == nil {
			t.Errorf("%q was taken for a name", name)
		}
	}
}

func TestARotationReachesOtherProcessesWithTheSameFolder(t *testing.T) {
	dir := t.TempDir()
	here, there := opened(t, dir, true), opened(t, dir, true)
	if err := here.Rotate(); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, there, here.Seal(secret, place))
	if err := opened(t, dir, false).Rotate(); err != nil {
		t.Fatal(err)
	}
	if err := there.Rotate(); err == nil {
		t.Fatal("a rotation overwrote another's key")
	}
	unknown := here.Seal(secret, place)
	unknown[4] = 99
	got, err := there.Open(unknown, place)
	mustRefuse(t, got, err)
}

func TestManyStartingAtOnceShareOneKey(t *testing.T) {
	dir := t.TempDir()
	rings := make([]*seal.Keyring, 8)
	var all sync.WaitGroup
	for i := range rings {
		all.Go(func() {
			if k, err := seal.Open(dir, "cards", true); err == nil {
				rings[i] = k
			}
		})
	}
	all.Wait()
	for _, k := range rings {
		if k == nil {
			t.Fatal("one did not start")
		}
		mustOpen(t, k, rings[0].Seal(secret, place))
	}
}
